package gen

import (
	"fmt"
	"slices"
	"strings"
)

// method is Java text under construction: complete, correct, without a class
// around it, dedented, four spaces a level.
type method struct {
	*source
	lines []string
	depth int
	scope []variable
	taken map[string]bool

	aimless bool // of the family mixture

	drawn []uint64                      // the choices that made it
	again func(replay []uint64) *method // writes it anew from other choices
}

// variable is a name in scope. Two variables of one kind can be mistaken for
// each other and the text still compiles.
type variable struct {
	name string
	kind string
}

func newMethod(s *source) *method {
	return &method{source: s, taken: map[string]bool{}}
}

// text returns the method with a line end after each line.
func (m *method) text() string {
	return strings.Join(m.lines, "\n") + "\n"
}

// fresh draws an unused name from the pool and puts it into scope. Pools are
// longer than any method's need of them; a used-up pool is suffixed.
func (m *method) fresh(kind string, pool ...string) string {
	name := pick(m.source, pool...)
	for i := 0; m.taken[name]; i++ {
		name = pool[i%len(pool)]
		if i >= len(pool) {
			name = fmt.Sprint(name, i/len(pool)+1)
		}
	}
	m.taken[name] = true
	m.scope = append(m.scope, variable{name, kind})
	return name
}

// param draws a parameter; its declaration is "kind name".
func (m *method) param(kind string, pool ...string) (name, declaration string) {
	name = m.fresh(kind, pool...)
	return name, kind + " " + name
}

// add writes a line at the current depth.
func (m *method) add(format string, args ...any) {
	m.lines = append(m.lines, strings.Repeat("    ", m.depth)+fmt.Sprintf(format, args...))
}

// open writes a line that ends in " {" and goes one level in.
func (m *method) open(format string, args ...any) {
	m.add(format+" {", args...)
	m.depth++
}

// shut closes the innermost level.
func (m *method) shut() {
	m.depth--
	m.add("}")
}

// block writes a head with one statement under it.
func (m *method) block(head, statement string) {
	m.open("%s", head)
	m.add("%s", statement)
	m.shut()
}

// head opens the method.
func (m *method) head(result, name string, declarations ...string) {
	m.open("public static %s %s(%s)", result, name, strings.Join(declarations, ", "))
}

// name is the method's own name.
func (m *method) name() string {
	head, _, _ := strings.Cut(m.lines[0], "(")
	return head[strings.LastIndex(head, " ")+1:]
}

// kind is the type of a variable, or empty.
func (m *method) kind(name string) string {
	for _, v := range m.scope {
		if v.name == name {
			return v.kind
		}
	}
	return ""
}

// alike lists the other names in scope that have the kind of name.
func (m *method) alike(name string) []string {
	at := slices.IndexFunc(m.scope, func(v variable) bool { return v.name == name })
	if at < 0 {
		return nil
	}
	var out []string
	for _, v := range m.scope {
		if v.kind == m.scope[at].kind && v.name != name {
			out = append(out, v.name)
		}
	}
	return out
}

// visible says whether a variable can be named on line i: its first mention
// is above, and the block which that mention opens or belongs to goes on.
func (m *method) visible(variable string, i int) bool {
	first := slices.IndexFunc(m.lines, func(line string) bool {
		return slices.Contains(lex(line), token{name, variable})
	})
	if first < 0 || first >= i {
		return false
	}
	depth := indent(m.lines[first])
	if strings.HasSuffix(m.lines[first], "{") {
		depth++
	}
	for _, line := range m.lines[first+1 : i+1] {
		if indent(line) < depth {
			return false
		}
	}
	return true
}

// indent is the number of levels at the start of a line.
func indent(line string) int {
	return (len(line) - len(strings.TrimLeft(line, " "))) / 4
}

// Pools of names. They are short because the checkpoints that learn from
// these methods are small.
var (
	arrayNames  = []string{"a", "b", "v", "xs", "arr", "data", "nums", "vals"}
	stringNames = []string{"s", "t", "str", "word", "text", "line"}
	limitNames  = []string{"k", "n", "m", "x", "y", "t", "d", "lim"}
	totalNames  = []string{"r", "sum", "total", "res", "acc", "out"}
	countNames  = []string{"r", "count", "cnt", "num", "res", "c"}
	indexNames  = []string{"i", "i", "i", "i", "j", "k", "p"}
	elemNames   = []string{"x", "e", "v", "y", "w"}
	charNames   = []string{"c", "ch", "d", "x"}
	bestNames   = []string{"best", "max", "top", "m", "r"}
	leastNames  = []string{"best", "min", "low", "m", "r"}
)
