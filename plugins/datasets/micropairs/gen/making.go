package gen

// inPlace changes an array.
func inPlace(m *method) {
	kind := pick(m.source, "int", "int", "long", "double")
	q := m.array(kind)
	if m.chance(25) {
		i, first := m.param("int", "i", "p", "from")
		j, second := m.param("int", "j", "q", "to")
		t := m.fresh(kind, "t", "tmp", "h")
		m.head("void", pick(m.source, "swap", "exchange"), q.decl, first, second)
		m.add("%s %s = %s;", kind, t, q.at(i))
		m.add("%s = %s;", q.at(i), q.at(j))
		m.add("%s = %s;", q.at(j), t)
		m.shut()
		return
	}
	type form struct{ op, name string }
	switch m.intN(3) {
	case 0:
		from, first := m.param("int", "from", "lo", "p")
		to, second := m.param("int", "to", "hi", "q")
		x, third := m.param(kind, limitNames...)
		i := m.fresh("int", indexNames...)
		m.head("void", pick(m.source, "fill", "setRange", "paint"), q.decl, first, second, third)
		m.open("for (int %s = %s; %s < %s; %s++)", i, from, i, to, i)
		m.add("%s = %s;", q.at(i), x)
	case 1:
		x, decl := m.param(kind, limitNames...)
		i := m.fresh("int", indexNames...)
		f := pick(m.source, form{"+=", "addTo"}, form{"-=", "takeFrom"}, form{"*=", "scale"})
		m.head("void", f.name+pick(m.source, "All", "Each"), q.decl, decl)
		m.through(i, q.length)
		m.add("%s %s %s;", q.at(i), f.op, x)
	default:
		x, decl := m.param(kind, limitNames...)
		i := m.fresh("int", indexNames...)
		f := pick(m.source, form{">", "capAt"}, form{"<", "raiseTo"})
		m.head("void", f.name, q.decl, decl)
		m.guard(q, "")
		m.through(i, q.length)
		m.block("if ("+q.at(i)+" "+f.op+" "+x+")", q.at(i)+" = "+x+";")
	}
	m.shut()
	m.shut()
}

// newArray makes an array from an array or from a number.
func newArray(m *method) {
	kind := pick(m.source, "int", "int", "long")
	type form struct{ op, name string }
	if m.chance(30) {
		n, decl := m.param("int", "n", "len", "size")
		r := m.fresh(kind+"[]", "r", "res", "out", "c")
		i := m.fresh("int", indexNames...)
		term := pick(m.source, i+" * "+i, i+" * 2 + 1", i+" * 3", i+" + 1", i+" + 2", "10 - "+i)
		m.head(kind+"[]", pick(m.source, "table", "series", "make"), decl)
		m.add("%s[] %s = new %s[%s];", kind, r, kind, n)
		m.through(i, n)
		m.add("%s[%s] = %s;", r, i, term)
		m.finish(r)
		return
	}
	q := m.array(kind)
	i := m.fresh("int", indexNames...)
	r := m.fresh(kind+"[]", "r", "res", "out", "c")
	if m.chance(40) {
		from, first := m.param("int", "from", "lo", "p")
		to, second := m.param("int", "to", "hi", "q")
		m.head(kind+"[]", pick(m.source, "slice", "part", "copyRange"), q.decl, first, second)
		m.add("%s[] %s = new %s[%s - %s];", kind, r, kind, to, from)
		m.open("for (int %s = %s; %s < %s; %s++)", i, from, i, to, i)
		m.add("%s[%s - %s] = %s;", r, i, from, q.at(i))
	} else {
		x, decl := m.param(kind, limitNames...)
		f := pick(m.source, form{"+", "shifted"}, form{"-", "lowered"}, form{"*", "scaled"}, form{"/", "divided"})
		m.head(kind+"[]", f.name, q.decl, decl)
		m.add("%s[] %s = new %s[%s];", kind, r, kind, q.length)
		m.through(i, q.length)
		m.add("%s[%s] = %s %s %s;", r, i, q.at(i), f.op, x)
	}
	m.finish(r)
}

// newString builds a string piece by piece.
func newString(m *method) {
	sb := pick(m.source, "sb", "b", "out")
	m.taken[sb] = true
	begin := "StringBuilder " + sb + " = new StringBuilder();"
	switch m.intN(4) {
	case 0:
		q := m.characters()
		t := m.charTest()
		m.head("String", pick(m.source, "keep", "only")+t.adverb, append([]string{q.decl}, t.decls...)...)
		m.guard(q, pick(m.source, q.name, `""`))
		m.add("%s", begin)
		e := m.loop(q)
		m.block("if ("+t.of(e)+")", sb+".append("+e+");")
	case 1:
		q := m.characters()
		c, first := m.param("char", charNames...)
		d, second := m.param("char", charNames...)
		m.head("String", pick(m.source, "swapChar", "change", "put"), q.decl, first, second)
		m.guard(q, q.name)
		m.add("%s", begin)
		e := m.loop(q)
		m.open("if (%s == %s)", e, c)
		m.add("%s.append(%s);", sb, d)
		m.depth--
		m.open("} else")
		m.add("%s.append(%s);", sb, e)
		m.shut()
	case 2:
		s, first := m.param("String", stringNames...)
		n, second := m.param("int", "n", "k", "len", "size")
		c, third := m.param("char", charNames...)
		m.head("String", pick(m.source, "padRight", "fillUp", "extend"), first, second, third)
		m.add("StringBuilder %s = new StringBuilder(%s);", sb, s)
		m.open("while (%s.length() < %s)", sb, n)
		m.add("%s.append(%s);", sb, c)
	default:
		q := m.array(pick(m.source, "int", "String"))
		sep, decl := m.param("String", "sep", "d", "s")
		i := m.fresh("int", indexNames...)
		m.head("String", pick(m.source, "join", "list", "show"), q.decl, decl)
		m.add("%s", begin)
		m.through(i, q.length)
		m.block("if ("+i+" > 0)", sb+".append("+sep+");")
		m.add("%s.append(%s);", sb, q.at(i))
	}
	m.finish(sb + ".toString()")
}

// grid works on a rectangle of numbers.
func grid(m *method) {
	kind := pick(m.source, "int", "int", "long")
	g, decl := m.param(kind+"[][]", "g", "grid", "a", "mat", "t")
	r := m.fresh(kind, totalNames...)
	i := m.fresh("int", "i", "p", "row")
	switch m.intN(4) {
	case 0:
		k, second := m.param("int", "k", "c", "col")
		m.head(kind, pick(m.source, "sumCol", "colSum"), decl, second)
		m.add("%s %s = 0;", kind, r)
		m.through(i, g+".length")
		m.add("%s += %s[%s][%s];", r, g, i, k)
	case 1:
		k, second := m.param("int", "k", "r", "n")
		m.head(kind, pick(m.source, "sumRow", "rowSum"), decl, second)
		m.add("%s %s = 0;", kind, r)
		m.through(i, g+"["+k+"].length")
		m.add("%s += %s[%s][%s];", r, g, k, i)
	default:
		t := m.test(kind)
		j := m.fresh("int", "j", "q", "col")
		cell := g + "[" + i + "][" + j + "]"
		verb, step := "sumGrid", r+" += "+cell+";"
		if m.chance(50) {
			verb, step = "countGrid", r+"++;"
		}
		m.head(kind, verb+t.adverb, append([]string{decl}, t.decls...)...)
		m.add("%s %s = 0;", kind, r)
		m.through(i, g+".length")
		m.through(j, g+"["+i+"].length")
		m.block("if ("+t.of(cell)+")", step)
		m.shut()
	}
	m.finish(r)
}

// nullSafe treats null as a value of its own.
func nullSafe(m *method) {
	s, first := m.param("String", stringNames...)
	switch m.intN(5) {
	case 0:
		t, second := m.param("String", stringNames...)
		m.head("String", pick(m.source, "orElse", "either", "firstOf"), first, second)
		m.block("if ("+s+" == null)", "return "+t+";")
		m.add("return %s;", s)
	case 1:
		m.head("int", pick(m.source, "sizeOf", "lengthOf", "len"), first)
		m.add("return %s == null ? 0 : %s.length();", s, s)
	case 2:
		m.head("boolean", pick(m.source, "hasText", "isSet", "filled"), first)
		m.add("return %s != null && %s.length() > 0;", s, s)
	case 3:
		t, second := m.param("String", stringNames...)
		r := m.fresh("int", totalNames...)
		m.head("int", pick(m.source, "lengthSum", "bothLengths"), first, second)
		m.add("int %s = %s == null ? 0 : %s.length();", r, s, s)
		m.block("if ("+t+" != null)", r+" += "+t+".length();")
		m.add("return %s;", r)
	default:
		t, second := m.param("String", stringNames...)
		m.head("String", pick(m.source, "glue", "append", "both"), first, second)
		m.block("if ("+s+" == null || "+t+" == null)", `return "";`)
		m.add("return %s + %s;", s, t)
	}
	m.shut()
}

// textEnds looks at the two ends of a string.
func textEnds(m *method) {
	q := m.characters()
	c, decl := m.param("char", charNames...)
	form := m.intN(4)
	head := []string{
		"boolean " + pick(m.source, "startsWith", "begins", "opensWith"),
		"boolean " + pick(m.source, "endsWith", "closes", "closesWith"),
		"String " + pick(m.source, "dropFirst", "cutHead"),
		"String " + pick(m.source, "dropLast", "cutTail"),
	}[form]
	m.open("public static %s(%s, %s)", head, q.decl, decl)
	missing := "false"
	if form >= 2 {
		missing = q.name
	}
	empty := q.length + " == 0"
	if m.chance(50) {
		empty = q.name + " == null || " + empty
	}
	m.block("if ("+empty+")", "return "+missing+";")
	switch form {
	case 0:
		m.add("return %s == %s;", q.at("0"), c)
	case 1:
		m.add("return %s == %s;", q.at(q.length+" - 1"), c)
	case 2:
		m.block("if ("+q.at("0")+" == "+c+")", "return "+q.name+".substring(1);")
		m.add("return %s;", q.name)
	default:
		m.block("if ("+q.at(q.length+" - 1")+" == "+c+")", "return "+q.name+".substring(0, "+q.length+" - 1);")
		m.add("return %s;", q.name)
	}
	m.shut()
}
