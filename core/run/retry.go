package run

import (
	"context"
	"fmt"
	"slices"

	"harness/core/plan"
	"harness/core/step"
	"harness/core/store"
)

// Retry takes those finished steps of a plan out of the store that lack something
// for reasons of the machine alone, and what needs them, so that Run does them
// again. It reports how many steps that were.
func Retry(ctx context.Context, p *plan.Plan, s *store.Store) (int, error) {
	again := map[store.Key]bool{}
	var steps []*step.Step
	for _, one := range p.Steps {
		if !s.Has(one.Key) {
			continue
		}
		retry := slices.ContainsFunc(one.Needs, func(need store.Key) bool { return again[need] })
		if work, ok := one.Work.(step.Retryable); ok && !retry {
			lacks, err := work.Errors(s, one.Key)
			if err != nil {
				return 0, fmt.Errorf("look for errors in %s: %w", one.Label, err)
			}
			retry = lacks > 0
		}
		if retry {
			again[one.Key] = true
			steps = append(steps, one)
		}
	}
	// What needs a step goes before it: whenever this stops, the store holds no
	// step without its needs.
	for _, one := range slices.Backward(steps) {
		if err := s.Remove(ctx, one.Key); err != nil {
			return 0, err
		}
	}
	return len(steps), nil
}
