package engine

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/protocol/harnesspb"
)

// batchesOf divides examples into batches. The random generator order alone
// decides which examples share a batch; if it is nil, the examples keep their
// order.
func batchesOf(examples []*harnesspb.TokenExample, size int, order *rand.PCG) [][]*harnesspb.TokenExample {
	shuffled := make([]*harnesspb.TokenExample, len(examples))
	copy(shuffled, examples)
	if order != nil {
		for i := len(shuffled) - 1; i > 0; i-- {
			j := int(bounded(order, uint64(i+1)))
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		}
	}
	var batches [][]*harnesspb.TokenExample
	for len(shuffled) > 0 {
		n := min(size, len(shuffled))
		batches = append(batches, shuffled[:n])
		shuffled = shuffled[n:]
	}
	return batches
}

// bounded is uniform in [0, n). It does not call a library, because the order of
// examples affects results and must not change with a library's version.
func bounded(r *rand.PCG, n uint64) uint64 {
	limit := -n % n // 2^64 mod n
	for {
		if x := r.Uint64(); x >= limit {
			return x % n
		}
	}
}

// promptOf is the number of tokens before an example's labels: its prompt.
// Without an encoder it is at least 1, because no position can predict the first
// token.
func (n *network) promptOf(x *harnesspb.TokenExample) int {
	if n.encodes() {
		return int(x.GetPromptLength())
	}
	return max(1, int(x.GetPromptLength()))
}

// labelsOf is the number of labels of an example.
func (n *network) labelsOf(x *harnesspb.TokenExample) int {
	return len(x.GetIds()) - n.promptOf(x)
}

// rowOf is the number of tokens of an example in the batch's token rows.
func (n *network) rowOf(x *harnesspb.TokenExample) int {
	if n.encodes() {
		return int(x.GetPromptLength())
	}
	return len(x.GetIds())
}

// checkExamples refuses examples that cannot be trained on.
func (n *network) checkExamples(what string, examples []*harnesspb.TokenExample) error {
	for i, x := range examples {
		name := fmt.Sprintf("%s example %d", what, i)
		if x.GetPromptLength() < 0 || n.labelsOf(x) < 1 {
			return fmt.Errorf("%s: a prompt of %d in %d tokens leaves no label", name, x.GetPromptLength(), len(x.GetIds()))
		}
		if err := n.checkPrompt(name, x.GetIds()[:n.rowOf(x)], 0); err != nil {
			return err
		}
		if n.encodes() {
			if err := n.limits.check(name+"'s labels", x.GetIds()[n.rowOf(x):], n.program.FirstPosition, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// item is an example of a batch.
type item struct {
	*harnesspb.TokenExample
	// number in the batch. It keys the dropout masks, which therefore do not
	// depend on how the batch is split into micro-batches.
	number int
	// first is the position of the example's first token; padding on the left
	// increases it.
	first int
}

// line is a row of a micro-batch: one example, or several that share it.
type line []item

// microBatch is a set of rows that are computed at once.
type microBatch struct {
	shape batchShape
	lines []line
}

// tensors returns the micro-batch as host tensors, in the order of batchNodes.
func (n *network) tensors(m microBatch, pad int32) []*tensors.Tensor {
	s := m.shape
	tokens, positions, owners := make([]int32, s.rows*s.length), make([]int32, s.rows*s.length), make([]int32, s.rows*s.length)
	for i := range tokens {
		tokens[i], owners[i] = pad, -1
	}
	where, labels, weight := make([]int32, s.rows*s.labels), make([]int32, s.rows*s.labels), make([]float32, s.rows*s.labels)
	lengths, numbers := make([]int32, s.rows), make([]uint32, s.rows)
	for row, line := range m.lines {
		token, label := row*s.length, row*s.labels
		numbers[row] = uint32(line[0].number)
		for _, x := range line {
			read := x.GetIds()[:n.rowOf(x.TokenExample)]
			for i, id := range read {
				tokens[token+i], owners[token+i] = id, int32(x.number)
				positions[token+i] = int32(x.first + i)
			}
			prompt := n.promptOf(x.TokenExample)
			for i, id := range x.GetIds()[prompt:] {
				where[label+i], labels[label+i], weight[label+i] = int32(token-row*s.length+prompt+i-1), id, 1
			}
			token, label = token+len(read), label+len(x.GetIds())-prompt
		}
		lengths[row] = int32(token - row*s.length)
	}
	out := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(tokens, s.rows, s.length)}
	if n.encodes() {
		out = append(out, tensors.FromFlatDataAndDimensions(lengths, s.rows))
	} else {
		out = append(out, tensors.FromFlatDataAndDimensions(where, s.rows, s.labels))
	}
	out = append(out,
		tensors.FromFlatDataAndDimensions(labels, s.rows, s.labels),
		tensors.FromFlatDataAndDimensions(weight, s.rows, s.labels),
		tensors.FromFlatDataAndDimensions(numbers, s.rows))
	if s.placed {
		out = append(out, tensors.FromFlatDataAndDimensions(positions, s.rows, s.length))
	}
	if s.packed {
		out = append(out, tensors.FromFlatDataAndDimensions(owners, s.rows, s.length))
	}
	return out
}
