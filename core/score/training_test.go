package score_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

func TestTrainingNotes(t *testing.T) {
	trial := score.Trial{
		Labels: map[string]string{"model": "m", "adapter": "lora"},
		Training: []score.Epoch{
			{LearningRate: 1e-4, Epoch: 1, MicroBatch: 2, Reduced: true, Chosen: true},
			{LearningRate: 1, Epoch: 1, Diverged: "at step 3 the loss is NaN"},
			{LearningRate: 1, Epoch: 2, Diverged: "at step 3 the loss is NaN"},
			{LearningRate: 1e-4, Epoch: 2, MicroBatch: 1, Reduced: true},
		},
	}
	want := []string{
		trial.String() + ": 2 of 4 points of the grid diverged; with learning rate 1: at step 3 the loss is NaN",
		trial.String() + ": memory allowed only 1 examples at once; the result is the same, apart from rounding",
	}
	if diff := cmp.Diff(want, score.TrainingNotes(trial)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if notes := score.TrainingNotes(score.Trial{Training: []score.Epoch{{MicroBatch: 4}}}); notes != nil {
		t.Errorf("nothing went wrong, but there are notes: %q", notes)
	}
}
