package score_test

import "harness/core/score"

// ranked writes an outcome's candidates as lists by rank, which read better in
// tables of tests.
type ranked struct {
	Bug                                            string
	Verdicts, Reasons, Details, Published, Patches []string
	ExactMatch, Unchanged, Empty                   []bool
	Refused, Unsound                               string
	Labels                                         map[string]string
}

func of(r ranked) score.Outcome {
	o := score.Outcome{Bug: r.Bug, Refused: r.Refused, Unsound: r.Unsound, Labels: r.Labels}
	at := func(list []string, rank int) string {
		if rank < len(list) {
			return list[rank]
		}
		return ""
	}
	most := max(len(r.Verdicts), len(r.Reasons), len(r.Details), len(r.Published), len(r.Patches), len(r.ExactMatch), len(r.Unchanged), len(r.Empty))
	for rank := range most {
		c := score.Candidate{
			Verdict: at(r.Verdicts, rank), Reason: at(r.Reasons, rank), Detail: at(r.Details, rank),
			Published: at(r.Published, rank), Program: at(r.Patches, rank),
			Unchanged: rank < len(r.Unchanged) && r.Unchanged[rank], Empty: rank < len(r.Empty) && r.Empty[rank],
		}
		if rank < len(r.ExactMatch) {
			c.ExactMatch = &r.ExactMatch[rank]
		}
		o.Candidates = append(o.Candidates, c)
	}
	return o
}
