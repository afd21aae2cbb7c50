package gen

import (
	"fmt"
	"strings"
)

// digits walks over the decimal digits of a number.
func digits(m *method) {
	kind := pick(m.source, "int", "int", "long")
	n, first := m.param(kind, "n", "x", "num", "v")
	r := m.fresh("int", countNames...)
	switch m.intN(3) {
	case 0:
		k, second := m.param("int", "k", "d", "digit")
		m.head("int", pick(m.source, "countDigit", "digitCount", "howOften"), first, second)
		m.add("int %s = 0;", r)
		m.open("while (%s > 0)", n)
		m.block(fmt.Sprintf("if (%s %% 10 == %s)", n, k), r+"++;")
		m.add("%s /= 10;", n)
	case 1:
		d := m.fresh(kind, "d", "e", "last")
		type form struct{ op, word string }
		f := pick(m.source, form{"== 0", "Even"}, form{"!= 0", "Odd"})
		m.head("int", "count"+f.word+"Digits", first)
		m.add("int %s = 0;", r)
		m.open("while (%s > 0)", n)
		m.add("%s %s = %s %% 10;", kind, d, n)
		m.block(fmt.Sprintf("if (%s %% 2 %s)", d, f.op), r+"++;")
		m.add("%s /= 10;", n)
	default:
		k, second := m.param("int", "base", "b", "radix")
		m.head("int", pick(m.source, "places", "width", "numDigits"), first, second)
		m.add("int %s = 1;", r)
		m.open("while (%s >= %s)", n, k)
		m.add("%s++;", r)
		m.add("%s /= %s;", n, k)
	}
	m.finish(r)
}

// overRange loops over the whole numbers of a range, both ends included.
func overRange(m *method) {
	lo, first := m.param("int", "lo", "low", "from", "a", "min")
	hi, second := m.param("int", "hi", "high", "to", "b", "max")
	i := m.fresh("int", indexNames...)
	decls := []string{first, second}
	kind, initial := pick(m.source, "int", "long"), "0"
	pool, form := totalNames, m.intN(4)
	var name, factor string
	switch form {
	case 0, 1:
		kind = "int"
		var third string
		factor, third = m.param("int", "k", "d", "m", "n")
		decls = append(decls, third)
		name = pick(m.source, "sumMultiples", "addMultiples")
		if form == 0 {
			name, pool = pick(m.source, "countMultiples", "multiples"), countNames
		}
	case 2:
		name = pick(m.source, "sumRange", "sumBetween", "addUp")
	default:
		name, initial = pick(m.source, "productRange", "multiplyRange"), "1"
	}
	r := m.fresh(kind, pool...)
	m.head(kind, name, decls...)
	if m.chance(25) {
		m.block("if ("+lo+" > "+hi+")", "return 0;")
	}
	m.add("%s %s = %s;", kind, r, initial)
	m.open("for (int %s = %s; %s <= %s; %s++)", i, lo, i, hi, i)
	switch form {
	case 0:
		m.block("if ("+i+" % "+factor+" == 0)", r+"++;")
	case 1:
		m.block("if ("+i+" % "+factor+" == 0)", r+" += "+i+";")
	case 2:
		m.add("%s += %s;", r, pick(m.source, i, i+" * "+i, "2 * "+i))
	default:
		m.add("%s *= %s;", r, i)
	}
	m.finish(r)
}

// lookup reads an element if there is one.
func lookup(m *method) {
	q := m.elements()
	i, decl := m.param("int", "i", "k", "p", "at", "idx")
	missing := "0"
	decls := []string{q.decl, decl}
	if q.kind == "char" {
		missing = "' '"
	}
	if m.chance(60) {
		d, third := m.param(q.kind, "d", "other", "def", "x")
		missing = d
		decls = append(decls, third)
	}
	verb := pick(m.source, "get", "at", "read", "elementAt")
	switch m.intN(3) {
	case 0:
		m.head(q.kind, verb+"Or", decls...)
		m.block("if ("+i+" < 0 || "+i+" >= "+q.length+")", "return "+missing+";")
		m.add("return %s;", q.at(i))
	case 1:
		m.head(q.kind, verb, decls...)
		m.block("if ("+i+" >= 0 && "+i+" < "+q.length+")", "return "+q.at(i)+";")
		m.add("return %s;", missing)
	default:
		m.head(q.kind, verb+"FromEnd", decls...)
		m.block("if ("+i+" < 0 || "+i+" >= "+q.length+")", "return "+missing+";")
		m.add("return %s;", q.at(q.length+" - 1 - "+i))
	}
	m.shut()
}

// bands maps a number to a level by thresholds.
func bands(m *method) {
	x, decl := m.param(pick(m.source, "int", "int", "double"), "x", "n", "v", "score", "temp", "age")
	step := pick(m.source, 5, 10, 20, 25, 50, 100)
	start := m.intN(4) * step
	count := m.between(2, 3)
	upward := m.chance(50)
	m.head("int", pick(m.source, "level", "band", "rank", "tier", "stage"), decl)
	op := pick(m.source, "<", "<=")
	if !upward {
		op = pick(m.source, ">", ">=")
	}
	for i := range count {
		threshold, result := start+(i+1)*step, i
		if !upward {
			threshold, result = start+(count-i)*step, count-i
		}
		m.block(fmt.Sprintf("if (%s %s %d)", x, op, threshold), fmt.Sprintf("return %d;", result))
	}
	if upward {
		m.add("return %d;", count)
	} else {
		m.add("return 0;")
	}
	m.shut()
}

// halving makes a number smaller until it is done.
func halving(m *method) {
	n, decl := m.param(pick(m.source, "int", "long"), "n", "x", "v", "size")
	r := m.fresh("int", countNames...)
	switch m.intN(3) {
	case 0:
		m.head("int", pick(m.source, "halvings", "log", "rounds"), decl)
		m.add("int %s = 0;", r)
		m.open("while (%s > 1)", n)
		m.add("%s = %s / %s;", n, n, pick(m.source, "2", "3", "10"))
	case 1:
		k, second := m.param("int", "k", "d", "m")
		m.head("int", pick(m.source, "timesDivisible", "factorCount"), decl, second)
		m.add("int %s = 0;", r)
		m.open("while (%s %% %s == 0)", n, k)
		m.add("%s /= %s;", n, k)
	default:
		k, second := m.param("int", "k", "step", "d")
		m.head("int", pick(m.source, "steps", "stepsDown"), decl, second)
		m.add("int %s = 0;", r)
		m.open("while (%s > 0)", n)
		m.add("%s -= %s;", n, k)
	}
	m.add("%s++;", r)
	m.finish(r)
}

// recursion calls itself on a smaller argument.
func recursion(m *method) {
	switch m.intN(3) {
	case 0:
		n, decl := m.param(pick(m.source, "int", "long"), "n", "k", "m", "x")
		name, term := pick(m.source, "sumTo", "triangle", "addDown"), n
		if m.chance(40) {
			name, term = "squaresTo", n+" * "+n
		}
		m.head(strings.Fields(decl)[0], name, decl)
		m.block("if ("+n+" <= 0)", "return 0;")
		m.add("return %s + %s(%s - 1);", term, name, n)
	case 1:
		q := m.array("int")
		i, decl := m.param("int", "i", "k", "p", "from")
		name := pick(m.source, "sumFrom", "tailSum", "restSum")
		m.head("int", name, q.decl, decl)
		m.block("if ("+i+" >= "+q.length+")", "return 0;")
		m.add("return %s + %s(%s, %s + 1);", q.at(i), name, q.name, i)
	default:
		q := m.characters()
		c, first := m.param("char", charNames...)
		i, second := m.param("int", "i", "k", "p", "from")
		name := pick(m.source, "countFrom", "occurs", "countRest")
		m.head("int", name, q.decl, first, second)
		m.block("if ("+i+" == "+q.length+")", "return 0;")
		m.block("if ("+q.at(i)+" == "+c+")", fmt.Sprintf("return 1 + %s(%s, %s, %s + 1);", name, q.name, c, i))
		m.add("return %s(%s, %s, %s + 1);", name, q.name, c, i)
	}
	m.shut()
}

// ends walks from both ends to the middle.
func ends(m *method) {
	q := m.elements()
	i := m.fresh("int", "i", "lo", "p")
	j := m.fresh("int", "j", "hi", "q")
	r := m.fresh("int", countNames...)
	type form struct{ op, word string }
	f := pick(m.source, form{"==", "Mirrored"}, form{"!=", "Mismatches"}, form{"<", "InOrder"})
	m.head("int", "count"+f.word, q.decl)
	m.add("int %s = 0;", i)
	m.add("int %s = %s - 1;", j, q.length)
	m.add("int %s = 0;", r)
	m.open("while (%s < %s)", i, j)
	m.block("if ("+q.at(i)+" "+f.op+" "+q.at(j)+")", r+"++;")
	m.add("%s++;", i)
	m.add("%s--;", j)
	m.finish(r)
}

// formula computes a value without a loop.
func formula(m *method) {
	kind := pick(m.source, "int", "int", "long", "double")
	a, first := m.param(kind, "a", "x", "w", "n", "p")
	b, second := m.param(kind, "b", "y", "h", "m", "q")
	type form struct{ name, text string }
	f := pick(m.source,
		form{"area", "@a * @b"}, form{"border", "2 * (@a + @b)"},
		form{"middle", "(@a + @b) / 2"}, form{"volume", "@a * @b * @c"},
		form{"surface", "2 * (@a * @b + @b * @c + @a * @c)"}, form{"line", "@a * @b + @c"},
		form{"rest", "@a - @b - @c"}, form{"mean", "(@a + @b + @c) / 3"},
		form{"distance", "Math.abs(@a - @b)"}, form{"percent", "@a * 100 / @b"},
		form{"scale", "@a * @b / @c"}, form{"blend", "(@a * @c + @b) / (@c + 1)"},
		form{"gap", "Math.max(@a, @b) - Math.min(@a, @b)"},
		form{"span", "@b - @a + 1"}, form{"poly", "@a * @a + @b * @a + @c"},
		form{"normSquare", "@a * @a + @b * @b"})
	decls := []string{first, second}
	var c string
	if strings.Contains(f.text, "@c") {
		var third string
		c, third = m.param(kind, "c", "z", "d", "k", "r")
		decls = append(decls, third)
	}
	text := strings.NewReplacer("@a", a, "@b", b, "@c", c).Replace(f.text)
	m.head(kind, f.name, decls...)
	if _, divisor, ok := strings.Cut(text, "/ "); ok && m.kind(divisor) != "" && m.chance(60) {
		m.block("if ("+divisor+" == 0)", "return 0;")
	}
	if m.chance(25) {
		t := m.fresh(kind, "t", "r", "res", "v", "out")
		m.add("%s %s = %s;", kind, t, text)
		text = t
	}
	m.add("return %s;", text)
	m.shut()
}

// codes maps one value to another by cases.
func codes(m *method) {
	count := m.between(2, 3)
	if m.chance(50) {
		c, decl := m.param("char", charNames...)
		m.head("int", pick(m.source, "code", "value", "weight", "cost"), decl)
		letter, factor := m.between('a', 's'), pick(m.source, 1, 2, 5, 10)
		for i := range count {
			m.block(fmt.Sprintf("if (%s == '%c')", c, rune(letter+i)), fmt.Sprintf("return %d;", (i+1)*factor))
		}
		m.add("return %s;", pick(m.source, "0", "-1"))
	} else {
		n, decl := m.param("int", "n", "k", "code", "id")
		m.head("String", pick(m.source, "name", "label", "word", "show"), decl)
		words := pick(m.source, []string{"low", "mid", "high"}, []string{"red", "green", "blue"},
			[]string{"none", "one", "two"}, []string{"off", "on", "auto"}, []string{"new", "open", "done"})
		start := m.intN(2)
		for i := range count {
			m.block(fmt.Sprintf("if (%s == %d)", n, start+i), fmt.Sprintf("return %q;", words[i]))
		}
		m.add(`return "";`)
	}
	m.shut()
}

// choose picks one of its arguments.
func choose(m *method) {
	kind := pick(m.source, "int", "int", "long", "double")
	a, first := m.param(kind, "a", "x", "n", "p")
	b, second := m.param(kind, "b", "y", "m", "q")
	type form struct{ op, name string }
	switch m.intN(4) {
	case 0:
		f := pick(m.source, form{">", "larger"}, form{"<", "smaller"})
		m.head(kind, f.name, first, second)
		m.block("if ("+a+" "+f.op+" "+b+")", "return "+a+";")
		m.add("return %s;", b)
	case 1:
		f := pick(m.source, form{">", "pickMax"}, form{"<", "pickMin"})
		m.head(kind, f.name, first, second)
		m.add("return %s %s %s ? %s : %s;", a, f.op, b, a, b)
	case 2:
		m.head("int", pick(m.source, "compare", "order", "cmp"), first, second)
		m.block("if ("+a+" < "+b+")", "return -1;")
		m.block("if ("+a+" > "+b+")", "return 1;")
		m.add("return 0;")
	default:
		c, third := m.param(kind, "c", "z", "k", "d")
		r := m.fresh(kind, "r", "res", "best", "t")
		f := pick(m.source, form{">", "largest"}, form{"<", "smallest"})
		m.head(kind, f.name, first, second, third)
		m.add("%s %s = %s;", kind, r, a)
		m.block("if ("+b+" "+f.op+" "+r+")", r+" = "+b+";")
		m.block("if ("+c+" "+f.op+" "+r+")", r+" = "+c+";")
		m.add("return %s;", r)
	}
	m.shut()
}
