package engine

import (
	"harness/core/protocol/harnesspb"
)

// search chooses the tokens of one prompt. It gets the network's predictions after
// the prompt, then those for the rows that it requests, until it is done.
type search interface {
	// advance takes the predictions for the rows that next requested, and reports
	// whether the search has ended.
	advance(p predictions) (done bool)
	// next returns, for each row of the next step, the token to feed and its parent:
	// the row of the previous step that it continues.
	next() (tokens, parents []int32)
	candidates() []*harnesspb.TokenCandidate
}

// predictions are the network's predictions for the rows of one prompt. For greedy
// search they hold only the best token.
type predictions struct {
	logits []float32 // [rows·V]
	// For each row, the highest logit, and the logarithm of the sum of all
	// exp(logit - highest).
	highest, logSum []float32
	token           int32
	probability     float32 // the token's log-probability
}

// row returns the logits of one row.
func (p predictions) row(i int) []float32 {
	vocabulary := len(p.logits) / len(p.highest)
	return p.logits[i*vocabulary:][:vocabulary]
}

// logProbability is a token's log-probability, computed in f32 as in torch.
func (p predictions) logProbability(row int, token int32) float32 {
	return p.row(row)[token] - p.highest[row] - p.logSum[row]
}

// hypothesis is a continuation of the prompt. score is the sum of its
// log-probabilities; for an ended beam, it is divided by length^lengthPenalty.
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
