package plan

import (
	"slices"
	"testing"

	"harness/core/study"
)

func TestRatesAreCutIntoStacksOfLikeWidth(t *testing.T) {
	for _, c := range []struct {
		width, rates int
		want         []int
	}{
		{1, 3, []int{1, 1, 1}},
		{8, 3, []int{3}},
		{8, 8, []int{8}},
		{8, 9, []int{5, 4}},
		{2, 5, []int{2, 2, 1}},
		{4, 5, []int{3, 2}},
	} {
		var got []int
		var all []float64
		s := Stack{Width: c.width}
		for rates := range s.over(make([]float64, c.rates)) {
			got, all = append(got, len(rates)), append(all, rates...)
		}
		if !slices.Equal(got, c.want) || len(all) != c.rates {
			t.Errorf("%d rates at most %d together: %v, want %v", c.rates, c.width, got, c.want)
		}
		if n := s.narrowest(c.rates); n != slices.Min(c.want) {
			t.Errorf("%d rates at most %d together: the narrowest is %d of %v", c.rates, c.width, n, c.want)
		}
	}
}

func TestStacksAreForSmallBatches(t *testing.T) {
	grid := []float64{1e-4, 3e-4, 1e-3, 3e-3}
	for _, c := range []struct {
		name   string
		recipe study.Train
		width  int
	}{
		{"one short example", study.Train{BatchSize: 1, MaxLength: 128}, 4},
		{"one long example", study.Train{BatchSize: 1, MaxLength: 768}, 1},
		{"a batch", study.Train{BatchSize: 4, MaxLength: 256}, 1},
		{"a batch, one at a time", study.Train{BatchSize: 4, MicroBatch: 1, MaxLength: 128}, 4},
		{"limits of both parts", study.Train{BatchSize: 1, MaxPromptLength: 96, MaxTargetLength: 32}, 4},
		{"no limit", study.Train{BatchSize: 1}, 1},
		{"one limit of two", study.Train{BatchSize: 1, MaxPromptLength: 96}, 1},
		{"off", study.Train{BatchSize: 1, MaxLength: 128, Together: "off"}, 1},
		{"by number", study.Train{BatchSize: 4, MaxLength: 256, Together: "3"}, 3},
		{"by a larger number", study.Train{BatchSize: 4, MaxLength: 256, Together: "16"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.recipe.Together == "" {
				c.recipe.Together = "auto"
			}
			c.recipe.LearningRates = grid
			one := &trial{builder: &builder{study: &study.Study{Train: &c.recipe}}}
			s := one.decide()
			if s.Width != c.width {
				t.Errorf("%+v, want a width of %d", s, c.width)
			}
			if (s.Width == 1) != (s.Why != "") {
				t.Errorf("%+v does not say why", s)
			}
		})
	}
}

func TestGainFollowsTheMeasurements(t *testing.T) {
	for _, c := range []struct{ tokens, low, high float64 }{{32, 1.45, 1.73}, {64, 1.2, 1.37}, {128, 1.04, 1.29}, {1024, 1, 1.05}} {
		if g := gain(4, c.tokens); g < c.low || g > c.high {
			t.Errorf("4 trainings gain %.2f at %v tokens, measured was %v to %v", g, c.tokens, c.low, c.high)
		}
	}
	if one := gain(1, 128); one != 1 {
		t.Errorf("one training gains %v", one)
	}
}
