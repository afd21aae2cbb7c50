package javasource

import (
	"cmp"
	"slices"
	"strings"
)

// Method is a method or constructor with its body: bytes Start … End-1 of a text.
type Method struct {
	Name       string
	Start, End int
}

// Declared returns the methods and constructors with bodies, in the order of their first
// bytes. The text may be more than a program: unlike those of Methods, they begin with
// their own annotations, modifiers, type parameters or type, whatever stands in front.
func Declared(text string) []Method {
	code := blankArguments(Skeleton(text))
	var found []Method
	for _, b := range bodies(code) {
		name, at := methodName(code[b.header:b.open])
		found = append(found, Method{name, beginning(code, b.header, b.header+at), b.close + 1})
	}
	slices.SortStableFunc(found, func(a, b Method) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	return found
}

var modifiers = []string{
	"public", "protected", "private", "static", "final", "abstract", "default", "synchronized", "native", "strictfp",
}

// beginning is the offset, from low on, where the declaration begins whose name is at an
// offset.
func beginning(code string, low, name int) int {
	r := &backward{code[low:name]}
	r.returned()
	for r.typeArguments() || r.modifier() {
	}
	return low + len(r.text) + blanks(code[low+len(r.text):])
}

func blanks(text string) int { return len(text) - len(strings.TrimLeft(text, space)) }

const space = " \t\r\n\f"

// backward reads a text from its end.
type backward struct{ text string }

// mark reads one character.
func (r *backward) mark(c string) bool {
	rest, found := strings.CutSuffix(strings.TrimRight(r.text, space), c)
	if found {
		r.text = rest
	}
	return found
}

// word reads a name or a keyword; empty if there is none.
func (r *backward) word() string {
	text := strings.TrimRight(r.text, space)
	from := len(text)
	for from > 0 && isNameByte(text[from-1]) {
		from--
	}
	if from < len(text) {
		r.text = text[:from]
	}
	return text[from:]
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// returned reads the type that a method returns. A constructor has none.
func (r *backward) returned() {
	before := r.text
	for r.mark("]") && r.mark("[") {
	}
	for {
		r.typeArguments()
		if word := r.word(); word == "" || slices.Contains(modifiers, word) {
			r.text = before
			return
		}
		if !r.mark(".") {
			return
		}
	}
}

// typeArguments reads a pair of angle brackets.
func (r *backward) typeArguments() bool {
	text := strings.TrimRight(r.text, space)
	if !strings.HasSuffix(text, ">") {
		return false
	}
	depth := 0
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case '>':
			depth++
		case '<':
			depth--
		}
		if depth == 0 {
			r.text = text[:i]
			return true
		}
	}
	return false
}

// modifier reads a keyword or an annotation, whose arguments are blank.
func (r *backward) modifier() bool {
	before := r.text
	word := r.word()
	if slices.Contains(modifiers, word) {
		return true
	}
	for word != "" && r.mark(".") {
		word = r.word()
	}
	if word != "" && r.mark("@") {
		return true
	}
	r.text = before
	return false
}
