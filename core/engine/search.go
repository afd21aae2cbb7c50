package engine

import (
	"math"
	"slices"

	"harness/core/protocol/harnesspb"
)

// search chooses the tokens of one prompt. It gets the log-probabilities that
// follow the prompt, then those that follow each of its rows, until it is done.
type search interface {
	// advance takes what the network says of the rows that next asked for, and
	// reports whether the search has ended.
	advance(p predictions) (done bool)
	// next gives, for each row of the next step, the token to feed and the row
	// of the step before that it goes on from.
	next() (tokens, parents []int32)
	candidates() []*harnesspb.TokenCandidate
}

// predictions are the log-probabilities of one prompt's rows [rows·V], or for
// greedy search the best token alone.
type predictions struct {
	logProbabilities []float32
	token            int32
	probability      float32 // its logarithm
}

// greedy takes the best token until one is an end token.
type greedy struct {
	eos       []int32
	limit     int
	ids       []int32
	each      []float32
	sum       float64
	fed, from []int32
}

func (g *greedy) advance(p predictions) bool {
	g.ids = append(g.ids, p.token)
	g.each = append(g.each, p.probability)
	g.sum += float64(p.probability)
	g.fed, g.from = []int32{p.token}, []int32{0}
	return len(g.ids) >= g.limit || slices.Contains(g.eos, p.token)
}

func (g *greedy) next() (tokens, parents []int32) { return g.fed, g.from }

func (g *greedy) candidates() []*harnesspb.TokenCandidate {
	return []*harnesspb.TokenCandidate{{Ids: g.ids, Score: g.sum, LogProbabilities: g.each}}
}

// beam is Hugging Face's beam search, in f32 as there, so that ids agree. The
// sums of beams that are not to be chosen are lowered by `never`, as there.
type beam struct {
	eos           []int32
	limit         int // new tokens
	width         int
	returned      int
	lengthPenalty float64
	earlyStopping bool
	neverEarly    bool

	length   int // tokens of each running beam
	running  []hypothesis
	finished []hypothesis // the best first, at most width
	parents  []int32
}

const never = -1e9

// hypothesis is a continuation of the prompt. score is its running sum, or
// once it has ended the sum divided by the length's power.
type hypothesis struct {
	ids   []int32
	each  []float32
	score float32
}

func newBeam(d *harnesspb.Decoding) *beam {
	b := &beam{
		eos: d.GetEos(), limit: int(d.GetMaxNewTokens()), width: int(d.GetBeams()), returned: int(d.GetCandidates()),
		lengthPenalty: d.GetLengthPenalty(), earlyStopping: d.GetEarlyStopping(), neverEarly: d.GetNeverStopEarly(),
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
	best := b.best(p.logProbabilities)
	b.length++
	open := false
	for i := range best {
		best[i].ended = b.length >= b.limit || slices.Contains(b.eos, best[i].token)
		open = open || !best[i].ended
	}
	// Ended ones count only from the first ranks.
	for _, c := range best[:b.width] {
		if c.ended {
			h := b.extend(c, p.logProbabilities)
			h.score = c.sum / float32(math.Pow(float64(b.length), b.lengthPenalty))
			b.admit(h)
		}
	}
	if !open {
		return true
	}
	b.goOn(best, p.logProbabilities)
	return b.settled()
}

// best gives the highest continuations of all beams together, the best first:
// as many as may end and leave a full set of running ones.
func (b *beam) best(logProbabilities []float32) []continuation {
	keep := b.width * max(2, 1+len(b.eos))
	vocabulary := len(logProbabilities) / len(b.running)
	top := make([]continuation, 0, keep+1)
	worst := float32(math.Inf(-1))
	for i, h := range b.running {
		for token, l := range logProbabilities[i*vocabulary:][:vocabulary] {
			sum := l + h.score
			if !(sum > worst) && len(top) == keep {
				continue
			}
			at, _ := slices.BinarySearchFunc(top, sum, func(c continuation, sum float32) int {
				if c.sum >= sum { // an equal one that came first stays first
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

func (b *beam) extend(c continuation, logProbabilities []float32) hypothesis {
	parent := b.running[c.beam]
	vocabulary := len(logProbabilities) / len(b.running)
	return hypothesis{
		ids:   append(slices.Clone(parent.ids), c.token),
		each:  append(slices.Clone(parent.each), logProbabilities[c.beam*vocabulary+int(c.token)]),
		score: c.sum,
	}
}

// admit enters an ended hypothesis among the best.
func (b *beam) admit(h hypothesis) {
	if b.earlyStopping && len(b.finished) == b.width {
		return
	}
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

// goOn makes the best open continuations the running beams. If there are too
// few, ended ones fill up with sums that lose against all others.
func (b *beam) goOn(best []continuation, logProbabilities []float32) {
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
		next[i] = b.extend(c, logProbabilities)
		b.parents[i] = int32(c.beam)
	}
	b.running = next
}

// settled reports whether no running beam can still improve the result.
func (b *beam) settled() bool {
	if len(b.finished) < b.width {
		return false
	}
	if b.earlyStopping {
		return true
	}
	length := b.length
	if b.neverEarly && b.lengthPenalty > 0 {
		length = b.limit
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
