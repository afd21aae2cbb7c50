package gen

import (
	"fmt"
	"iter"
	"strings"
)

// Pair is a bug fix in one method: Before + Buggy + After is the wrong
// method, Before + Fixed + After the right one. Each part is whole lines.
type Pair struct {
	ID                          string
	Class                       Class
	Before, Buggy, After, Fixed string
}

// Streams keep the pairs, the texts and the holes of one seed apart.
const (
	pairStream = 1
	textStream = 2
	holeStream = 3
)

// Pairs yields count pairs without repetition. They are a function of the
// seed alone, so a longer sequence begins with the shorter one.
func Pairs(seed uint64, count int) iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		seen := map[string]bool{}
		for index := uint64(0); len(seen) < count; index++ {
			p := newPair(newSource(seed, pairStream, index))
			text := p.Before + p.Buggy + p.After + "\x00" + p.Fixed
			if seen[text] {
				continue
			}
			seen[text] = true
			p.ID = fmt.Sprintf("micropairs-%d-%06d", seed, index)
			if !yield(p) {
				return
			}
		}
	}
}

func newPair(s *source) Pair {
	m, x := breakable(s, pairMix)
	return Pair{
		Class:  x.class,
		Before: join(m.lines[:x.start]),
		Buggy:  join(x.wrong),
		After:  join(m.lines[x.end:]),
		Fixed:  join(m.lines[x.start:x.end]),
	}
}

// breakable writes a method and draws a mistake in it.
func breakable(s *source, of mix) (*method, mutation) {
	m := write(s, of)
	for len(m.mutations()) == 0 {
		m = write(s, of)
	}
	x := m.mutate()
	// Some hunks take in the line below, which was right.
	if next := m.lines[x.end]; s.chance(10) && strings.HasSuffix(next, ";") {
		x.wrong = append(x.wrong, next)
		x.end++
	}
	return m, x
}

// Texts yields count documents for pretraining, see [document].
func Texts(seed uint64, count int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for index := range uint64(count) {
			if !yield(newText(newSource(seed, textStream, index)).text()) {
				return
			}
		}
	}
}

// Hole is a document with some lines taken out.
type Hole struct {
	Before, Lines, After string
}

// Holes yields count documents, each with some lines taken out, for pretraining
// models that fill in the middle.
func Holes(seed uint64, count int) iter.Seq[Hole] {
	return func(yield func(Hole) bool) {
		for index := range uint64(count) {
			d := newHole(newSource(seed, holeStream, index))
			if !yield(Hole{join(d.lines[:d.start]), join(d.lines[d.start:d.end]), join(d.lines[d.end:])}) {
				return
			}
		}
	}
}

func join(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
