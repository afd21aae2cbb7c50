package java

import (
	"errors"
	"fmt"
	"strings"

	"harness/core/sdk/model"
)

// Line is a line of a file without its comments.
type Line struct {
	Number int    // in the file, from 1
	Code   string // without its line end
	// Literal is set if the line begins inside a text block, where blanks are
	// content.
	Literal bool
}

// Clean returns the lines of a text that contain code, numbered from 1, without
// comments.
func Clean(text string) []Line {
	classes := classify(text)
	var lines []Line
	number, start := 1, 0
	for start < len(text) {
		end := start + lineEnd(text[start:])
		line := Line{Number: number, Code: withoutComments(text[start:end], classes[start:end])}
		// The line begins inside a literal if the line end before it is in one.
		line.Literal = start > 0 && classes[start-1] == literal
		if line.Literal || strings.TrimSpace(line.Code) != "" {
			lines = append(lines, line)
		}
		number, start = number+1, end+1
	}
	return lines
}

// withoutComments removes comments. A comment between two words becomes a blank.
func withoutComments(line string, classes []class) string {
	var b strings.Builder
	removed := false
	for i := range len(line) {
		if classes[i] == comment {
			removed = true
			continue
		}
		if removed && i > 0 && classes[i-1] == comment && b.Len() > 0 && !endsInBlank(b.String()) && line[i] != ' ' && line[i] != '\t' {
			b.WriteByte(' ')
		}
		b.WriteByte(line[i])
	}
	s := strings.TrimSuffix(b.String(), "\r")
	if removed {
		s = strings.TrimRight(s, " \t")
		if classes[0] == comment {
			// Removing the comment removed the indentation too.
			s = indentOf(line) + strings.TrimLeft(s, " \t")
		}
	}
	return s
}

func endsInBlank(s string) bool {
	return s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t')
}

// Method is the method around a bug as prompts show it: without comments, blank
// lines and the indentation that all lines share.
type Method struct {
	Before, Buggy, After []Line
	indent               string // removed from every line
	hunk                 *model.Span
	function             *model.Span
	hunkIndent           string // of the hunk's first line in the file
}

// Find splits the method around a bug. The error says, in words for a report,
// why the bug cannot be shown as one method with one hole.
func Find(bug *model.Bug) (*Method, error) {
	if language := bug.GetLanguage(); language != "java" {
		return nil, fmt.Errorf("the bug's language is %q; only java is known", language)
	}
	switch len(bug.GetHunks()) {
	case 0:
		return nil, errors.New("the bug has no hunk")
	case 1:
	default:
		return nil, fmt.Errorf("the bug has %d hunks; one is possible", len(bug.GetHunks()))
	}
	m := &Method{hunk: bug.GetHunks()[0], function: bug.GetFunction()}
	raw := strings.Split(bug.GetText(), "\n")
	f, h := m.function, m.hunk
	switch {
	case f == nil || f.GetStart() < 1 || f.GetEnd() <= f.GetStart() || int(f.GetEnd()) > len(raw)+1:
		return nil, errors.New("no method is known around the bug")
	case h.GetStart() < f.GetStart() || h.GetEnd() < h.GetStart() || h.GetEnd() > f.GetEnd():
		return nil, fmt.Errorf("the hunk, lines %d to %d, is not within its method, lines %d to %d", h.GetStart(), h.GetEnd()-1, f.GetStart(), f.GetEnd()-1)
	}
	m.split(Clean(bug.GetText()))
	if len(m.Before) == 0 && len(m.After) == 0 {
		return nil, errors.New("the method has no line outside the hunk")
	}
	m.hunkIndent = m.indentAt(raw)
	return m, nil
}

// split sorts the method's lines into the parts and removes the shared
// indentation.
func (m *Method) split(lines []Line) {
	var own []Line
	for _, l := range lines {
		if l.Number >= int(m.function.GetStart()) && l.Number < int(m.function.GetEnd()) {
			own = append(own, l)
		}
	}
	m.indent = sharedIndent(own)
	for _, l := range own {
		l.Code = m.outdent(l)
		switch {
		case l.Number < int(m.hunk.GetStart()):
			m.Before = append(m.Before, l)
		case l.Number < int(m.hunk.GetEnd()):
			m.Buggy = append(m.Buggy, l)
		default:
			m.After = append(m.After, l)
		}
	}
}

func (m *Method) outdent(l Line) string {
	if l.Literal {
		return l.Code
	}
	return strings.TrimPrefix(l.Code, m.indent)
}

func sharedIndent(lines []Line) string {
	shared, first := "", true
	for _, l := range lines {
		if l.Literal {
			continue
		}
		own := indentOf(l.Code)
		if first {
			shared, first = own, false
		}
		n := 0
		for n < len(shared) && n < len(own) && shared[n] == own[n] {
			n++
		}
		shared = shared[:n]
	}
	return shared
}

func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// indentAt is the indentation of a replacement's first line: that of the hunk's
// first line with text or, for an insertion, that of the line after it.
func (m *Method) indentAt(raw []string) string {
	for i := int(m.hunk.GetStart()) - 1; i < len(raw) && i < int(m.function.GetEnd())-1; i++ {
		if strings.TrimSpace(raw[i]) != "" {
			return indentOf(raw[i])
		}
	}
	return m.indent
}

// Text joins lines, each with a line end.
func Text(parts ...[]Line) string {
	var b strings.Builder
	for _, lines := range parts {
		for _, l := range lines {
			b.WriteString(l.Code)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
