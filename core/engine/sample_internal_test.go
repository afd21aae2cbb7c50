package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"harness/core/needs"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// TestParitySampling compares what stays of the goldens' logits, and with
// which probabilities, with what transformers' warpers gave.
func TestParitySampling(t *testing.T) {
	for _, path := range needs.Goldens(t, "golden/inference.json") {
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(path))), func(t *testing.T) { paritySampling(t, path) })
	}
}

func paritySampling(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Sampling struct {
			Temperature float64           `json:"temperature"`
			TopK        int32             `json:"top_k"`
			TopP        float64           `json:"top_p"`
			Cases       []json.RawMessage `json:"cases"`
		} `json:"sampling"`
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Open(filepath.Join(filepath.Dir(path), "inference.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newSampling(&harnesspb.Decoding{Temperature: g.Sampling.Temperature, TopK: g.Sampling.TopK, TopP: g.Sampling.TopP})
	for i := range g.Sampling.Cases {
		logits, want := numbers(t, file, i, "logits"), numbers(t, file, i, "probs")
		got := make([]float64, len(want))
		for _, c := range s.choices(nil, logits, slices.Max(logits)) {
			got[c.token] = c.probability
		}
		var worst float64
		for token := range want {
			if (got[token] == 0) != (want[token] == 0) {
				t.Errorf("case %d: token %d has the probability %v, want %v", i, token, got[token], want[token])
			}
			worst = max(worst, math.Abs(got[token]-float64(want[token])))
		}
		t.Logf("case %d: largest difference of a probability %.1e", i, worst)
		if !(worst <= 1e-5) {
			t.Errorf("case %d: probabilities differ by %.1e", i, worst)
		}
	}
}

func numbers(t *testing.T, file *safetensors.File, i int, what string) []float32 {
	t.Helper()
	x, err := file.Tensor(fmt.Sprintf("sampling.%d.%s", i, what))
	if err != nil {
		t.Fatal(err)
	}
	values, err := x.Float32()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// TestSamplingChoices has cases small enough to check by hand.
func TestSamplingChoices(t *testing.T) {
	ln := func(ps ...float64) []float32 {
		var out []float32
		for _, p := range ps {
			out = append(out, float32(math.Log(p)))
		}
		return out
	}
	for _, c := range []struct {
		name   string
		s      sampling
		logits []float32
		want   map[int32]float64
	}{
		{"all", sampling{1, 0, 1}, ln(.5, .3, .2), map[int32]float64{0: .5, 1: .3, 2: .2}},
		{"temperature", sampling{0.5, 0, 1}, ln(.5, .3, .2), map[int32]float64{0: 25. / 38, 1: 9. / 38, 2: 4. / 38}},
		{"top-k", sampling{1, 2, 1}, ln(.2, .3, .5), map[int32]float64{1: .375, 2: .625}},
		{"top-k keeps ties with the last", sampling{1, 2, 1}, ln(.25, .5, .25), map[int32]float64{0: .25, 1: .5, 2: .25}},
		{"more top-k than tokens", sampling{1, 9, 1}, ln(.5, .5), map[int32]float64{0: .5, 1: .5}},
		{"top-p keeps the token that reaches it", sampling{1, 0, 0.6}, ln(.1, .5, .4), map[int32]float64{1: 5. / 9, 2: 4. / 9}},
		{"top-p keeps one at least", sampling{1, 0, 1e-9}, ln(.1, .5, .4), map[int32]float64{1: 1}},
		{"top-p after top-k", sampling{1, 2, 0.5}, ln(.1, .6, .3), map[int32]float64{1: 1}},
	} {
		got := map[int32]float64{}
		for _, x := range c.s.choices(nil, c.logits, slices.Max(c.logits)) {
			got[x.token] = x.probability
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for token, p := range c.want {
			if math.Abs(got[token]-p) > 1e-6 {
				t.Errorf("%s: token %d has the probability %v, want %v", c.name, token, got[token], p)
			}
		}
	}
}

func TestKth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		numbers := make([]float32, 1+r.IntN(40))
		for i := range numbers {
			numbers[i] = float32(r.IntN(20))
		}
		sorted := slices.Sorted(slices.Values(numbers))
		for k := 1; k <= len(numbers); k++ {
			if got, want := kth(numbers, k), sorted[len(sorted)-k]; got != want {
				t.Fatalf("number %d of %v is %v, got %v", k, numbers, want, got)
			}
		}
	}
}
