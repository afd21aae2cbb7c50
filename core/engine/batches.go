package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/protocol/harnesspb"
)

// batchesOf cuts examples into batches. Which examples meet depends on seed
// and epoch alone; nil seeds keep their order.
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

// bounded is uniform in [0, n), written out because the order of examples is
// part of a result and must not change with a library.
func bounded(r *rand.PCG, n uint64) uint64 {
	limit := -n % n // 2^64 mod n
	for {
		if x := r.Uint64(); x >= limit {
			return x % n
		}
	}
}

// promptOf is what an example's labels follow: its prompt, or without an
// encoder at least the first token, which no position before it could predict.
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

// checkExamples refuses what cannot be trained on.
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

// shaping chooses padded shapes for the batches of one set of examples. Each
// shape is compiled once, which takes seconds, so a set has few: one for small
// sets, more lengths for larger ones. They follow from the set alone, so epochs
// and trials on it share them.
type shaping struct {
	network      *network
	rows, labels int
	lengths      []int // ascending; the last fits every example
}

// Shapes of a set: one length for every so many batches, up to a limit.
const (
	batchesPerShape = 64
	maxShapes       = 6
)

func newShaping(n *network, examples []*harnesspb.TokenExample, rows int) shaping {
	s := shaping{network: n, rows: rows}
	var lengths []int
	for _, x := range examples {
		lengths = append(lengths, n.rowOf(x))
		s.labels = max(s.labels, n.labelsOf(x))
	}
	slices.Sort(lengths)
	s.labels = bucket(s.labels)
	count := min(maxShapes, 1+len(examples)/rows/batchesPerShape)
	for i := range count {
		// As many batches for each length: the share of batches whose longest
		// example is within a length is the share of examples to the power rows.
		share := math.Pow(float64(i+1)/float64(count), 1/float64(rows))
		at := min(len(lengths)-1, int(math.Ceil(share*float64(len(lengths)))))
		if i == count-1 {
			at = len(lengths) - 1
		}
		s.lengths = append(s.lengths, bucket(lengths[at]))
	}
	s.lengths = slices.Compact(s.lengths)
	return s
}

// of is the shape of a batch.
func (s shaping) of(batch []*harnesspb.TokenExample) trainShape {
	longest := 0
	for _, x := range batch {
		longest = max(longest, s.network.rowOf(x))
	}
	at, _ := slices.BinarySearch(s.lengths, longest)
	length := s.lengths[min(at, len(s.lengths)-1)]
	labels := s.labels
	if !s.network.encodes() {
		labels = min(labels, length)
	}
	return trainShape{rows: s.rows, length: length, labels: labels}
}

// batchTensors are a batch on the host, in the order of batchInputs, and the
// number of labels.
func (n *network) batchTensors(batch []*harnesspb.TokenExample, s trainShape, pad int32) ([]*tensors.Tensor, int) {
	tokens := make([]int32, s.rows*s.length)
	for i := range tokens {
		tokens[i] = pad
	}
	pick, labels, weight := make([]int32, s.rows*s.labels), make([]int32, s.rows*s.labels), make([]float32, s.rows*s.labels)
	lengths := make([]int32, s.rows)
	count := 0
	for i, x := range batch {
		lengths[i] = int32(n.rowOf(x))
		copy(tokens[i*s.length:], x.GetIds()[:lengths[i]])
		first := n.promptOf(x)
		for j, label := range x.GetIds()[first:] {
			at := i*s.labels + j
			pick[at], labels[at], weight[at] = int32(first+j-1), label, 1
			count++
		}
	}
	where := tensors.FromFlatDataAndDimensions(pick, s.rows, s.labels)
	if n.encodes() {
		where = tensors.FromFlatDataAndDimensions(lengths, s.rows)
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(tokens, s.rows, s.length),
		where,
		tensors.FromFlatDataAndDimensions(labels, s.rows, s.labels),
		tensors.FromFlatDataAndDimensions(weight, s.rows, s.labels),
	}, count
}
