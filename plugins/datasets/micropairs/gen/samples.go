package gen

import (
	"fmt"
	"iter"
	"slices"
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
	m := write(s, pairMixtures)
	for len(m.mutations()) == 0 {
		m = write(s, pairMixtures)
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
// name, with other variables and types, or with another choice in one place, as
// overloads and siblings do, at times after a third method; some end in notes
// that quote its lines. What a model learns from these is to find and read back
// what stands above.
func Texts(seed uint64, count int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for index := range uint64(count) {
			if !yield(document(newSource(seed, textStream, index), true)) {
				return
			}
		}
	}
}

// Hole is a document of correct methods with some lines taken out.
type Hole struct {
	Before, Lines, After string
}

// Holes yields count documents as Texts does, but without notes, each with some
// lines taken out, for pretraining models that fill in the middle.
func Holes(seed uint64, count int) iter.Seq[Hole] {
	return func(yield func(Hole) bool) {
		for index := range uint64(count) {
			s := newSource(seed, holeStream, index)
			lines := strings.Split(strings.TrimSuffix(document(s, false), "\n"), "\n")
			start, end := hole(s, lines)
			if !yield(Hole{join(lines[:start]), join(lines[start:end]), join(lines[end:])}) {
				return
			}
		}
	}
}

// hole draws the lines to take out: one, up to half of all, or what is inside one
// of the methods.
func hole(s *source, lines []string) (start, end int) {
	n := 1
	switch k := s.intN(10); {
	case k < 4:
	case k < 7:
		n = s.between(1, max(1, len(lines)/2))
	default:
		var heads []int
		for i, line := range lines {
			if strings.HasPrefix(line, "public ") {
				heads = append(heads, i)
			}
		}
		start = pick(s, heads...) + 1
		return start, start + slices.Index(lines[start:], "}")
	}
	start = s.between(1, len(lines)-n)
	return start, start + n
}

func document(s *source, notes bool) string {
	if s.chance(40) {
		return listed(s, notes)
	}
	m := write(s, textMixtures)
	last, parts := m, []string{m.text()}
	if s.chance(15) {
		last = write(s, textMixtures)
		parts = append(parts, last.text())
	}
	switch n := s.intN(20); {
	case n < 6 && notes:
		parts[len(parts)-1] = last.marked()
	case n < 7 && notes:
		parts = append(parts, m.notes())
	case n < 12:
		parts = append(parts, m.twin())
	case n < 15:
		parts = append(parts, m.overload())
	case n < 19:
		if o, ok := m.sibling(); ok {
			parts = append(parts, o.text())
		}
	}
	return strings.Join(parts, "\n")
}

// listed is a document of a listing and what repeats it.
func listed(s *source, notes bool) string {
	m := writeOf(s, listing)
	if notes && s.chance(35) {
		return m.marked()
	}
	if o, ok := m.sibling(); ok && s.chance(40) {
		return m.text() + "\n" + o.text()
	}
	return m.text() + "\n" + m.twin()
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

// marked is the method with one or two lines between comments, which are quoted
// below it.
func (m *method) marked() string {
	start := m.between(1, len(m.lines)-2)
	end := start + 1
	if m.chance(20) && end < len(m.lines)-1 {
		end++
	}
	lines := join(m.lines[start:end])
	subject := pick(m.source, "line", "step", "part", "case", "place", "code", "loop", "spot", "unit", "head")
	opening := pick(m.source, " start: ", " starts: ", " from here: ", ": ", " begin: ")
	closing := pick(m.source, " end ", " ends ", " to here ", " done ")
	return join(m.lines[:start]) + "// " + subject + opening + "\n" + lines + "// " + subject + closing + "\n" + join(m.lines[end:]) +
		"// " + pick(m.source, subject, "same", "again", "copy", "that") + ": \n" + lines
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

// rewrite replaces whole words outside of literals, but not those behind a dot,
// which belong to Java's classes.
func rewrite(text string, words map[string]string) string {
	var out strings.Builder
	at, before := 0, ""
	for _, p := range pieces(text) {
		out.WriteString(text[at:p.start])
		word := p.text
		if by, ok := words[word]; ok && p.kind != quoted && before != "." {
			word = by
		}
		out.WriteString(word)
		at, before = p.end, p.text
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
