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
	m := write(s)
	for len(m.mutations()) == 0 {
		m = write(s)
	}
	x := m.mutate()
	// Some hunks take in the line below, which was right.
	if next := m.lines[x.end]; s.chance(10) && strings.HasSuffix(next, ";") {
		x.wrong = append(x.wrong, next)
		x.end++
	}
	return Pair{
		Class:  x.class,
		Before: join(m.lines[:x.start]),
		Buggy:  join(x.wrong),
		After:  join(m.lines[x.end:]),
		Fixed:  join(m.lines[x.start:x.end]),
	}
}

// Texts yields count documents of correct methods for pretraining: methods
// as a class would hold them. Most documents repeat a method under another
// name or with other variables and types, as overloads and older versions do,
// at times after a third method; some end in notes that quote its lines. What
// a model learns from these is to find and read back what stands above.
func Texts(seed uint64, count int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for index := range uint64(count) {
			if !yield(document(newSource(seed, textStream, index))) {
				return
			}
		}
	}
}

// Hole is a document of correct methods with some lines taken out.
type Hole struct {
	Before, Lines, After string
}

// Holes yields count documents as Texts does, each with one to three of its
// lines taken out, for pretraining models that fill in the middle.
func Holes(seed uint64, count int) iter.Seq[Hole] {
	return func(yield func(Hole) bool) {
		for index := range uint64(count) {
			s := newSource(seed, holeStream, index)
			lines := strings.Split(strings.TrimSuffix(document(s), "\n"), "\n")
			n := min(s.between(1, 3), len(lines)-1)
			start := s.between(1, len(lines)-n)
			if !yield(Hole{join(lines[:start]), join(lines[start : start+n]), join(lines[start+n:])}) {
				return
			}
		}
	}
}

func document(s *source) string {
	m := write(s)
	parts := []string{m.text()}
	if s.chance(30) {
		parts = append(parts, write(s).text())
	}
	switch n := s.intN(10); {
	case n < 4:
		for range s.between(1, 3) {
			parts = append(parts, m.twin())
		}
	case n < 6:
		parts = append(parts, m.overload())
	case n < 8:
		parts = append(parts, m.notes())
	}
	return strings.Join(parts, "\n")
}

// notes quotes lines of the method under comments, each line once or more.
func (m *method) notes() string {
	var out strings.Builder
	heading := func(words ...string) {
		fmt.Fprintf(&out, "// %s%s: \n", pick(m.source, "the ", "see ", "look at ", ""), pick(m.source, words...))
	}
	for range m.between(1, 3) {
		line := m.lines[m.between(1, len(m.lines)-2)]
		heading("line", "step", "part", "case", "place", "code", "loop", "first")
		out.WriteString(line + "\n")
		for range m.intN(3) {
			heading("same", "line again", "other copy", "repeat", "next", "second")
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

// twin is the method under a longer name.
func (m *method) twin() string {
	name := m.name()
	other := name + pick(m.source, "Old", "New", "Again", "Plain", "Fast", "Of", "2")
	return rewrite(m.text(), map[string]string{name: other})
}

// overload is the method with other variables and, where it has long or
// double numbers, perhaps another type.
func (m *method) overload() string {
	pool := []string{"i", "j", "k", "n", "m", "p", "q", "u", "z", "g", "f", "h", "o", "l", "w", "e"}
	words := map[string]string{}
	for _, v := range m.scope {
		words[v.name] = m.fresh(v.kind, pool...)
	}
	if m.chance(50) {
		words["long"] = "int"
		words["double"] = "float"
	}
	return rewrite(m.text(), words)
}

// rewrite replaces whole words outside of literals.
func rewrite(text string, words map[string]string) string {
	var out strings.Builder
	at := 0
	for _, p := range pieces(text) {
		out.WriteString(text[at:p.start])
		word := p.text
		if by, ok := words[word]; ok && p.kind != quoted {
			word = by
		}
		out.WriteString(word)
		at = p.end
	}
	out.WriteString(text[at:])
	return out.String()
}

func join(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
