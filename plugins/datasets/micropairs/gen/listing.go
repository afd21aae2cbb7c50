package gen

import (
	"fmt"
	"strings"
)

// listing writes a method that says much by itself: names, numbers and words in a
// row that nothing foretells. Whoever sees them twice can only read them back.
func listing(m *method) {
	switch m.intN(4) {
	case 0:
		m.gathered()
	case 1:
		m.numbersInARow()
	case 2:
		m.cases()
	default:
		m.steps()
	}
	m.shut()
}

// coined declares a variable with an invented name.
func (m *method) coined(kind string) string {
	for {
		word := m.invented()
		if !m.taken[word] && !keywords[word] {
			return m.fresh(kind, word)
		}
	}
}

// gathered returns its parameters in their order.
func (m *method) gathered() {
	kind := pick(m.source, "int", "int", "long", "double", "String", "char")
	var decls, names []string
	for range m.between(3, 7) {
		name := m.coined(kind)
		names, decls = append(names, name), append(decls, kind+" "+name)
	}
	if (kind == "int" || kind == "long" || kind == "double") && m.chance(50) {
		m.head(kind, m.coined(""), decls...)
		sum := names[0]
		for _, name := range names[1:] {
			sum += " " + pick(m.source, "+", "-", "*") + " " + name
		}
		m.add("return %s;", sum)
		return
	}
	m.head(kind+"[]", m.coined(""), decls...)
	m.add("return new %s[] {%s};", kind, strings.Join(names, ", "))
}

// numbersInARow returns a table.
func (m *method) numbersInARow() {
	kind := pick(m.source, "int", "long")
	m.head(kind+"[]", m.coined(""))
	var all []string
	for range m.between(4, 9) {
		all = append(all, fmt.Sprint(m.between(0, pick(m.source, 9, 99, 999))))
	}
	m.add("return new %s[] {%s};", kind, strings.Join(all, ", "))
}

// cases answers words with numbers or words.
func (m *method) cases() {
	s := m.coined("String")
	answer := pick(m.source, "int", "String")
	m.head(answer, m.coined(""), "String "+s)
	for range m.between(2, 3) {
		reply := fmt.Sprint(m.between(0, 999))
		if answer == "String" {
			reply = `"` + m.invented() + `"`
		}
		m.block(fmt.Sprintf("if (%s.equals(%q))", s, m.invented()), "return "+reply+";")
	}
	m.add("return %s;", map[string]string{"int": "0", "String": s}[answer])
}

// steps computes one value after the other.
func (m *method) steps() {
	first, second := m.coined("int"), m.coined("int")
	m.head("int", m.coined(""), "int "+first, "int "+second)
	names := []string{first, second}
	for range m.between(2, 4) {
		left, right := pick(m.source, names...), pick(m.source, names...)
		if m.chance(40) {
			right = fmt.Sprint(m.between(2, 999))
		}
		name := m.coined("int")
		m.add("int %s = %s %s %s;", name, left, pick(m.source, "+", "-", "*"), right)
		names = append(names, name)
	}
	m.add("return %s;", names[len(names)-1])
}
