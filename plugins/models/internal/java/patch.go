package java

import (
	"strings"

	"harness/core/sdk/model"
)

// ReplaceHunk replaces the hunk by an output. It trims the output, indents its
// first line like the hunk, and gives the other lines the indentation that was
// removed from the method.
func (m *Method) ReplaceHunk(output string) *model.Patch {
	text := strings.TrimSpace(output)
	if text != "" {
		text = m.hunkIndent + m.indented(text, 1) + "\n"
	}
	return edit(m.hunk, text)
}

// ReplaceMethod takes an output that continues the lines before the bug. The
// text up to the brace that closes the method replaces the whole method.
func (m *Method) ReplaceMethod(output string) *model.Patch {
	whole := Text(Clean(Text(m.Before) + output))
	end, ok := BodyEnd(whole)
	if !ok {
		return &model.Patch{None: "the output does not close the brace of the method"}
	}
	return edit(m.function, m.indented(whole[:end], 0)+"\n")
}

// indented restores the method's indentation from a line on. Lines of a text
// block keep their own.
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
