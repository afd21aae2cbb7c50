package reports

import (
	"fmt"
	"math"
	"strconv"

	"harness/core/score"
)

// confidence of the intervals in cells.
const confidence = 0.95

// cell renders one metric of a trial: shares as percentages with their counts, losses with four digits, counts plain,
// and fixed bugs with the number of attempted bugs if some were not attempted.
func cell(t score.Trial, metric string, interval bool) string {
	v, ok := t.Metrics[metric]
	if !ok {
		return Missing
	}
	if p, ok := counts(t, metric); ok {
		text := fmt.Sprintf("%.1f %% (%d/%d)", 100*p.Share(), p.Successes, p.Total)
		if interval {
			low, high := p.Wilson(confidence)
			text += fmt.Sprintf(" [%.1f, %.1f]", 100*low, 100*high)
		}
		return text
	}
	m, err := score.ParseMetric(metric)
	kind := m.Kind()
	if err != nil {
		kind = score.Number // a metric of another version of the program
	}
	switch {
	case m.Name == "fixed" && !m.Published && t.Metrics["attempted"] < t.Metrics["bugs"]-t.Metrics["unsound"]-t.Metrics["unrecorded"]:
		return fmt.Sprintf("%.0f/%.0f", v, t.Metrics["attempted"])
	case math.IsNaN(v) || math.IsInf(v, 0):
		return fmt.Sprint(v)
	case kind == score.Ratio:
		return percent(v)
	case kind == score.Loss:
		return strconv.FormatFloat(v, 'f', 4, 64)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// counts returns the counts of a share. Those of pass@k are metrics too, for the ranks of the whole trial, of which t may
// be a part.
func counts(t score.Trial, metric string) (score.Proportion, bool) {
	if m, err := score.ParseMetric(metric); err == nil && m.Name == "pass" {
		fixed, known := t.Metrics[m.As("fixed").String()]
		judged := t.Metrics[m.As("judged").String()]
		return score.Proportion{Successes: int(fixed), Total: int(judged)}, known && judged > 0
	}
	return score.Share(t.Outcomes, metric)
}

// percent renders a share without counts. Shares below 1 % keep two significant digits: adapters train 0.003 % of a model.
func percent(share float64) string {
	if p := 100 * share; p != 0 && math.Abs(p) < 1 {
		return strconv.FormatFloat(p, 'g', 2, 64) + " %"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}
