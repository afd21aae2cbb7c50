package main

import (
	"fmt"

	"harness/core/plan"
	"harness/core/step"
)

// unsoundBug is a bug that counts in no trial.
type unsoundBug struct {
	Benchmark string `json:"benchmark"`
	Bug       string `json:"bug"`
	Reason    string `json:"reason"`
}

func (b unsoundBug) String() string {
	return fmt.Sprintf("%s of %s counts in no trial: %s", b.Bug, b.Benchmark, b.Reason)
}

// unsoundBugs lists the bugs of a plan that are known to count in no trial: those that
// the benchmarks name once they are fetched, and those that do not reproduce once that
// was checked.
func unsoundBugs(p *plan.Plan, results *step.Results) ([]unsoundBug, error) {
	var found []unsoundBug
	for _, b := range p.Benchmarks {
		switch {
		case results.Has(b.Baseline):
			record, err := step.ReadBaseline(results, b.Baseline)
			if err != nil {
				return nil, err
			}
			for _, bug := range record.Bugs {
				if bug.Unsound != "" {
					found = append(found, unsoundBug{b.Block.Name, bug.Bug, bug.Unsound})
				}
			}
		case results.Has(b.Bugs):
			records, err := step.ReadBugs(results, b.Bugs)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				if r.Unsound != "" {
					found = append(found, unsoundBug{b.Block.Name, r.Bug.Id, r.Unsound})
				}
			}
		}
	}
	return found, nil
}

// benchmarkNotes are what a reader must know of a benchmark, if it was fetched.
func benchmarkNotes(results *step.Results, b *plan.Benchmark) ([]string, error) {
	if !results.Has(b.Data) {
		return nil, nil
	}
	texts, err := step.BenchmarkNotes(results, b.Data)
	if err != nil {
		return nil, err
	}
	var notes []string
	for _, text := range texts {
		notes = append(notes, fmt.Sprintf("benchmark %s: %s", b.Block.Name, text))
	}
	return notes, nil
}
