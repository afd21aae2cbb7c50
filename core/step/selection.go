package step

import (
	"context"
	"fmt"

	"harness/core/store"
)

// Select chooses among finished segments by what they measured on validation
// data: never by a benchmark. It leaves select.json.
type Select struct {
	Candidates []store.Key `json:"candidates"`
	Metric     string      `json:"metric"` // validation.loss
	Goal       string      `json:"goal"`   // min, max
}

// Selection is select.json.
type Selection struct {
	Chosen  store.Key     `json:"chosen"`
	Best    TrainResult   `json:"best"`
	Results []TrainResult `json:"results"` // of the candidates, in their order
}

func (Select) Kind() string         { return "select" }
func (Select) Version() int         { return 1 }
func (w Select) Needs() []store.Key { return w.Candidates }
func (Select) Resource() Resource   { return IO }

func (w Select) Run(_ context.Context, env *Env, dir string) error {
	var s Selection
	for _, key := range w.Candidates {
		var r TrainResult
		if err := ReadJSON(env.Store, key, "train.json", &r); err != nil {
			return err
		}
		s.Results = append(s.Results, r)
		if r.Diverged != "" {
			continue
		}
		better := r.ValidationLoss < s.Best.ValidationLoss
		if w.Goal == "max" {
			better = r.ValidationLoss > s.Best.ValidationLoss
		}
		if s.Chosen == "" || better { // ties: the first
			s.Chosen, s.Best = key, r
		}
	}
	if s.Chosen == "" {
		return fmt.Errorf("every point of the grid diverged; the first: %s", s.Results[0].Diverged)
	}
	return writeJSON(dir, "select.json", s)
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
