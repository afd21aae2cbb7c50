package gen

// family writes one kind of method. The kinds are common tasks on arrays,
// strings and numbers, but none is a method of the microbugs benchmark: a
// test compares them.
type family func(*method)

// families lists the kinds of methods with their shares.
func families() []weighted[family] {
	return []weighted[family]{
		{45, mixture}, {16, fold}, {8, find}, {6, anyOrNone}, {6, extreme}, {6, neighbours},
		{6, twoSequences}, {6, inPlace}, {6, newArray}, {7, newString},
		{4, digits}, {6, overRange}, {5, lookup}, {6, bands}, {4, pairs},
		{5, grid}, {4, halving}, {5, recursion}, {4, ends}, {4, running},
		{5, window}, {5, textEnds}, {6, formula}, {4, nullSafe}, {4, codes},
		{4, choose},
	}
}

// write draws a family and writes one of its methods.
func write(s *source) *method {
	m := newMethod(s)
	draw(s, families())(m)
	return m
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
