package run

import (
	"context"
	"fmt"

	"harness/core/plan"
	"harness/core/step"
	"harness/core/store"
)

// Retry takes those finished steps of a plan out of the store that lack something
// for reasons of the machine alone, so that Run does them again. What reads them
// follows from their new results. It reports how many steps that were.
func Retry(ctx context.Context, p *plan.Plan, s *store.Store, results *step.Results) (int, error) {
	removed := 0
	for _, one := range p.Steps {
		work, ok := one.Work.(step.Retryable)
		key, done := results.Key(one.ID)
		if !ok || !done {
			continue
		}
		lacks, err := work.Errors(results, one.ID)
		if err != nil {
			return removed, fmt.Errorf("look for errors in %s: %w", one.Label, err)
		}
		if lacks == 0 {
			continue
		}
		if err := s.Remove(ctx, key); err != nil {
			return removed, err
		}
		results.Forget(one.ID)
		removed++
	}
	return removed, nil
}
