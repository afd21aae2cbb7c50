package gen

import (
	"slices"
	"strings"
)

// document is a text for pretraining. What a model learns from documents is to
// find what stands above, to read it back, and to read it back with the one
// change that makes it right, as it would from a corpus of code and of commits:
//
//	plain    a method or two, as a class holds them
//	twice    a method, and again with another name or with another choice
//	quoted   a method with a line between comments that is quoted below
//	commit   a method with an old line and its new version (see commit.go)
type document struct {
	lines      []string
	start, end int      // the lines to take out, where it is for filling in
	methods    []string // the methods that it shows, as they are
	old        []string // those of commits, as they were
}

func (d document) text() string { return join(d.lines) }

// newText is a document for models that write from left to right.
func newText(s *source) document {
	switch n := s.intN(100); {
	case n < 5:
		return plain(s)
	case n < 13:
		return twice(s)
	case n < 17:
		return quotation(s)
	default:
		return newCommit(s).document()
	}
}

// newHole is a document for models that fill in.
func newHole(s *source) document {
	var d document
	switch n := s.intN(100); {
	case n < 5:
		d = plain(s)
	case n < 13:
		d = twice(s)
	default:
		return newCommit(s).hole()
	}
	d.start, d.end = drawHole(s, d.lines)
	return d
}

// drawHole draws the lines to take out: one, up to half of all, or what is inside
// one of the methods.
func drawHole(s *source, lines []string) (start, end int) {
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

func plain(s *source) document {
	methods := []string{write(s, textMix).text()}
	if s.chance(15) {
		methods = append(methods, write(s, textMix).text())
	}
	return documentOf(methods...)
}

// twice often repeats a listing, which nothing else foretells.
func twice(s *source) document {
	m := unforeseen(s)
	if o, ok := m.sibling(); ok && s.chance(40) {
		return documentOf(m.text(), o.text())
	}
	return documentOf(m.text(), m.twin())
}

// unforeseen is a method of any family, or a listing.
func unforeseen(s *source) *method {
	if s.chance(60) {
		return writeOf(s, listing, 0)
	}
	return write(s, textMix)
}

func documentOf(methods ...string) document {
	text := strings.Join(methods, "\n")
	return document{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), methods: methods}
}

// quotation is a method with one or two lines between comments, which are quoted
// below it.
func quotation(s *source) document {
	m := unforeseen(s)
	start := s.between(1, len(m.lines)-2)
	end := start + 1
	if s.chance(20) && end < len(m.lines)-1 {
		end++
	}
	subject := pick(s, "line", "step", "part", "case", "place", "code", "spot", "unit", "head")
	above := "// " + subject + pick(s, ": ", " from here: ", " begins: ", " one: ")
	below := "// " + subject + pick(s, " to here ", " done ", " over ")
	quote := "// " + pick(s, "same", "again", "copy", "that", subject+" again", "same "+subject) + ": "
	return document{
		lines: slices.Concat(m.lines[:start], []string{above}, m.lines[start:end], []string{below}, m.lines[end:],
			[]string{quote}, m.lines[start:end]),
		methods: []string{m.text()},
	}
}

// twin is the method under a longer name.
func (m *method) twin() string {
	name := m.name()
	other := name + pick(m.source, "Old", "New", "Again", "Plain", "Fast", "Of", "2")
	return rewrite(m.text(), map[string]string{name: other})
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
