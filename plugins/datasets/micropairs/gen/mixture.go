package gen

import (
	"fmt"
	"slices"
	"strings"
)

// isOneLoop reports whether a method is a loop with one statement between a
// variable and its return. Textbooks' factorials and powers are such, the
// benchmark's among them, so that a mixture may not be.
func (m *method) isOneLoop() bool {
	return len(m.lines) == 7 && strings.HasPrefix(m.lines[2], "    for (") && m.lines[4] == "    }"
}

// mixture writes a method without a purpose: statements and expressions as
// Java allows them. The other families have few distinct lines, which a model
// soon knows by heart; here it has to read what stands above.
func mixture(m *method) {
	x := mixer{method: m}
	m.aimless = true
	var decls []string
	for range m.between(1, 3) {
		decls = append(decls, x.parameter())
	}
	result := pick(m.source, "int", "int", "int", "long", "boolean", "boolean", "String")
	x.result = result
	m.head(result, x.methodName(), decls...)
	if result == "String" {
		x.builder = m.fresh("StringBuilder", "sb", "b", "out")
		m.add("StringBuilder %s = new StringBuilder();", x.builder)
	}
	for range m.between(1, 2) {
		start := pick(m.source, "0", "0", "0", "1", x.term(), x.term())
		name := m.fresh("int", "r", "sum", "total", "res", "acc", "count", "best", "c", "u", "w", "z")
		m.add("int %s = %s;", name, start)
		x.ints, x.locals = append(x.ints, name), append(x.locals, name)
	}
	for range m.between(1, 2) {
		start := len(m.lines)
		x.statement(m.between(1, 2))
		if m.chance(50) {
			x.copied(start)
		}
	}
	switch result {
	case "boolean":
		m.add("return %s;", pick(m.source, x.condition(), x.condition(), "true", "false"))
	case "String":
		m.add("return %s.toString();", x.builder)
	default:
		m.add("return %s;", pick(m.source, x.locals[0], x.locals[0], x.expression()))
	}
	m.shut()
}

// mixer knows what a mixture can name.
type mixer struct {
	*method
	ints    []string   // readable numbers
	locals  []string   // writable numbers
	arrays  []sequence // arrays and strings
	indexes []string   // loop variables in scope
	texts   []string   // strings
	result  string     // type of the method
	builder string
}

func (x *mixer) methodName() string {
	verb := pick(x.source, "calc", "mix", "score", "step", "check", "load", "test", "pack", "walk", "scan",
		"plan", "rate", "shift", "merge", "probe", "trim", "push", "near", "fit", "hash")
	if x.chance(30) {
		return verb
	}
	return verb + pick(x.source, "All", "Part", "Line", "Cell", "Item", "Node", "Key", "Left", "Right", "Up",
		"Down", "Size", "Pos", "Unit", "Path", "Code", "Mark", "Bit", "Day", "Run")
}

// parameter draws a parameter and returns its declaration.
func (x *mixer) parameter() string {
	switch n := x.intN(10); {
	case n < 5:
		name, decl := x.param("int", "a", "b", "c", "d", "k", "m", "n", "x", "y", "z", "p", "q", "t", "lo", "hi")
		x.ints = append(x.ints, name)
		return decl
	case n < 8:
		q := x.array("int")
		x.arrays = append(x.arrays, q)
		return q.decl
	}
	if x.chance(30) {
		q := x.list()
		x.arrays = append(x.arrays, q)
		return q.decl
	}
	q := x.characters()
	x.arrays, x.texts = append(x.arrays, q), append(x.texts, q.name)
	return q.decl
}

// term is a number without an operator.
func (x *mixer) term() string {
	switch n := x.intN(10); {
	case n < 5 && len(x.ints) > 0:
		return pick(x.source, x.ints...)
	case n < 7 && len(x.arrays) > 0 && len(x.indexes) > 0:
		return x.element()
	case n < 8 && len(x.arrays) > 0:
		return pick(x.source, x.arrays...).length
	}
	if x.chance(20) {
		return fmt.Sprint(x.between(2, 999))
	}
	return fmt.Sprint(pick(x.source, 0, 1, 1, 2, 2, 3, 4, 5, 7, 8, 9, 10, 12, 16, 20, 60, 64, 100))
}

// element reads an array or a string at a loop variable.
func (x *mixer) element() string {
	q, i := pick(x.source, x.arrays...), pick(x.source, x.indexes...)
	if x.chance(20) {
		i += pick(x.source, " - 1", " + 1")
	}
	if q.kind == "char" {
		return q.at(i) + pick(x.source, " - '0'", " - 'a'", "")
	}
	return q.at(i)
}

// expression is a number with up to two operators.
func (x *mixer) expression() string {
	op := func() string { return pick(x.source, "+", "+", "-", "-", "*", "*", "/", "%") }
	switch x.intN(8) {
	case 0, 1:
		return x.term()
	case 2, 3, 4:
		return x.term() + " " + op() + " " + x.term()
	case 5:
		return x.term() + " " + op() + " " + x.term() + " " + op() + " " + x.term()
	case 6:
		return "(" + x.term() + " " + pick(x.source, "+", "-") + " " + x.term() + ") " + pick(x.source, "*", "/", "%") + " " + x.term()
	}
	return fmt.Sprintf("Math.%s(%s, %s)", pick(x.source, "min", "max"), x.term(), x.term())
}

// condition compares numbers.
func (x *mixer) condition() string {
	one := func() string {
		left := x.term()
		if x.chance(30) {
			left += pick(x.source, " % ", " - ", " + ") + x.term()
		}
		return left + " " + pick(x.source, "<", "<=", ">", ">=", "==", "==", "!=") + " " + x.term()
	}
	if len(x.arrays) > 0 && x.chance(15) {
		q := pick(x.source, x.arrays...)
		null := q.name + pick(x.source, " == ", " != ") + "null"
		if x.chance(50) {
			return null
		}
		return null + pick(x.source, " || ", " && ") + q.length + pick(x.source, " == ", " > ", " != ") + "0"
	}
	if len(x.texts) > 0 && x.chance(15) {
		return pick(x.source, "", "!") + pick(x.source, x.texts...) +
			pick(x.source, ".isEmpty()", fmt.Sprintf(".equals(%q)", x.invented()), fmt.Sprintf(".startsWith(%q)", x.invented()))
	}
	if x.chance(25) {
		return one() + pick(x.source, " && ", " || ") + one()
	}
	return one()
}

// literal is a result that says nothing.
func (x *mixer) literal() string {
	switch x.result {
	case "boolean":
		return pick(x.source, "true", "false")
	case "String":
		return pick(x.source, `""`, fmt.Sprintf("%q", x.invented()))
	}
	return pick(x.source, "0", "1", "-1", x.term(), x.expression())
}

// statement writes one statement, with at most the given levels below it.
func (x *mixer) statement(levels int) {
	kind := x.intN(10)
	if levels == 0 {
		kind = 0
	}
	switch {
	case kind < 2:
		x.assignment()
	case kind < 3:
		x.block("if ("+x.condition()+")", "return "+x.literal()+";")
	case kind < 5:
		x.open("if (%s)", x.condition())
		x.statement(levels - 1)
		if x.chance(30) {
			x.depth--
			x.open("} else")
			x.statement(levels - 1)
		}
		x.shut()
	case kind < 9:
		x.counted(levels)
	default:
		v := pick(x.source, x.locals...)
		x.open("while (%s %s %s)", v, pick(x.source, ">", "<", "!="), x.term())
		if levels > 1 {
			x.statement(levels - 1)
		}
		x.add("%s %s %s;", v, pick(x.source, "+=", "-=", "/=", "*="), pick(x.source, "2", "10", x.term()))
		x.shut()
	}
}

// counted writes a for loop with the usual bounds.
func (x *mixer) counted(levels int) {
	i := x.fresh("int", "i", "j", "k", "p")
	end := fmt.Sprint(x.between(2, 20))
	if len(x.arrays) > 0 {
		end = pick(x.source, x.arrays...).length
	} else if len(x.ints) > 0 {
		end = pick(x.source, x.ints...)
	}
	switch n := x.intN(10); {
	case n < 6:
		x.through(i, end)
	case n < 7:
		x.open("for (int %s = 1; %s < %s; %s++)", i, i, end, i)
	case n < 8 && !strings.Contains(end, "length"):
		x.open("for (int %s = 1; %s <= %s; %s++)", i, i, end, i)
	case n < 9:
		x.open("for (int %s = 0; %s < %s - 1; %s++)", i, i, end, i)
	default:
		x.open("for (int %s = %s - 1; %s >= 0; %s--)", i, end, i, i)
	}
	ints, indexes := x.ints, x.indexes
	x.ints, x.indexes = append(ints[:len(ints):len(ints)], i), append(indexes[:len(indexes):len(indexes)], i)
	for range x.between(1, 2) {
		x.statement(levels - 1)
	}
	x.ints, x.indexes = ints, indexes
	x.shut()
}

// copied writes the statement that begins at a line once more, with something else
// in one of its lines, as code does that was copied for another case.
func (x *mixer) copied(start int) {
	statement := slices.Clone(x.lines[start:])
	if len(statement) > 4 {
		return
	}
	x.lines = append(x.lines, statement...)
	var others []mutation
	for i := start + len(statement); i < len(x.lines); i++ {
		w := wrongLine{method: x.method, at: i, line: x.lines[i], pieces: pieces(x.lines[i])}
		w.mistakes()
		others = append(others, w.out...)
	}
	if len(others) == 0 {
		x.lines = x.lines[:start+len(statement)]
		return
	}
	other := pick(x.source, others...)
	copy(x.lines[other.start:], other.wrong)
}

func (x *mixer) assignment() {
	if x.builder != "" && x.chance(60) {
		x.add("%s.append(%s);", x.builder, x.term())
		return
	}
	v := pick(x.source, x.locals...)
	switch n := x.intN(10); {
	case n < 2:
		x.add("%s%s;", v, pick(x.source, "++", "++", "--"))
	case n < 5:
		x.add("%s %s %s;", v, pick(x.source, "+=", "+=", "-=", "*="), x.expression())
	case n < 6:
		x.add("%s = Math.%s(%s, %s);", v, pick(x.source, "min", "max"), v, x.expression())
	default:
		x.add("%s = %s;", v, x.expression())
	}
}
