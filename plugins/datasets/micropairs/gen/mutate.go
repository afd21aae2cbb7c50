package gen

import (
	"slices"
	"strings"
)

// Class is the kind of mistake in a pair.
type Class string

// Classes of bugs, the same as in the microbugs benchmark.
const (
	Boundary      Class = "boundary"       // < for <=
	Operator      Class = "operator"       // + for -, && for ||
	WrongVariable Class = "wrong-variable" // another variable of the same type
	MissingCase   Class = "missing-case"   // a condition or a check left out
	OffByOne      Class = "off-by-one"     // 0 for 1, a lost + 1
	Null          Class = "null"           // null not or wrongly checked
	Return        Class = "return"         // the wrong result
)

// shares lists the classes with their weights where a method offers all.
func shares() []weighted[Class] {
	return []weighted[Class]{
		{20, Boundary}, {22, Operator}, {18, OffByOne}, {14, WrongVariable},
		{10, MissingCase}, {8, Null}, {8, Return},
	}
}

// mutation replaces lines [start, end) of a method by wrong ones.
type mutation struct {
	class      Class
	start, end int
	wrong      []string
}

// mutate draws a class among those that the method offers, then one mistake
// of that class. The method offers at least one.
func (m *method) mutate() mutation {
	all := m.mutations()
	of := func(c Class) func(mutation) bool {
		return func(x mutation) bool { return x.class == c }
	}
	offered := slices.DeleteFunc(shares(), func(w weighted[Class]) bool {
		return !slices.ContainsFunc(all, of(w.value))
	})
	class := draw(m.source, offered)
	all = slices.DeleteFunc(all, func(x mutation) bool { return x.class != class })
	return pick(m.source, all...)
}

// mutations lists the ways to break the method by one mistake. The signature
// is never touched.
func (m *method) mutations() []mutation {
	var out []mutation
	for i := 1; i < len(m.lines); i++ {
		w := wrongLine{method: m, at: i, line: m.lines[i], pieces: pieces(m.lines[i])}
		w.mistakes()
		out = append(out, w.out...)
		if guard, ok := m.lostGuard(i); ok {
			out = append(out, guard)
		}
	}
	return out
}

// lostGuard leaves out a check of three lines at line i. The place of the
// mistake is then the line that follows.
func (m *method) lostGuard(i int) (mutation, bool) {
	if i+3 >= len(m.lines)-1 {
		return mutation{}, false
	}
	head, body, shut := m.lines[i], m.lines[i+1], m.lines[i+2]
	if !strings.HasPrefix(head, "    if (") || !strings.HasPrefix(body, "        return") || shut != "    }" {
		return mutation{}, false
	}
	return mutation{lostClass(head), i, i + 4, []string{m.lines[i+3]}}, true
}

func lostClass(condition string) Class {
	if strings.Contains(condition, "null") {
		return Null
	}
	return MissingCase
}

// wrongLine collects the mistakes that change one line.
type wrongLine struct {
	*method
	at     int
	line   string
	pieces []piece
	out    []mutation
}

func (w *wrongLine) mistakes() {
	for i, p := range w.pieces {
		switch p.kind {
		case sign:
			w.wrongSign(i)
		case number:
			w.wrongNumber(i)
		case keyword:
			w.wrongKeyword(p)
		case name:
			w.wrongName(i)
		}
	}
	w.lostSides()
}

// replace records that bytes [start, end) of the line are mistaken.
func (w *wrongLine) replace(class Class, start, end int, by string) {
	w.out = append(w.out, mutation{class, w.at, w.at + 1, []string{w.line[:start] + by + w.line[end:]}})
}

// text is the text of a token of the line, empty outside it.
func (w *wrongLine) text(i int) string {
	if i < 0 || i >= len(w.pieces) {
		return ""
	}
	return w.pieces[i].text
}

// returns says whether the line is a return statement.
func (w *wrongLine) returns() bool { return w.text(0) == "return" }

func boundary(op string) string {
	return map[string]string{"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[op]
}

func otherOperator(op string) string {
	return map[string]string{
		"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "==",
		"&&": "||", "||": "&&", "+": "-", "-": "+", "*": "+", "/": "*", "%": "/",
		"+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "++": "--", "--": "++",
	}[op]
}

func (w *wrongLine) wrongSign(i int) {
	if i == 0 || i+1 == len(w.pieces) {
		return
	}
	p, before, after := w.pieces[i], w.pieces[i-1], w.pieces[i+1]
	by := otherOperator(p.text)
	if by == "" {
		return
	}
	if after.text == "null" {
		w.replace(Null, p.start, p.end, by)
		return
	}
	if near := boundary(p.text); near != "" {
		w.replace(Boundary, p.start, p.end, near)
	}
	unary := p.text == "-" && before.kind != name && before.kind != number && before.text != ")" && before.text != "]"
	if unary || w.kind(before.text) == "String" {
		return
	}
	w.replace(Operator, p.start, p.end, by)
}

func (w *wrongLine) wrongNumber(i int) {
	p, before := w.pieces[i], w.text(i-1)
	if before == "+" || before == "-" {
		if i >= 2 && p.text == "1" && (w.pieces[i-2].kind == name || w.text(i-2) == ")") {
			w.replace(OffByOne, w.pieces[i-2].end, p.end, "")
		}
		return
	}
	if before == "%" || before == "*" || before == "/" {
		return
	}
	class := OffByOne
	if w.returns() {
		class = Return
	}
	switch p.text {
	case "0":
		w.replace(class, p.start, p.end, "1")
	case "1":
		w.replace(class, p.start, p.end, "0")
	}
}

func (w *wrongLine) wrongKeyword(p piece) {
	switch p.text {
	case "true":
		w.replace(Return, p.start, p.end, "false")
	case "false":
		w.replace(Return, p.start, p.end, "true")
	}
}

func (w *wrongLine) wrongName(i int) {
	p, before, after := w.pieces[i], w.text(i-1), w.text(i+1)
	if (p.text == "length" || p.text == "size") && before == "." {
		w.wrongLength(i)
		return
	}
	kind := w.kind(p.text)
	if kind == "" || before == "." || after == "(" || w.declares(i) {
		return
	}
	result := w.returns() && len(w.pieces) == 3
	class := WrongVariable
	if result {
		class = Return
	}
	for _, other := range w.alike(p.text) {
		if w.visible(other, w.at) {
			w.replace(class, p.start, p.end, other)
		}
	}
	if before == "[" && after == "]" && kind == "int" {
		w.replace(OffByOne, p.end, p.end, " + 1")
		w.replace(OffByOne, p.end, p.end, " - 1")
	}
	if result && (kind == "int" || kind == "long" || kind == "double") {
		w.replace(Return, p.start, p.end, "0")
	}
}

// wrongLength puts the end of a loop one off.
func (w *wrongLine) wrongLength(i int) {
	end := w.pieces[i].end
	if w.text(i+1) == "(" {
		i += 2
		end = w.pieces[i].end
	}
	if w.text(0) != "for" || w.text(i+1) == "-" || w.text(i+1) == "+" {
		return
	}
	w.replace(OffByOne, end, end, " - 1")
	w.replace(OffByOne, end, end, " + 1")
}

// declares says whether the token is the new name of a declaration.
func (w *wrongLine) declares(i int) bool {
	if i == 0 {
		return false
	}
	switch before := w.pieces[i-1]; before.kind {
	case keyword:
		return before.text != "return" && before.text != "new"
	case name:
		return true
	default:
		return before.text == "]" && w.text(i-2) == "["
	}
}

// lostSides leaves out one side of the only && or || of the line.
func (w *wrongLine) lostSides() {
	for _, op := range []string{" || ", " && "} {
		left, right, ok := strings.Cut(w.line, op)
		if !ok || strings.Contains(right, "||") || strings.Contains(right, "&&") {
			continue
		}
		// The condition begins and ends where its statement says.
		var start, end int
		switch w.text(0) {
		case "if":
			start, end = strings.Index(left, "(")+1, strings.LastIndex(right, ")")
		case "return":
			start, end = strings.Index(left, "return ")+len("return "), strings.LastIndex(right, ";")
		case "for":
			start, end = strings.Index(left, "; ")+2, strings.Index(right, ";")
		default:
			continue
		}
		first, second := left[start:], right[:end]
		for _, side := range [][2]string{{first, second}, {second, first}} {
			wrong := left[:start] + side[0] + right[end:]
			w.out = append(w.out, mutation{lostClass(side[1]), w.at, w.at + 1, []string{wrong}})
		}
	}
}
