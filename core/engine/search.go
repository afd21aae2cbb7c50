package engine

import (
	"harness/core/protocol/harnesspb"
)

// search chooses the tokens of one prompt. It gets what the network says after
// the prompt, then after each of the rows that it asked for, until it is done.
type search interface {
	// advance takes what the network says of the rows that next asked for, and
	// reports whether the search has ended.
	advance(p predictions) (done bool)
	// next gives, for each row of the next step, the token to feed and the row
	// of the step before that it goes on from.
	next() (tokens, parents []int32)
	candidates() []*harnesspb.TokenCandidate
}

// predictions are what the network says of the rows of one prompt. For greedy
// search there is the best token alone.
type predictions struct {
	logits []float32 // [rows·V]
	// A row's highest logit, and the logarithm of the sum of all exp(logit -
	// highest).
	highest, logSum []float32
	token           int32
	probability     float32 // the token's, its logarithm
}

// row gives the logits of one row.
func (p predictions) row(i int) []float32 {
	vocabulary := len(p.logits) / len(p.highest)
	return p.logits[i*vocabulary:][:vocabulary]
}

// logProbability is that of a token, in f32 as torch computes it.
func (p predictions) logProbability(row int, token int32) float32 {
	return p.row(row)[token] - p.highest[row] - p.logSum[row]
}

// hypothesis is a continuation of the prompt. score is the sum of its
// log-probabilities; a beam that has ended has it divided by the length's power.
type hypothesis struct {
	ids   []int32
	each  []float32
	score float32
	tail  []byte // see ending
}

// greedy takes the best token until one ends the text.
type greedy struct {
	ending    *ending
	text      hypothesis
	sum       float64
	fed, from []int32
}

func newGreedy(e *ending) *greedy { return &greedy{ending: e, fed: []int32{0}, from: []int32{0}} }

func (g *greedy) advance(p predictions) bool {
	g.text.ids = append(g.text.ids, p.token)
	g.text.each = append(g.text.each, p.probability)
	g.sum += float64(p.probability)
	g.fed[0] = p.token
	ended := g.ending.at(len(g.text.ids), g.text.tail, p.token)
	g.text.tail = g.ending.grow(g.text.tail, p.token)
	return ended
}

func (g *greedy) next() (tokens, parents []int32) { return g.fed, g.from }

func (g *greedy) candidates() []*harnesspb.TokenCandidate {
	return []*harnesspb.TokenCandidate{{Ids: g.text.ids, Score: g.sum, LogProbabilities: g.text.each}}
}
