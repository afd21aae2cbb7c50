package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// scope holds what expressions may refer to. Symbols are evaluated on first use.
type scope struct {
	root      *node
	symbols   []*symbol // in declaration order
	functions map[string]function.Function
	partial   map[string]bool // roots below which a name that is missing may have been declared by a broken block
	report    func(...*hcl.Diagnostic)
	running   []*symbol
}

// node is a step of an address: a symbol, or what has symbols below.
type node struct {
	symbol   *symbol
	children map[string]*node
}

// symbol is one thing that has a value.
type symbol struct {
	path     []string // "model", "codegen", "m350"
	evaluate func() cty.Value
	state    state
	value    cty.Value
}

type state int

const (
	fresh state = iota
	running
	done
)

func (s *symbol) address() string { return strings.Join(s.path, ".") }

// roots are the first words of references.
func roots() []string {
	return []string{"adapter", "benchmark", "dataset", "local", "model", "prompt", "var"}
}

func newScope(functions map[string]function.Function, partial map[string]bool, report func(...*hcl.Diagnostic)) *scope {
	root := &node{children: map[string]*node{}}
	for _, name := range roots() {
		root.children[name] = &node{children: map[string]*node{}}
	}
	return &scope{root: root, functions: functions, partial: partial, report: report}
}

// declare adds a symbol. Of two with one address references lead to the first; both are evaluated.
func (s *scope) declare(evaluate func() cty.Value, path ...string) {
	at := s.root
	for _, step := range path {
		if at.children == nil {
			at.children = map[string]*node{}
		}
		if at.children[step] == nil {
			at.children[step] = &node{}
		}
		at = at.children[step]
	}
	added := &symbol{path: path, evaluate: evaluate}
	s.symbols = append(s.symbols, added)
	if at.symbol == nil {
		at.symbol = added
	}
}

func (s *scope) resolveAll() {
	for _, symbol := range s.symbols {
		s.resolve(symbol, hcl.Range{})
	}
}

// resolve evaluates a symbol that is referred to from a place.
func (s *scope) resolve(symbol *symbol, from hcl.Range) cty.Value {
	switch symbol.state {
	case done:
		return symbol.value
	case running:
		s.reportCycle(symbol, from)
		return cty.DynamicVal
	}
	symbol.state = running
	s.running = append(s.running, symbol)
	symbol.value = symbol.evaluate()
	s.running = s.running[:len(s.running)-1]
	symbol.state = done
	return symbol.value
}

func (s *scope) reportCycle(symbol *symbol, from hcl.Range) {
	circle := s.running[slices.Index(s.running, symbol):]
	var names []string
	for _, member := range circle {
		names = append(names, member.address())
	}
	detail := fmt.Sprintf("%s needs its own value: %s.", symbol.address(), strings.Join(append(names, symbol.address()), " → "))
	s.report(mistake(from, "References form a circle", detail))
}

// evaluate gives an expression's value. It is unknown, wholly or in part, where there was a mistake; that has then been
// reported, here or where it was made. each is cty.NilVal outside of blocks with for_each.
func (s *scope) evaluate(expression hclsyntax.Expression, each cty.Value) cty.Value {
	context := &hcl.EvalContext{Functions: s.functions, Variables: s.values(expression, each)}
	value, diagnostics := expression.Value(context)
	s.report(diagnostics...)
	if diagnostics.HasErrors() {
		return cty.DynamicVal
	}
	return value
}

// values are the variables that an expression needs: no more, so that evaluation follows the references.
func (s *scope) values(expression hclsyntax.Expression, each cty.Value) map[string]cty.Value {
	needed := &node{children: map[string]*node{}}
	wrong := map[string]bool{}
	for _, traversal := range expression.Variables() {
		root := traversal.RootName()
		if root == "each" && each != cty.NilVal {
			wrong[root] = wrong[root] || !s.check(traversal, 1, each, "each")
			continue
		}
		wrong[root] = !s.need(needed, traversal) || wrong[root]
	}
	values := map[string]cty.Value{}
	if each != cty.NilVal {
		values["each"] = each
	}
	for name, child := range needed.children {
		values[name] = child.object()
	}
	for name, isWrong := range wrong {
		if isWrong {
			values[name] = cty.DynamicVal
		}
	}
	return values
}

// need resolves what a traversal refers to and marks it in a copy of the tree. It is false after a mistake.
func (s *scope) need(needed *node, traversal hcl.Traversal) bool {
	at, steps := s.root, 0
	for ; steps < len(traversal) && at.symbol == nil; steps++ {
		name, ok := stepName(traversal[steps])
		if !ok {
			break
		}
		child := at.children[name]
		if child == nil {
			s.reportUnknown(at, traversal, steps)
			return false
		}
		at = child
		if needed.children == nil {
			needed.children = map[string]*node{}
		}
		if needed.children[name] == nil {
			needed.children[name] = &node{}
		}
		needed = needed.children[name]
	}
	s.mark(needed, at, traversal.SourceRange())
	if at.symbol == nil {
		return true
	}
	return s.check(traversal, steps, at.symbol.value, at.symbol.address())
}

// mark resolves all symbols of a subtree.
func (s *scope) mark(needed, from *node, place hcl.Range) {
	if from.symbol != nil {
		s.resolve(from.symbol, place)
		needed.symbol = from.symbol
		return
	}
	if needed.children == nil {
		needed.children = map[string]*node{}
	}
	for _, name := range slices.Sorted(maps.Keys(from.children)) {
		if needed.children[name] == nil {
			needed.children[name] = &node{}
		}
		s.mark(needed.children[name], from.children[name], place)
	}
}

func (n *node) object() cty.Value {
	if n.symbol != nil {
		if n.symbol.state != done {
			return cty.DynamicVal // part of a circle
		}
		return n.symbol.value
	}
	attributes := map[string]cty.Value{}
	for name, child := range n.children {
		attributes[name] = child.object()
	}
	return cty.ObjectVal(attributes)
}

func stepName(step hcl.Traverser) (string, bool) {
	switch step := step.(type) {
	case hcl.TraverseRoot:
		return step.Name, true
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

// reportUnknown reports that a step of a traversal leads nowhere from a node.
func (s *scope) reportUnknown(from *node, traversal hcl.Traversal, step int) {
	name, _ := stepName(traversal[step])
	if step == 0 {
		s.report(unknownRoot(name, traversal))
		return
	}
	if s.partial[traversal.RootName()] {
		return
	}
	above := addressOf(traversal[:step])
	s.report(mistake(traversal[:step+1].SourceRange(), "Unknown reference", fmt.Sprintf("%s is not declared.%s", addressOf(traversal[:step+1]),
		expected(name, slices.Sorted(maps.Keys(from.children)), above+" has", "Nothing is declared below "+above))))
}

func unknownRoot(name string, traversal hcl.Traversal) *hcl.Diagnostic {
	at := traversal[:1].SourceRange()
	if name == "each" {
		return mistake(at, "Reference to each without for_each",
			"each.key and each.value are there only in a model or adapter block that has for_each.")
	}
	detail := fmt.Sprintf("There is nothing called %s.%s", name, expected(name, roots(), "References begin with", ""))
	if len(traversal) == 1 {
		detail += fmt.Sprintf(" A text needs quotes: %q.", name)
	}
	return mistake(at, "Unknown reference", detail)
}

func addressOf(traversal hcl.Traversal) string {
	var b strings.Builder
	for i, step := range traversal {
		name, _ := stepName(step)
		switch {
		case i == 0:
			b.WriteString(name)
		case hclsyntax.ValidIdentifier(name):
			b.WriteString("." + name)
		default:
			fmt.Fprintf(&b, "[%q]", name)
		}
	}
	return b.String()
}

// check follows a traversal's steps from `from` on into a value and reports an attribute that is not there. It is
// false after a mistake.
func (s *scope) check(traversal hcl.Traversal, from int, value cty.Value, address string) bool {
	for i, step := range traversal[from:] {
		if name, ok := stepName(step); ok && value.Type().IsObjectType() && !value.Type().HasAttribute(name) {
			names := slices.Sorted(maps.Keys(value.Type().AttributeTypes()))
			s.report(mistake(traversal[:from+i+1].SourceRange(), "Unknown attribute", fmt.Sprintf("%s has no %q.%s", address, name,
				expected(name, names, "It has", "It is empty"))))
			return false
		}
		next, diagnostics := hcl.Traversal{step}.TraverseRel(value)
		if diagnostics.HasErrors() {
			return true // the evaluation finds the same, and says it
		}
		value = next
	}
	return true
}
