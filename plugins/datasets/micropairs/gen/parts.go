package gen

import (
	"fmt"
	"strings"
)

// sequence is a parameter with elements: an array, a string or a list.
type sequence struct {
	name, decl string
	length     string
	kind       string // of an element
	get        string // format of element access
}

func (q sequence) at(index string) string { return fmt.Sprintf(q.get, index) }

func (m *method) array(kind string) sequence {
	name, decl := m.param(kind+"[]", arrayNames...)
	return sequence{name, decl, name + ".length", kind, name + "[%s]"}
}

func (m *method) characters() sequence {
	name, decl := m.param("String", stringNames...)
	return sequence{name, decl, name + ".length()", "char", name + ".charAt(%s)"}
}

func (m *method) list() sequence {
	name, decl := m.param("List<Integer>", "list", "items", "a", "xs")
	return sequence{name, decl, name + ".size()", "int", name + ".get(%s)"}
}

// numbers draws a sequence of numbers, mostly int[].
func (m *method) numbers() sequence {
	switch n := m.intN(10); {
	case n < 7:
		return m.array("int")
	case n < 9:
		return m.array("long")
	}
	return m.list()
}

// elements draws a sequence of numbers or characters.
func (m *method) elements() sequence {
	if m.chance(50) {
		return m.characters()
	}
	return m.numbers()
}

// test is a condition on an element.
type test struct {
	format string // "@" stands for the element
	adverb string // for the method's name
	decls  []string
}

func (t test) of(element string) string {
	return strings.ReplaceAll(t.format, "@", element)
}

// test draws a condition on elements of the kind, and its parameters.
func (m *method) test(kind string) test {
	if kind == "char" {
		return m.charTest()
	}
	type form struct{ op, adverb string }
	switch m.intN(8) {
	case 0:
		f := pick(m.source, form{">", "Positive"}, form{"<", "Negative"}, form{"==", "Zero"}, form{"!=", "NonZero"})
		return test{"@ " + f.op + " 0", f.adverb, nil}
	case 1:
		f := pick(m.source, form{"== 0", "Even"}, form{"!= 0", "Odd"})
		return test{"@ % 2 " + f.op, f.adverb, nil}
	case 2:
		k, decl := m.param(kind, limitNames...)
		f := pick(m.source, form{"==", "Multiple"}, form{"!=", "NonMultiple"})
		return test{"@ % " + k + " " + f.op + " 0", f.adverb, []string{decl}}
	case 3:
		lo, first := m.param(kind, "lo", "low", "from", "min")
		hi, second := m.param(kind, "hi", "high", "to", "max")
		f := pick(m.source,
			form{"@ >= %s && @ <= %s", "Within"}, form{"@ > %s && @ < %s", "Between"},
			form{"@ < %s || @ > %s", "Outside"})
		return test{fmt.Sprintf(f.op, lo, hi), f.adverb, []string{first, second}}
	}
	k, decl := m.param(kind, limitNames...)
	f := pick(m.source, form{">", "Above"}, form{"<", "Below"}, form{">=", "AtLeast"},
		form{"<=", "AtMost"}, form{"==", "Equal"}, form{"!=", "Other"})
	return test{"@ " + f.op + " " + k, f.adverb, []string{decl}}
}

func (m *method) charTest() test {
	switch m.intN(7) {
	case 0, 1:
		c, decl := m.param("char", charNames...)
		if m.chance(30) {
			return test{"@ != " + c, "Other", []string{decl}}
		}
		return test{"@ == " + c, "Equal", []string{decl}}
	case 2:
		return pick(m.source, test{"@ == ' '", "Space", nil}, test{"@ == ','", "Comma", nil},
			test{"@ == '.'", "Dot", nil}, test{"@ == '-'", "Dash", nil}, test{"@ == '_'", "Under", nil},
			test{"@ == '0'", "Zero", nil}, test{"@ == 'a'", "A", nil}, test{"@ == 'x'", "X", nil})
	case 3:
		return test{"@ >= '0' && @ <= '9'", "Digit", nil}
	case 4:
		return test{"@ >= 'A' && @ <= 'Z'", "Upper", nil}
	case 5:
		c, first := m.param("char", charNames...)
		d, second := m.param("char", charNames...)
		return test{"@ == " + c + " || @ == " + d, "Either", []string{first, second}}
	}
	return pick(m.source,
		test{"Character.isDigit(@)", "Digit", nil}, test{"Character.isLetter(@)", "Letter", nil},
		test{"@ < 'a' || @ > 'z'", "NonLower", nil})
}

// loop opens a loop over the whole sequence and returns how to name the
// element in it.
func (m *method) loop(q sequence) string {
	if q.kind != "char" && m.chance(30) {
		x := m.fresh(q.kind, elemNames...)
		m.open("for (%s %s : %s)", q.kind, x, q.name)
		return x
	}
	i := m.fresh("int", indexNames...)
	if m.chance(12) {
		m.open("for (int %s = %s - 1; %s >= 0; %s--)", i, q.length, i, i)
	} else {
		m.through(i, q.length)
	}
	if m.chance(15) {
		pool := elemNames
		if q.kind == "char" {
			pool = charNames
		}
		x := m.fresh(q.kind, pool...)
		m.add("%s %s = %s;", q.kind, x, q.at(i))
		return x
	}
	return q.at(i)
}

// through opens a loop of i from 0 to below the end.
func (m *method) through(i, end string) {
	m.open("for (int %s = 0; %s < %s; %s++)", i, i, end, i)
}

// guard sometimes writes a check of the sequence for null or no elements.
func (m *method) guard(q sequence, otherwise string) {
	empty := q.length + " == 0"
	if strings.HasSuffix(q.get, "(%s)") && m.chance(50) {
		empty = q.name + ".isEmpty()"
	}
	result := strings.TrimSuffix("return "+otherwise, " ") + ";"
	switch m.intN(10) {
	case 0, 1:
		m.block("if ("+q.name+" == null)", result)
	case 2:
		m.block("if ("+q.name+" == null || "+empty+")", result)
	case 3:
		m.block("if ("+empty+")", result)
	}
}
