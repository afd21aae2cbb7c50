package gen

import "slices"

// family writes one kind of method. The kinds are common tasks on arrays,
// strings and numbers, but none is a method of the microbugs benchmark: a
// test compares them.
type family func(*method)

// mix says which methods are written.
type mix struct {
	mixtures int // share of the family mixture among the others' shares
	renamed  int // percentage of the methods that get invented names
}

var (
	// Texts are to teach reading what stands above, so many of their names are
	// such that nothing else foretells them.
	textMix = mix{mixtures: 90, renamed: 60}
	// Nothing in a mixture tells what is wrong, so pairs have fewer.
	pairMix = mix{mixtures: 25, renamed: 40}
)

// families lists the kinds of methods with their shares.
func families(mixtures int) []weighted[family] {
	return []weighted[family]{
		{mixtures, mixture}, {16, fold}, {8, find}, {6, anyOrNone}, {6, extreme}, {6, neighbours},
		{6, twoSequences}, {6, inPlace}, {6, newArray}, {7, newString},
		{4, digits}, {6, overRange}, {5, lookup}, {6, bands}, {4, pairs},
		{5, grid}, {4, halving}, {5, recursion}, {4, ends}, {4, running},
		{5, window}, {5, textEnds}, {6, formula}, {4, nullSafe}, {4, codes},
		{4, choose},
	}
}

// write draws a family and writes one of its methods.
func write(s *source, of mix) *method {
	return writeOf(s, draw(s, families(of.mixtures)), of.renamed)
}

// writeOf writes a method of the family.
func writeOf(s *source, f family, renamed int) *method {
	m := newMethod(s)
	start := len(s.drawn)
	f(m)
	if m.aimless && m.isOneLoop() {
		return writeOf(s, f, renamed)
	}
	if s.chance(renamed) {
		m.rename()
	}
	m.again = func(replay []uint64) *method { return writeOf(&source{pcg: s.pcg, replay: replay}, f, renamed) }
	m.drawn = slices.Clone(s.drawn[start:])
	return m
}

// sibling is the method that comes of the same choices but one: another operator,
// name or constant, and where the family names its methods for what they do,
// another name. It has as many lines, at most three of which differ below the
// head. Not every method has one.
func (m *method) sibling() (*method, bool) {
	for range 8 {
		replay := slices.Clone(m.drawn)
		replay[m.intN(len(replay))] = m.next()
		o := m.again(replay)
		if len(o.lines) != len(m.lines) {
			continue
		}
		others := 0
		for i := 1; i < len(m.lines); i++ {
			if o.lines[i] != m.lines[i] {
				others++
			}
		}
		if others >= 1 && others <= 3 {
			return o, true
		}
	}
	return nil, false
}

// weighted is a choice with its share.
type weighted[T any] struct {
	weight int
	value  T
}

// draw picks one of the choices by its share of the sum of the weights.
func draw[T any](s *source, from []weighted[T]) T {
	total := 0
	for _, w := range from {
		total += w.weight
	}
	at := s.intN(total)
	for _, w := range from {
		if at < w.weight {
			return w.value
		}
		at -= w.weight
	}
	return from[len(from)-1].value
}
