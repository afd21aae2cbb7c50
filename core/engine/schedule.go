package engine

import (
	"errors"
	"fmt"
	"math"

	"harness/core/protocol/harnesspb"
)

// rateAt is the learning rate of a step counted from 0 over all epochs, as
// transformers' schedules give it: after a linear warm-up from 0 it stays, or
// falls to 0 at the last step along a line or half a cosine.
func rateAt(s *harnesspb.Schedule, rate float64, step int64) float64 {
	if step < s.GetWarmupSteps() {
		return rate * float64(step) / float64(max(1, s.GetWarmupSteps()))
	}
	falling := float64(max(1, s.GetTotalSteps()-s.GetWarmupSteps()))
	switch s.GetName() {
	case "linear":
		return rate * max(0, float64(s.GetTotalSteps()-step)/falling)
	case "cosine":
		// Beyond its end transformers' cosine would rise again.
		progress := min(1, float64(step-s.GetWarmupSteps())/falling)
		return rate * max(0, 0.5*(1+math.Cos(math.Pi*progress)))
	}
	return rate
}

func checkSchedule(s *harnesspb.Schedule) error {
	if s.GetWarmupSteps() < 0 || s.GetTotalSteps() < 0 {
		return errors.New("schedule: warm-up and total steps must not be negative")
	}
	switch s.GetName() {
	case "constant":
	case "linear", "cosine":
		if s.GetTotalSteps() < 1 || s.GetWarmupSteps() > s.GetTotalSteps() {
			return fmt.Errorf("schedule: %s over %d steps with %d of warm-up", s.GetName(), s.GetTotalSteps(), s.GetWarmupSteps())
		}
	default:
		return fmt.Errorf("unknown schedule %q, expected constant, linear or cosine", s.GetName())
	}
	return nil
}
