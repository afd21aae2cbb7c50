package step

import (
	"context"
	"fmt"

	"harness/core/score"
	"harness/core/store"
)

// Select chooses among finished segments by what they measured on validation
// data: never by a benchmark. It leaves select.json.
type Select struct {
	Candidates []store.Key `json:"candidates"`
	Metric     string      `json:"metric"` // validation.loss, validation.exact_match
	Goal       string      `json:"goal"`   // min, max
}

// Selection is select.json.
type Selection struct {
	Chosen  store.Key     `json:"chosen"`
	Best    TrainResult   `json:"best"`
	Results []TrainResult `json:"results"` // of the candidates, in their order
	// Candidates are the steps that results are of.
	Candidates []store.Key `json:"candidates"`
}

// diverged counts the candidates that were lost.
func (s Selection) diverged() int {
	n := 0
	for _, r := range s.Results {
		if r.Diverged != "" {
			n++
		}
	}
	return n
}

// epochs are the candidates as a report shows them.
func (s Selection) epochs() []score.Epoch {
	var out []score.Epoch
	for i, r := range s.Results {
		out = append(out, score.Epoch{
			LearningRate: r.LearningRate, Epoch: r.Epoch, Epochs: r.Epochs, TrainLoss: r.TrainLoss, ValidationLoss: r.ValidationLoss,
			ExactMatch: r.ExactMatch, Diverged: r.Diverged, MicroBatch: r.MicroBatch, Reduced: r.Reduced,
			Chosen: i < len(s.Candidates) && s.Candidates[i] == s.Chosen,
		})
	}
	return out
}

func (Select) Kind() string         { return "select" }
func (Select) Version() int         { return 2 }
func (w Select) Needs() []store.Key { return w.Candidates }
func (Select) Resource() Resource   { return IO }

func (w Select) Run(_ context.Context, env *Env, dir string) error {
	s := Selection{Candidates: w.Candidates}
	var best float64
	for _, key := range w.Candidates {
		var r TrainResult
		if err := ReadJSON(env.Store, key, "train.json", &r); err != nil {
			return err
		}
		s.Results = append(s.Results, r)
		if r.Diverged != "" {
			continue
		}
		value, err := w.value(r)
		if err != nil {
			return err
		}
		better := value < best
		if w.Goal == "max" {
			better = value > best
		}
		if s.Chosen == "" || better { // ties: the first
			s.Chosen, s.Best, best = key, r, value
		}
	}
	if s.Chosen == "" {
		return fmt.Errorf("every point of the grid diverged; the first: %s", s.Results[0].Diverged)
	}
	return writeJSON(dir, "select.json", s)
}

// value is what a segment is judged by. Without validation examples there is
// nothing to choose by, which matters only where there is a choice.
func (w Select) value(r TrainResult) (float64, error) {
	switch {
	case len(w.Candidates) > 1 && r.Validation == 0:
		return 0, fmt.Errorf("%d points of the grid and no validation examples to choose among them: set some apart, such as split = { validation = 0.05 }", len(w.Candidates))
	case w.Metric != "validation.exact_match":
		return r.ValidationLoss, nil
	case r.ExactMatch == nil && len(w.Candidates) > 1:
		return 0, fmt.Errorf("the engine measured no %s", w.Metric)
	case r.ExactMatch == nil:
		return 0, nil
	}
	return *r.ExactMatch, nil
}

// trainedBy finds the parameters that a select or import step stands for.
func trainedBy(s *store.Store, key store.Key) (string, error) {
	if key.Kind() != (Select{}).Kind() {
		return trainedFile(s, key), nil
	}
	var selection Selection
	if err := ReadJSON(s, key, "select.json", &selection); err != nil {
		return "", err
	}
	return trainedFile(s, selection.Chosen), nil
}
