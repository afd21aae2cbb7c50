package engine

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"harness/core/protocol/harnesspb"
)

// sample draws candidates of one prompt, each with its own random numbers.
// Log-probabilities and scores are the network's, before temperature, top-k and
// top-p.
type sample struct {
	ending  *ending
	shaping sampling
	drawn   []drawn
	tokens  []int32
	parents []int32
	buffer  []choice
}

// drawn is a candidate of a sample.
type drawn struct {
	hypothesis
	sum    float64
	ended  bool
	random *rand.Rand
}

func newSample(d *harnesspb.Decoding, id string, e *ending) *sample {
	n := int(d.GetCandidates())
	s := &sample{ending: e, shaping: newSampling(d), drawn: make([]drawn, n), tokens: make([]int32, n), parents: make([]int32, n)}
	for i := range s.drawn {
		s.drawn[i].random = randomOf(d.GetSeed(), id, i)
		s.parents[i] = int32(i)
	}
	return s
}

// randomOf returns the random generator of a candidate. It depends only on the
// arguments, not on the batch or the device.
func randomOf(seed uint64, id string, candidate int) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "sample %d %d %s", seed, candidate, id))))
}

func (s *sample) advance(p predictions) bool {
	open := false
	for i := range s.drawn {
		c := &s.drawn[i]
		if c.ended {
			continue
		}
		row := min(i, len(p.highest)-1) // after the prefill, all candidates share one row
		s.buffer = s.shaping.choices(s.buffer[:0], p.row(row), p.highest[row])
		token := pick(s.buffer, c.random.Float64())
		l := p.logProbability(row, token)
		c.ids, c.each, c.sum = append(c.ids, token), append(c.each, l), c.sum+float64(l)
		c.ended = s.ending.at(len(c.ids), c.tail, token)
		c.tail = s.ending.grow(c.tail, token)
		s.tokens[i] = token
		open = open || !c.ended
	}
	return !open
}

// next feeds ended candidates their last token again, because their rows are computed
// anyway.
func (s *sample) next() (tokens, parents []int32) { return s.tokens, s.parents }

// candidates are in the order of their numbers, since no sample ranks above another.
func (s *sample) candidates() []*harnesspb.TokenCandidate {
	var out []*harnesspb.TokenCandidate
	for _, c := range s.drawn {
		out = append(out, &harnesspb.TokenCandidate{Ids: c.ids, Score: c.sum, LogProbabilities: c.each})
	}
	return out
}

// sampling changes a distribution as Hugging Face's warpers do, in their
// order: temperature, top-k, top-p.
type sampling struct {
	temperature float64
	topK        int     // 0: all
	topP        float64 // 1: all
}

func newSampling(d *harnesspb.Decoding) sampling {
	s := sampling{temperature: d.GetTemperature(), topK: int(d.GetTopK()), topP: d.GetTopP()}
	if s.temperature == 0 {
		s.temperature = 1
	}
	if s.topP == 0 {
		s.topP = 1
	}
	return s
}

// choice is a token that may be drawn.
type choice struct {
	token       int32
	logit       float32
	probability float64
}

// choices appends the remaining tokens and their probabilities to into, which is
// empty. highest is the highest logit.
func (s sampling) choices(into []choice, logits []float32, highest float32) []choice {
	least := float32(math.Inf(-1))
	if s.topK > 0 && s.topK < len(logits) {
		least = kth(logits, s.topK)
	}
	total := 0.0
	for token, logit := range logits {
		if logit >= least {
			weight := math.Exp(float64(logit-highest) / s.temperature)
			total += weight
			into = append(into, choice{int32(token), logit, weight})
		}
	}
	if s.topP < 1 {
		into, total = s.nucleus(into, total)
	}
	for i := range into {
		into[i].probability /= total
	}
	return into
}

// nucleus drops the least likely tokens while their sum is at most 1-p. It returns
// the remaining tokens, at least one, and their sum.
func (s sampling) nucleus(all []choice, total float64) ([]choice, float64) {
	dropped, most := 0.0, (1-s.topP)*total
	// Tokens below most/len(all) can all be dropped together, so that few tokens
	// remain to sort.
	small := most / float64(len(all))
	kept := all[:0]
	for _, c := range all {
		if c.probability < small {
			dropped += c.probability
			continue
		}
		kept = append(kept, c)
	}
	slices.SortFunc(kept, func(a, b choice) int {
		return cmp.Or(cmp.Compare(a.logit, b.logit), cmp.Compare(a.token, b.token))
	})
	for len(kept) > 1 && dropped+kept[0].probability <= most {
		dropped += kept[0].probability
		kept = kept[1:]
	}
	return kept, total - dropped
}

// kth is the k-th highest number. It uses a heap of the k highest, with the lowest on
// top.
func kth(numbers []float32, k int) float32 {
	heap := slices.Clone(numbers[:k])
	sink := func(i int) {
		for {
			least := i
			for _, child := range []int{2*i + 1, 2*i + 2} {
				if child < k && heap[child] < heap[least] {
					least = child
				}
			}
			if least == i {
				return
			}
			heap[i], heap[least] = heap[least], heap[i]
			i = least
		}
	}
	for i := k/2 - 1; i >= 0; i-- {
		sink(i)
	}
	for _, x := range numbers[k:] {
		if x > heap[0] {
			heap[0] = x
			sink(0)
		}
	}
	return heap[0]
}

// pick finds the choice at u, which is uniform in [0,1).
func pick(choices []choice, u float64) int32 {
	for _, c := range choices {
		if u -= c.probability; u < 0 {
			return c.token
		}
	}
	return choices[len(choices)-1].token // by rounding, u is above the sum
}
