package gen

import "strings"

// fold counts or adds up the elements that pass a test.
func fold(m *method) {
	var q sequence
	if m.chance(35) {
		q = m.characters()
	} else {
		q = m.numbers()
	}
	t := m.test(q.kind)
	if q.kind == "char" || m.chance(45) {
		m.countIf(q, t)
		return
	}
	decls := append([]string{q.decl}, t.decls...)
	verb, op, initial := "sum", "+=", "0"
	switch m.intN(8) {
	case 0:
		verb, op, initial = "product", "*=", "1"
	case 1:
		verb, op = "minus", "-="
	}
	term := func(e string) string { return e }
	switch m.intN(5) {
	case 0:
		verb += "Squares"
		term = func(e string) string { return e + " * " + e }
	case 1:
		k, decl := m.param(q.kind, limitNames...)
		decls = append(decls, decl)
		sign := pick(m.source, "+", "-", "*")
		verb += map[string]string{"+": "Shifted", "-": "Lowered", "*": "Scaled"}[sign]
		term = func(e string) string { return e + " " + sign + " " + k }
	}
	r := m.fresh(q.kind, totalNames...)
	m.head(q.kind, verb+t.adverb, decls...)
	m.guard(q, "0")
	m.add("%s %s = %s;", q.kind, r, initial)
	e := m.loop(q)
	m.block("if ("+t.of(e)+")", r+" "+op+" "+term(e)+";")
	m.finish(r)
}

// countIf counts the elements that pass a test.
func (m *method) countIf(q sequence, t test) {
	r := m.fresh("int", countNames...)
	m.head("int", pick(m.source, "count", "num", "countIf")+t.adverb, append([]string{q.decl}, t.decls...)...)
	m.guard(q, "0")
	m.add("int %s = 0;", r)
	e := m.loop(q)
	m.block("if ("+t.of(e)+")", r+"++;")
	m.finish(r)
}

// finish closes a loop, returns r and closes the method.
func (m *method) finish(r string) {
	m.shut()
	m.add("return %s;", r)
	m.shut()
}

// find looks for the first or last index that passes a test.
func find(m *method) {
	q := m.elements()
	t := m.test(q.kind)
	decls := append([]string{q.decl}, t.decls...)
	i := m.fresh("int", indexNames...)
	if m.chance(50) {
		m.head("int", pick(m.source, "first", "find", "indexOf")+t.adverb, decls...)
		m.guard(q, "-1")
		m.through(i, q.length)
	} else {
		m.head("int", pick(m.source, "last", "findLast", "lastIndexOf")+t.adverb, decls...)
		m.guard(q, "-1")
		m.open("for (int %s = %s - 1; %s >= 0; %s--)", i, q.length, i, i)
	}
	m.block("if ("+t.of(q.at(i))+")", "return "+i+";")
	m.finish("-1")
}

// anyOrNone asks whether any or no element passes a test.
func anyOrNone(m *method) {
	q := m.elements()
	t := m.test(q.kind)
	verb, inside, after := "any", "true", "false"
	if m.chance(40) {
		verb, inside, after = "no", "false", "true"
	}
	m.head("boolean", verb+t.adverb, append([]string{q.decl}, t.decls...)...)
	m.guard(q, after)
	e := m.loop(q)
	m.block("if ("+t.of(e)+")", "return "+inside+";")
	m.finish(after)
}

// extreme finds the index of the largest or smallest element, or the
// extreme of a part.
func extreme(m *method) {
	q := m.array(pick(m.source, "int", "int", "long"))
	op, word, pool := ">", "Max", bestNames
	if m.chance(50) {
		op, word, pool = "<", "Min", leastNames
	}
	if m.chance(50) {
		i := m.fresh("int", indexNames...)
		best := m.fresh("int", pool...)
		if m.chance(30) {
			op += "="
			word = "Last" + word
		}
		m.head("int", "indexOf"+word, q.decl)
		m.guard(q, "-1")
		m.add("int %s = 0;", best)
		m.open("for (int %s = 1; %s < %s; %s++)", i, i, q.length, i)
		m.block("if ("+q.at(i)+" "+op+" "+q.at(best)+")", best+" = "+i+";")
		m.finish(best)
		return
	}
	from, decl := m.param("int", "from", "lo", "p", "start")
	to, end := m.param("int", "to", "hi", "q", "end")
	i := m.fresh("int", indexNames...)
	best := m.fresh(q.kind, pool...)
	m.head(q.kind, strings.ToLower(word)+pick(m.source, "Between", "InRange", "Of"), q.decl, decl, end)
	m.add("%s %s = %s;", q.kind, best, q.at(from))
	m.open("for (int %s = %s + 1; %s < %s; %s++)", i, from, i, to, i)
	if m.chance(50) {
		m.block("if ("+q.at(i)+" "+op+" "+best+")", best+" = "+q.at(i)+";")
	} else {
		m.add("%s = Math.%s(%s, %s);", best, strings.ToLower(word), best, q.at(i))
	}
	m.finish(best)
}

// neighbours compares each element with the one before or after it.
func neighbours(m *method) {
	q := m.elements()
	i := m.fresh("int", indexNames...)
	r := m.fresh("int", countNames...)
	before, after := q.at(i+" - 1"), q.at(i)
	head := "for (int @ = 1; @ < " + q.length + "; @++)"
	if m.chance(50) {
		before, after = q.at(i), q.at(i+" + 1")
		head = "for (int @ = 0; @ < " + q.length + " - 1; @++)"
	}
	head = strings.ReplaceAll(head, "@", i)
	if q.kind == "int" && m.chance(35) {
		m.head("int", pick(m.source, "sumSteps", "travel", "totalChange"), q.decl)
		m.guard(q, "0")
		m.add("int %s = 0;", r)
		m.open("%s", head)
		if m.chance(50) {
			m.add("%s += Math.abs(%s - %s);", r, after, before)
		} else {
			m.add("%s += %s * %s;", r, before, after)
		}
	} else {
		type form struct{ op, word string }
		f := pick(m.source, form{">", "Rises"}, form{"<", "Drops"}, form{"==", "Repeats"}, form{"!=", "Changes"})
		m.head("int", pick(m.source, "count", "num")+f.word, q.decl)
		m.guard(q, "0")
		m.add("int %s = 0;", r)
		m.open("%s", head)
		m.block("if ("+after+" "+f.op+" "+before+")", r+"++;")
	}
	m.finish(r)
}

// twoSequences walks two arrays side by side.
func twoSequences(m *method) {
	kind := pick(m.source, "int", "int", "long")
	q, p := m.array(kind), m.array(kind)
	i := m.fresh("int", indexNames...)
	type form struct{ op, word string }
	switch m.intN(4) {
	case 0, 1:
		f := pick(m.source, form{">", "Greater"}, form{"<", "Smaller"})
		r := m.fresh("int", countNames...)
		n := m.fresh("int", "n", "len", "size")
		m.head("int", pick(m.source, "count", "num")+f.word, q.decl, p.decl)
		m.add("int %s = Math.min(%s, %s);", n, q.length, p.length)
		m.add("int %s = 0;", r)
		m.through(i, n)
		m.block("if ("+q.at(i)+" "+f.op+" "+p.at(i)+")", r+"++;")
		m.finish(r)
	case 2:
		f := pick(m.source, form{"+", "add"}, form{"-", "subtract"}, form{"*", "multiply"})
		r := m.fresh(kind+"[]", "r", "res", "out", "c")
		m.head(kind+"[]", f.word+pick(m.source, "All", "Each", "Arrays"), q.decl, p.decl)
		m.add("%s[] %s = new %s[%s];", kind, r, kind, q.length)
		m.through(i, q.length)
		m.add("%s[%s] = %s %s %s;", r, i, q.at(i), f.op, p.at(i))
		m.finish(r)
	default:
		r := m.fresh(kind, totalNames...)
		m.head(kind, pick(m.source, "weighted", "crossSum", "inner"), q.decl, p.decl)
		if m.chance(40) {
			m.block("if ("+q.length+" != "+p.length+")", "return -1;")
		}
		m.add("%s %s = 0;", kind, r)
		m.through(i, q.length)
		m.add("%s += %s * %s;", r, q.at(i), p.at(i))
		m.finish(r)
	}
}

// pairs counts pairs of places.
func pairs(m *method) {
	q := m.elements()
	i := m.fresh("int", "i", "p")
	j := m.fresh("int", "j", "q")
	r := m.fresh("int", countNames...)
	type form struct{ op, word string }
	f := pick(m.source, form{"==", "EqualPairs"}, form{"<", "RisingPairs"}, form{">", "FallingPairs"})
	m.head("int", pick(m.source, "count", "num")+f.word, q.decl)
	m.guard(q, "0")
	m.add("int %s = 0;", r)
	m.through(i, q.length)
	m.open("for (int %s = %s + 1; %s < %s; %s++)", j, i, j, q.length, j)
	m.block("if ("+q.at(i)+" "+f.op+" "+q.at(j)+")", r+"++;")
	m.shut()
	m.finish(r)
}

// running makes an array in which each element builds on the one before.
func running(m *method) {
	q := m.array(pick(m.source, "int", "long"))
	i := m.fresh("int", indexNames...)
	r := m.fresh(q.kind+"[]", "r", "res", "out", "c")
	type form struct{ name, step string }
	f := pick(m.source, form{"runningSum", "%s[%s - 1] + %s"}, form{"runningProduct", "%s[%s - 1] * %s"},
		form{"runningMax", "Math.max(%s[%s - 1], %s)"}, form{"runningMin", "Math.min(%s[%s - 1], %s)"})
	m.head(q.kind+"[]", f.name, q.decl)
	m.add("%s[] %s = new %s[%s];", q.kind, r, q.kind, q.length)
	m.add("%s[0] = %s;", r, q.at("0"))
	m.open("for (int %s = 1; %s < %s; %s++)", i, i, q.length, i)
	m.add("%s[%s] = "+f.step+";", r, i, r, i, q.at(i))
	m.finish(r)
}

// window adds up a part of an array.
func window(m *method) {
	q := m.array(pick(m.source, "int", "int", "long"))
	n, decl := m.param("int", limitNames...)
	i := m.fresh("int", indexNames...)
	r := m.fresh(q.kind, totalNames...)
	switch m.intN(4) {
	case 0:
		m.head(q.kind, pick(m.source, "sumFirst", "headSum"), q.decl, decl)
		m.add("%s %s = 0;", q.kind, r)
		m.open("for (int %s = 0; %s < %s && %s < %s; %s++)", i, i, n, i, q.length, i)
	case 1:
		m.head(q.kind, pick(m.source, "sumLast", "tailSum"), q.decl, decl)
		m.add("%s %s = 0;", q.kind, r)
		m.open("for (int %s = %s - %s; %s < %s; %s++)", i, q.length, n, i, q.length, i)
	case 2:
		to, end := m.param("int", "to", "hi", "end")
		m.head(q.kind, pick(m.source, "sumPart", "sumSlice"), q.decl, decl, end)
		m.block("if ("+n+" < 0 || "+to+" > "+q.length+")", "return 0;")
		m.add("%s %s = 0;", q.kind, r)
		m.open("for (int %s = %s; %s < %s; %s++)", i, n, i, to, i)
	default:
		m.head(q.kind, pick(m.source, "sumStep", "sumEvery"), q.decl, decl)
		m.add("%s %s = 0;", q.kind, r)
		m.open("for (int %s = 0; %s < %s; %s += %s)", i, i, q.length, i, n)
	}
	m.add("%s += %s;", r, q.at(i))
	m.finish(r)
}
