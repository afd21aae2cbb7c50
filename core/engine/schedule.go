package engine

import (
	"errors"
	"fmt"
	"math"

	"harness/core/protocol/harnesspb"
)

// schedule computes the learning rate of each step, as transformers' schedules do:
// after a linear warm-up from 0 the rate is constant, or falls to 0 at the last step
// along a line or half a cosine.
type schedule struct {
	name          string
	rate          float64
	warmup, total int64 // steps of all epochs
}

// newSchedule is the schedule of a training with a number of examples.
func newSchedule(s *harnesspb.TrainStart, examples int) (schedule, error) {
	r := s.GetRecipe()
	if r.GetWarmupSteps() < 0 || !(r.GetWarmupShare() >= 0 && r.GetWarmupShare() <= 1) || s.GetEpochs() < 0 {
		return schedule{}, errors.New("schedule: warm-up and epochs must not be negative, and a share of the steps not more than 1")
	}
	batch := int64(r.GetBatchSize())
	out := schedule{name: r.GetSchedule(), rate: s.GetLearningRate(), warmup: int64(r.GetWarmupSteps())}
	out.total = int64(s.GetEpochs()) * ((int64(examples) + batch - 1) / batch)
	if share := r.GetWarmupShare(); share > 0 {
		if out.total == 0 {
			return out, errors.New("schedule: a share of all steps needs the number of epochs, which is missing")
		}
		out.warmup = int64(math.Ceil(share * float64(out.total))) // as Hugging Face's Trainer rounds
	}
	switch out.name {
	case "constant":
	case "linear", "cosine":
		if out.total < 1 || out.warmup > out.total {
			return out, fmt.Errorf("schedule: %s over %d steps with %d of warm-up", out.name, out.total, out.warmup)
		}
	default:
		return out, fmt.Errorf("unknown schedule %q, expected constant, linear or cosine", out.name)
	}
	return out, nil
}

// at is the learning rate of a step counted from 0 over all epochs.
func (s schedule) at(step int64) float64 {
	if step < s.warmup {
		return s.rate * float64(step) / float64(s.warmup)
	}
	falling := float64(max(1, s.total-s.warmup))
	switch s.name {
	case "linear":
		return s.rate * max(0, float64(s.total-step)/falling)
	case "cosine":
		// Beyond its end transformers' cosine would rise again.
		progress := min(1, float64(step-s.warmup)/falling)
		return s.rate * max(0, 0.5*(1+math.Cos(math.Pi*progress)))
	}
	return s.rate
}
