package step

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"harness/core/score"
	"harness/core/store"
)

// Select chooses among finished segments by what they measured on validation
// data: never by a benchmark. It leaves select.json.
type Select struct {
	Candidates []ID   `json:"-"`
	Metric     string `json:"metric"` // validation.loss, validation.exact_match
	Goal       string `json:"goal"`   // min, max
}

// Selection is select.json.
type Selection struct {
	Chosen  store.Key     `json:"chosen"`
	Weights string        `json:"weights"` // digest of the chosen weights
	Best    TrainResult   `json:"best"`
	Results []TrainResult `json:"results"` // of the candidates, by learning rate and epoch
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

func (Select) Kind() string       { return "select" }
func (Select) Version() int       { return 3 }
func (Select) Resource() Resource { return IO }

func (w Select) Inputs() []Input {
	var all []Input
	for _, c := range w.Candidates {
		all = append(all, Input{"candidate", c, measuredPart})
	}
	return all
}

// Parts implements [Divisible].
func (Select) Parts(dir string) (map[string]string, error) {
	var s Selection
	if err := readResult(dir, "select.json", &s); err != nil {
		return nil, err
	}
	return map[string]string{WeightsPart: s.Weights}, nil
}

// candidate is a segment that may be chosen.
type candidate struct {
	id     ID
	key    store.Key
	result TrainResult
}

func (w Select) Run(_ context.Context, env *Env, dir string) error {
	all := make([]candidate, len(w.Candidates))
	for i, id := range w.Candidates {
		all[i].id = id
		var err error
		if all[i].key, err = env.Results.key(id); err != nil {
			return err
		}
		if err := env.Results.ReadJSON(id, "train.json", &all[i].result); err != nil {
			return err
		}
	}
	// Which comes first decides between equals, so the order in which the study
	// lists its rates must not.
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.result.LearningRate, b.result.LearningRate), cmp.Compare(a.result.Epochs, b.result.Epochs), cmp.Compare(a.result.Epoch, b.result.Epoch))
	})
	var s Selection
	var best float64
	for _, c := range all {
		s.Candidates, s.Results = append(s.Candidates, c.key), append(s.Results, c.result)
		if c.result.Diverged != "" {
			continue
		}
		value, err := w.value(c.result)
		if err != nil {
			return err
		}
		better := value < best
		if w.Goal == "max" {
			better = value > best
		}
		if s.Chosen == "" || better { // of equals the first
			s.Chosen, s.Best, best = c.key, c.result, value
			if s.Weights, err = env.Results.Part(c.id, WeightsPart); err != nil {
				return err
			}
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
		return 0, errNoValidation
	case w.Metric != "validation.exact_match":
		return r.ValidationLoss, nil
	case r.ExactMatch == nil && len(w.Candidates) > 1:
		return 0, fmt.Errorf("the engine measured no %s", w.Metric)
	case r.ExactMatch == nil:
		return 0, nil
	}
	return *r.ExactMatch, nil
}

// TrainedKey finds the train or import step whose parameters a select or import
// step stands for.
func (r *Results) TrainedKey(id ID) (store.Key, error) {
	key, err := r.key(id)
	if err != nil || key.Kind() != (Select{}).Kind() {
		return key, err
	}
	var selection Selection
	err = r.ReadJSON(id, "select.json", &selection)
	return selection.Chosen, err
}

// trainedBy is the file of those parameters.
func trainedBy(r *Results, id ID) (string, error) {
	key, err := r.TrainedKey(id)
	if err != nil {
		return "", err
	}
	return r.store.File(key, trainedFile)
}
