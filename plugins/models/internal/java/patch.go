package java

import (
	"strings"

	"harness/core/sdk/model"
)

// ReplaceHunk puts an output in the hunk's place. Blank space around it does
// not count: its first line gets the indentation of the hunk, and the others
// the one that was taken off the method.
func (m *Method) ReplaceHunk(output string) *model.Patch {
	text := strings.TrimSpace(output)
	if text != "" {
		text = m.hunkIndent + m.indented(text, 1) + "\n"
	}
	return edit(m.hunk, text)
}

// ReplaceMethod takes an output that goes on where the lines before the bug
// end. The text up to the brace that closes the method replaces all of it.
func (m *Method) ReplaceMethod(output string) *model.Patch {
	whole := Text(Clean(Text(m.Before) + output))
	end, ok := BodyEnd(whole)
	if !ok {
		return &model.Patch{None: "the output does not close the brace of the method"}
	}
	return edit(m.function, m.indented(whole[:end], 0)+"\n")
}

// indented puts the method's indentation back, from a line on. Lines of a
// text block keep their own.
func (m *Method) indented(text string, from int) string {
	classes := classify(text)
	var b strings.Builder
	number, start := 0, 0
	for start <= len(text) {
		end := start + lineEnd(text[start:])
		inBlock := start > 0 && classes[start-1] == literal
		if number >= from && !inBlock && start < end {
			b.WriteString(m.indent)
		}
		b.WriteString(text[start:end])
		if end < len(text) {
			b.WriteByte('\n')
		}
		number, start = number+1, end+1
	}
	return b.String()
}

func edit(span *model.Span, text string) *model.Patch {
	return &model.Patch{Edits: []*model.Edit{{Start: span.GetStart(), End: span.GetEnd(), Text: text}}}
}
