package engine

import (
	"math"
	"slices"

	"harness/core/protocol/harnesspb"
)

// beam is Hugging Face's beam search. Like the original it computes in f32, so
// that ids agree, and lowers the sums of beams that must not be chosen by never.
type beam struct {
	ending        *ending
	width         int
	returned      int
	lengthPenalty float64
	earlyStopping string // as in harnesspb.Decoding

	length   int // tokens of each running beam
	running  []hypothesis
	finished []hypothesis // best first, at most width
	parents  []int32
}

const never = -1e9

func newBeam(d *harnesspb.Decoding, e *ending) *beam {
	b := &beam{
		ending: e, width: int(d.GetBeams()), returned: int(d.GetCandidates()),
		lengthPenalty: d.GetLengthPenalty(), earlyStopping: d.GetEarlyStopping(),
	}
	b.running = []hypothesis{{}}
	return b
}

// continuation is one token after one beam.
type continuation struct {
	beam  int
	token int32
	sum   float32
	ended bool
}

func (b *beam) advance(p predictions) bool {
	best := b.best(p)
	b.length++
	open := false
	for i := range best {
		best[i].ended = b.ending.at(b.length, b.running[best[i].beam].tail, best[i].token)
		open = open || !best[i].ended
	}
	// Ended continuations count only if they are among the first width.
	for _, c := range best[:b.width] {
		if c.ended {
			h := b.extend(c, p)
			h.score = c.sum / float32(math.Pow(float64(b.length), b.lengthPenalty))
			b.admit(h)
		}
	}
	if !open {
		return true
	}
	b.setRunning(best, p)
	return b.isDone()
}

// best returns the highest continuations over all beams, best first. It returns
// enough to fill all running beams even if the others end.
func (b *beam) best(p predictions) []continuation {
	keep := b.width * max(2, 1+len(b.ending.eos))
	top := make([]continuation, 0, keep+1)
	worst := float32(math.Inf(-1))
	for i, h := range b.running {
		highest, logSum := p.highest[i], p.logSum[i]
		for token, logit := range p.row(i) {
			sum := logit - highest - logSum + h.score
			if !(sum > worst) && len(top) == keep {
				continue
			}
			at, _ := slices.BinarySearchFunc(top, sum, func(c continuation, sum float32) int {
				if c.sum >= sum { // equal sums keep their order
					return -1
				}
				return 1
			})
			top = slices.Insert(top, at, continuation{beam: i, token: int32(token), sum: sum})
			if len(top) > keep {
				top = top[:keep]
			}
			worst = top[len(top)-1].sum
		}
	}
	return top
}

func (b *beam) extend(c continuation, p predictions) hypothesis {
	parent := b.running[c.beam]
	return hypothesis{
		ids:   append(slices.Clone(parent.ids), c.token),
		each:  append(slices.Clone(parent.each), p.logProbability(c.beam, c.token)),
		score: c.sum,
		tail:  b.ending.grow(parent.tail, c.token),
	}
}

// admit inserts an ended hypothesis into finished.
func (b *beam) admit(h hypothesis) {
	at, _ := slices.BinarySearchFunc(b.finished, h.score, func(f hypothesis, score float32) int {
		if f.score >= score {
			return -1
		}
		return 1
	})
	b.finished = slices.Insert(b.finished, at, h)
	if len(b.finished) > b.width {
		b.finished = b.finished[:b.width]
	}
}

// setRunning makes the best open continuations the running beams. If there are
// too few, it adds ended ones, with sums lower than all others.
func (b *beam) setRunning(best []continuation, p predictions) {
	order := slices.Clone(best)
	for i := range order {
		if order[i].ended {
			order[i].sum += never
		}
	}
	slices.SortStableFunc(order, func(x, y continuation) int {
		switch {
		case x.sum > y.sum:
			return -1
		case x.sum < y.sum:
			return 1
		}
		return 0
	})
	next := make([]hypothesis, b.width)
	b.parents = make([]int32, b.width)
	for i, c := range order[:b.width] {
		next[i] = b.extend(c, p)
		b.parents[i] = int32(c.beam)
	}
	b.running = next
}

// isDone reports whether no running beam can still improve the result.
func (b *beam) isDone() bool {
	if len(b.finished) < b.width {
		return false
	}
	if b.earlyStopping == "true" {
		return true
	}
	length := b.length
	if b.earlyStopping == "never" && b.lengthPenalty > 0 {
		length = b.ending.limit
	}
	possible := b.running[0].score / float32(math.Pow(float64(length), b.lengthPenalty))
	return possible <= b.finished[len(b.finished)-1].score
}

func (b *beam) next() (tokens, parents []int32) {
	tokens = make([]int32, b.width)
	for i, h := range b.running {
		tokens[i] = h.ids[len(h.ids)-1]
	}
	return tokens, b.parents
}

func (b *beam) candidates() []*harnesspb.TokenCandidate {
	var out []*harnesspb.TokenCandidate
	for _, h := range b.finished[:min(b.returned, len(b.finished))] {
		out = append(out, &harnesspb.TokenCandidate{Ids: h.ids, Score: float64(h.score), LogProbabilities: h.each})
	}
	return out
}
