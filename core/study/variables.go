package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// ParseVariables splits the name=value texts of --var. A later value wins.
func ParseVariables(texts []string) (map[string]string, error) { return parseNamed("--var", texts) }

// ParseSettings splits the name=value texts of --set. A later value wins.
func ParseSettings(texts []string) (map[string]string, error) { return parseNamed("--set", texts) }

func parseNamed(flag string, texts []string) (map[string]string, error) {
	values := map[string]string{}
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return nil, fmt.Errorf("%s %q: expected name=value", flag, text)
		}
		if !hclsyntax.ValidIdentifier(name) {
			return nil, fmt.Errorf("%s %q: %q is not a name", flag, text, name)
		}
		values[name] = value
	}
	return values, nil
}

// variable is a variable block and the value that was given for it.
type variable struct {
	name       string
	block      *hclsyntax.Block
	text       *string              // from --var
	expression hclsyntax.Expression // from --var-file
}

func (l *loader) readVariableValues() {
	l.variables = map[string]*variable{}
	for _, block := range l.blocks.variables {
		v := &variable{name: block.Labels[0], block: block}
		if l.variables[v.name] == nil {
			l.variables[v.name] = v
		}
		l.scope.declare(func() cty.Value { return l.evaluateVariable(v) }, "var", v.name)
	}
	for _, file := range l.options.VarFiles {
		l.readVarFile(file)
	}
	for _, name := range slices.Sorted(maps.Keys(l.options.Variables)) {
		text := l.options.Variables[name]
		if v := l.variables[name]; v != nil {
			v.text = &text
		} else if !l.partial["var"] {
			l.outside("Undeclared variable", "--var %s: %s", name, l.undeclared(name))
		}
	}
}

// outside reports a mistake on the command line.
func (l *loader) outside(summary, format string, args ...any) {
	l.report(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...)})
}

func (l *loader) undeclared(name string) string {
	return fmt.Sprintf("the study has no variable %q.%s", name,
		expected(name, slices.Sorted(maps.Keys(l.variables)), "It has", "It has no variables at all"))
}

func (l *loader) readVarFile(file string) {
	body, ok := l.parseFile(file, "Variables file")
	if !ok {
		return
	}
	for _, block := range body.Blocks {
		l.mistake(block.TypeRange, "Block not expected", "A variables file holds name = value lines.")
	}
	for _, a := range attributesOf(body) {
		if v := l.variables[a.Name]; v != nil {
			v.expression = a.Expr
		} else if !l.partial["var"] {
			l.mistake(a.NameRange, "Undeclared variable", "%s", capital(l.undeclared(a.Name)))
		}
	}
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func variableSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "type", kind: cty.DynamicPseudoType, expects: "a type such as string, number, bool, list(string) or map(number)", otherwise: "any value",
			description: "What values the variable takes."},
		{name: "default", kind: cty.DynamicPseudoType, otherwise: "a value must be given", description: "Value where neither --var nor --var-file gives one."},
		{name: "description", kind: cty.String, fallback: cty.StringVal(""), description: "What the variable is for."},
	}}
}

// evaluateVariable gives a variable its value: of --var, of the last file, or the default.
func (l *loader) evaluateVariable(v *variable) cty.Value {
	body := *v.block.Body
	written := body.Attributes
	body.Attributes = hclsyntax.Attributes{}
	for name, a := range written {
		if name != "type" && name != "default" { // these are not read as values of any kind
			body.Attributes[name] = a
		}
	}
	l.scope.decode(&body, variableSpec(), ownerOf(v.block), cty.NilVal)

	kind, defaults := cty.DynamicPseudoType, (*typeexpr.Defaults)(nil)
	if a := written["type"]; a != nil {
		var diagnostics hcl.Diagnostics
		kind, defaults, diagnostics = typeexpr.TypeConstraintWithDefaults(a.Expr)
		if diagnostics.HasErrors() {
			l.report(diagnostics...)
			return cty.DynamicVal
		}
	}
	accept := func(value cty.Value, wrong func(problem)) cty.Value {
		if !value.IsWhollyKnown() {
			return cty.DynamicVal
		}
		if value.IsNull() {
			return cty.NullVal(kind.WithoutOptionalAttributesDeep())
		}
		if defaults != nil {
			value = defaults.Apply(value)
		}
		accepted, problems := (&attribute{name: v.name, kind: kind}).accept(value)
		for _, p := range problems {
			wrong(p)
		}
		if len(problems) > 0 {
			return cty.DynamicVal
		}
		return accepted
	}
	at := func(e hclsyntax.Expression) func(problem) {
		return func(p problem) { l.report(mistake(rangeInExpression(e, p.path), p.summary, p.detail)) }
	}

	fallback := cty.NilVal
	if a := written["default"]; a != nil { // checked even where it is not used
		fallback = accept(l.scope.evaluate(a.Expr, cty.NilVal), at(a.Expr))
	}
	switch {
	case v.text != nil && (kind.IsPrimitiveType() || kind == cty.DynamicPseudoType):
		return accept(cty.StringVal(*v.text), func(p problem) { l.outside(p.summary, "--var %s: %s", v.name, p.detail) })
	case v.text != nil:
		expression, ok := l.parseArgument(v)
		if !ok {
			return cty.DynamicVal
		}
		return accept(l.scope.evaluate(expression, cty.NilVal), at(expression))
	case v.expression != nil:
		return accept(l.scope.evaluate(v.expression, cty.NilVal), at(v.expression))
	case fallback != cty.NilVal:
		return fallback
	}
	l.mistake(v.block.DefRange(), "Variable has no value", "It has no default; give it one with --var %s=VALUE or in a file with --var-file.", v.name)
	return cty.DynamicVal
}

// parseArgument reads the value of --var for a variable that is a collection.
func (l *loader) parseArgument(v *variable) (hclsyntax.Expression, bool) {
	name, source := "--var "+v.name, []byte(*v.text)
	l.sources.add(name, &hcl.File{Bytes: source})
	if at, reason := unparsable(source, name); reason != "" {
		l.mistake(at, "Value cannot be read as HCL", "%s", reason)
		return nil, false
	}
	expression, diagnostics := hclsyntax.ParseExpression(source, name, hcl.InitialPos)
	l.report(diagnostics...)
	return expression, !diagnostics.HasErrors()
}
