package engine

import (
	"cmp"
	"math"
	"slices"

	"harness/core/protocol/harnesspb"
)

// shaping chooses padded shapes for the micro-batches of one set of examples, and
// divides batches into micro-batches of these shapes. A shape costs seconds to
// compile, and padding costs time in every step, so shaping minimizes the estimated
// time of a few passes over the set. Shapes depend only on the set, the network, the
// batch size and the limit on rows, so epochs and trials share them.
type shaping struct {
	network *network
	batch   int // examples of a batch
	micro   int // rows of a micro-batch at most
	group   int // examples that are padded together, for positions
	options shapingOptions
	cost    *costs
	shapes  []batchShape
	// Maximum tokens and labels of a row.
	length, labels int
}

type shapingOptions struct {
	leftPadded bool // positions count from a group's longest example
	pack       bool
}

func newShaping(n *network, examples []*harnesspb.TokenExample, batch, micro int, o shapingOptions, c *costs) *shaping {
	s := &shaping{network: n, batch: batch, micro: batch, group: batch, options: o, cost: c}
	if micro > 0 {
		s.micro, s.group = min(micro, batch), min(micro, batch)
	}
	s.choose(examples)
	return s
}

// lower halves the maximum rows of a micro-batch. It returns false if that is 1.
func (s *shaping) lower(examples []*harnesspb.TokenExample) bool {
	if s.micro == 1 {
		return false
	}
	s.micro = (s.micro + 1) / 2
	clear(s.cost.known) // with fewer rows, layers may be recomputed or not
	s.choose(examples)
	return true
}

// items are a batch's examples with their places.
func (s *shaping) items(batch []*harnesspb.TokenExample) []item {
	items := make([]item, len(batch))
	for i, x := range batch {
		items[i] = item{TokenExample: x, number: i}
	}
	if s.options.leftPadded && !s.network.encodes() {
		for group := range slices.Chunk(items, s.group) {
			longest := 0
			for _, x := range group {
				longest = max(longest, len(x.GetIds()))
			}
			for i := range group {
				group[i].first = longest - len(group[i].GetIds())
			}
		}
	}
	return items
}

// row is a line with its numbers of tokens and labels.
type row struct {
	line
	length, labels int
}

// rows puts a batch into rows, longest first. Packing fills each row with the longest
// examples that still fit.
func (s *shaping) rows(batch []*harnesspb.TokenExample) []row {
	items := s.items(batch)
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(len(b.GetIds()), len(a.GetIds())) })
	var rows []row
	for _, x := range items {
		length, labels := s.network.rowOf(x.TokenExample), s.network.labelsOf(x.TokenExample)
		at := -1
		if s.options.pack {
			at = slices.IndexFunc(rows, func(r row) bool { return r.length+length <= s.length && r.labels+labels <= s.labels })
		}
		if at < 0 {
			rows, at = append(rows, row{}), len(rows)
		}
		r := &rows[at]
		r.line, r.length, r.labels = append(r.line, x), r.length+length, r.labels+labels
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.length, a.length) })
	return rows
}

// measure finds the maximum tokens and labels of a row. Packed rows are as long as the
// longest example, and have room for a proportional number of labels, with a margin.
func (s *shaping) measure(examples []*harnesspb.TokenExample) {
	s.length, s.labels = 0, 0
	var tokens, labels int
	for _, x := range examples {
		s.length = max(s.length, s.network.rowOf(x))
		s.labels = max(s.labels, s.network.labelsOf(x))
		tokens, labels = tokens+s.network.rowOf(x), labels+s.network.labelsOf(x)
	}
	s.length = paddedRow(s.length)
	if s.options.pack {
		s.labels = max(s.labels, min(s.length, 2*s.length*labels/tokens))
	}
	s.labels = paddedRow(s.labels)
	if !s.network.encodes() {
		s.labels = min(s.labels, s.length)
	}
}

// candidates returns the shapes to choose from, and those among them that any row
// fits into.
func (s *shaping) candidates(samples [][]row) (candidates, largest []batchShape) {
	lengths, labels := []int{s.length}, []int{s.labels}
	for _, rows := range samples {
		for _, r := range rows {
			lengths, labels = append(lengths, r.length), append(labels, r.labels)
		}
	}
	placed := s.options.pack || s.options.leftPadded && !s.network.encodes()
	for _, length := range quantiles(lengths, 12) {
		for _, label := range quantiles(labels, 4) {
			for rows := 1; ; rows = min(2*rows, s.micro) {
				shape := batchShape{rows: rows, length: length, labels: label, placed: placed, packed: s.options.pack}
				if !s.network.encodes() {
					shape.labels = min(shape.labels, shape.length)
				}
				candidates = append(candidates, shape)
				if length == s.length && label == s.labels {
					largest = append(largest, shape)
				}
				if rows == s.micro {
					break
				}
			}
		}
	}
	return candidates, largest
}

// quantiles are count sizes, rounded up, that divide the sorted sizes evenly. The
// largest size is among them.
func quantiles(sizes []int, count int) []int {
	slices.Sort(sizes)
	var out []int
	for i := range count {
		out = append(out, paddedRow(sizes[(len(sizes)-1)*(i+1)/count]))
	}
	return slices.Compact(out)
}

// split divides a batch into micro-batches.
func (s *shaping) split(batch []*harnesspb.TokenExample) []microBatch {
	micro, _ := s.cut(s.shapes, s.rows(batch))
	return micro
}

// cut finds the cheapest way to divide rows, in their order, into micro-batches of the
// given shapes. The cost is infinite if there is no way.
func (s *shaping) cut(shapes []batchShape, rows []row) ([]microBatch, float64) {
	type choice struct {
		cost  float64
		shape batchShape
		rows  int
	}
	best := make([]choice, len(rows)+1) // for the rows from here on
	for i := len(rows) - 1; i >= 0; i-- {
		best[i].cost = math.Inf(1)
		for _, shape := range shapes {
			fit := 0
			for fit < shape.rows && i+fit < len(rows) && rows[i+fit].length <= shape.length && rows[i+fit].labels <= shape.labels {
				fit++
			}
			if fit == 0 {
				continue
			}
			if cost := s.cost.of(shape) + best[i+fit].cost; cost < best[i].cost {
				best[i] = choice{cost, shape, fit}
			}
		}
	}
	var out []microBatch
	for i := 0; i < len(rows) && best[i].rows > 0; i += best[i].rows {
		m := microBatch{shape: best[i].shape}
		for _, r := range rows[i : i+best[i].rows] {
			m.lines = append(m.lines, r.line)
		}
		out = append(out, m)
	}
	return out, best[0].cost
}
