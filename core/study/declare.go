package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"harness/core/internal/didyoumean"
)

// declarations are a study's blocks, each in declaration order.
type declarations struct {
	single                 map[string]*hclsyntax.Block // study, train, generate, sandbox, engine
	variables              []*hclsyntax.Block
	plugged                []*plugged
	engine                 *plugged // nil: there is no such block
	prompts, tables, voids []*named
}

// plugged is a block whose body belongs to a plugin.
type plugged struct {
	kind, typ, name string
	block           *hclsyntax.Block
	plugin          *plugin
	instances       []*instance // as evaluated: one, or with for_each any number
	broken          bool        // how many instances there are is not known
}

type instance struct {
	name    string
	key     string // of for_each
	content *decoded
}

// named is a block with a name and a body of the language's own.
type named struct {
	name    string
	block   *hclsyntax.Block
	content *decoded
}

// form is how a type of block is written.
type form struct {
	labels      []string // what they are
	example     string
	single      bool
	root        string // of references to such blocks
	description string
}

func forms() map[string]form {
	plugin := func(kind, example, description string) form {
		return form{labels: []string{"TYPE", "NAME"}, example: fmt.Sprintf("%s %s { … }", kind, example), root: kind, description: description}
	}
	return map[string]form{
		"study": {labels: []string{"NAME"}, example: `study "quick" { … }`, single: true, description: "Names the study. Every study file has one."},
		"variable": {labels: []string{"NAME"}, example: `variable "folder" { … }`, root: "var",
			description: "A value that --var or --var-file gives; expressions read it as var.NAME."},
		"locals":  {example: `locals { … }`, root: "local", description: "Names for values: any NAME = VALUE lines; expressions read them as local.NAME."},
		"model":   plugin("model", `"codegen" "m350"`, "A checkpoint of a model family, or a model that answers by itself. TYPE is the family's plugin."),
		"adapter": plugin("adapter", `"lora" "r8"`, "A way to fine-tune each model, or none. TYPE is the method's plugin."),
		"dataset": plugin("dataset", `"jsonl" "fixes"`, "Samples to train on. TYPE is the plugin that reads or makes them."),
		"benchmark": plugin("benchmark", `"quixbugs" "quixbugs"`,
			"Bugs to repair, with the tests that judge candidates. TYPE is the benchmark's plugin."),
		"prompt": {labels: []string{"NAME"}, example: `prompt "with-buggy-lines" { … }`, root: "prompt",
			description: "A way to show a bug to the models. A study without one has the prompt \"" + DefaultPrompt + "\", which shows the buggy lines."},
		"train":    {example: `train { … }`, single: true, description: "How adapters are trained: the recipe, the grid of values to try, and how one of them is chosen."},
		"generate": {example: `generate { … }`, single: true, description: "How candidates are decoded. A study without it uses the defaults."},
		"sandbox": {labels: []string{"DRIVER"}, example: `sandbox "docker" { … }`, single: true,
			description: "Where candidates are judged. DRIVER is docker (Docker or Podman), bubblewrap, or auto: docker if a daemon answers, else bubblewrap."},
		"engine": {labels: []string{"TYPE"}, example: `engine "gomlx" { … }`, single: true,
			description: "What trains and decodes. TYPE is the engine's plugin. A study without it uses gomlx; --engine takes another one, which then has its defaults."},
		"table": {labels: []string{"NAME"}, example: `table "pass@1" { … }`, description: "A table of the report: metrics by the labels of trials."},
		"void":  {labels: []string{"NAME"}, example: `void "other-run" { … }`, description: "Published verdicts that mean nothing, so that compare leaves them out."},
	}
}

func blockTypes() []string {
	var names []string
	for name := range forms() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// declare sorts the file's blocks and makes symbols of those that can be referred to.
func (l *loader) declare() {
	l.blocks.single = map[string]*hclsyntax.Block{}
	for _, a := range attributesOf(l.body) {
		l.scope.evaluate(a.Expr, cty.NilVal)
		l.mistake(a.NameRange, "Attribute outside of a block",
			"A study consists of blocks; %s = … belongs into one, such as study, locals or train.", a.Name)
	}
	known := forms()
	for _, block := range l.body.Blocks {
		form, ok := known[block.Type]
		if !ok {
			l.unknownBlock(block)
			continue
		}
		if len(block.Labels) != len(form.labels) {
			l.mistake(block.DefRange(), "Wrong number of labels", "%s takes %s, as in %s; found %d.", block.Type,
				labelCount(len(form.labels)), form.example, len(block.Labels))
			l.markPartial(block.Type)
			continue
		}
		l.declareBlock(block, form)
	}
}

func labelCount(n int) string { return fmt.Sprintf("%d %s", n, plural("label", n)) }

func (l *loader) unknownBlock(block *hclsyntax.Block) {
	near := didyoumean.Nearest(block.Type, blockTypes())
	if near != "" {
		l.markPartial(near)
	}
	l.mistake(block.TypeRange, "Unknown block type", "A study has no %s blocks.%s", block.Type,
		expected(block.Type, blockTypes(), "It has", ""))
}

// markPartial notes that a block of a type could not be read.
func (l *loader) markPartial(blockType string) {
	l.partial[blockType] = true
	if root := forms()[blockType].root; root != "" {
		l.partial[root] = true
	}
}

func (l *loader) declareBlock(block *hclsyntax.Block, form form) {
	if form.single {
		l.declareSingle(block)
		return
	}
	if block.Type == "locals" {
		l.declareLocals(block)
		return
	}
	last := len(block.Labels) - 1
	name, at := block.Labels[last], block.LabelRanges[last]
	l.declareName(block.Type, name, at)
	switch block.Type {
	case "variable":
		l.blocks.variables = append(l.blocks.variables, block)
	case "prompt":
		p := &named{name: name, block: block}
		l.blocks.prompts = append(l.blocks.prompts, p)
		l.scope.declare(func() cty.Value { return l.evaluatePrompt(p) }, "prompt", name)
	case "table":
		l.blocks.tables = append(l.blocks.tables, &named{name: name, block: block})
	case "void":
		l.blocks.voids = append(l.blocks.voids, &named{name: name, block: block})
	default:
		d := &plugged{kind: block.Type, typ: block.Labels[0], name: name, block: block}
		l.blocks.plugged = append(l.blocks.plugged, d)
		l.scope.declare(func() cty.Value { return l.evaluatePlugged(d) }, d.kind, d.typ, d.name)
	}
}

func (l *loader) declareSingle(block *hclsyntax.Block) {
	if first := l.blocks.single[block.Type]; first != nil {
		l.mistake(block.DefRange(), "Second "+block.Type+" block", "A study has one %s block; the first is on line %d.",
			block.Type, first.TypeRange.Start.Line)
		return
	}
	if block.Type == "study" {
		l.checkName(block.Labels[0], block.LabelRanges[0])
	}
	if block.Type == "engine" {
		l.blocks.engine = &plugged{kind: "engine", typ: block.Labels[0], name: block.Labels[0], block: block}
	}
	l.blocks.single[block.Type] = block
}

func (l *loader) declareLocals(block *hclsyntax.Block) {
	for _, a := range attributesOf(block.Body) {
		l.declareName("locals", a.Name, a.NameRange)
		l.scope.declare(func() cty.Value { return l.scope.evaluate(a.Expr, cty.NilVal) }, "local", a.Name)
	}
	for _, inner := range block.Body.Blocks {
		l.scope.visit(inner.Body, cty.NilVal)
		l.mistake(inner.TypeRange, "Block not expected", "locals holds name = value lines; for an object write %s = { … }.", inner.Type)
	}
}

// declareName reports a name that is taken or that cannot be printed. Trials are told apart by the names of their
// parts alone, so names of different types collide too.
func (l *loader) declareName(blockType, name string, at hcl.Range) {
	if l.named[blockType] == nil {
		l.named[blockType] = map[string]hcl.Range{}
	}
	if first, taken := l.named[blockType][name]; taken {
		l.mistake(at, "Duplicate name", "The name %q is taken on line %d; among all %s a name is unique.",
			name, first.Start.Line, strings.TrimSuffix(blockType, "s")+"s")
		return
	}
	l.named[blockType][name] = at
	l.checkName(name, at)
}

func (l *loader) checkName(name string, at hcl.Range) {
	const longest = 100
	switch {
	case name == "":
		l.mistake(at, "Empty name", "A name must have at least one letter.")
	case utf8.RuneCountInString(name) > longest:
		l.mistake(at, "Name too long", "A name may have %d letters; found %d.", longest, utf8.RuneCountInString(name))
	case name != strings.TrimSpace(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		l.mistake(at, "Bad name", "A name may not begin or end with a blank, nor hold letters that cannot be printed; found %s.", clipped(fmt.Sprintf("%q", name)))
	}
}

func (l *loader) evaluatePrompt(p *named) cty.Value {
	p.content = l.scope.decode(p.block.Body, promptSpec(), ownerOf(p.block), cty.NilVal)
	object := p.content.object()
	object["kind"], object["name"] = cty.StringVal("prompt"), cty.StringVal(p.name)
	return cty.ObjectVal(object)
}

// evaluatePlugged decodes a plugin's block, for each element if it has for_each.
func (l *loader) evaluatePlugged(d *plugged) cty.Value {
	if d.plugin.spec == nil {
		l.scope.visitUnknown(d.block.Body)
		d.broken = true
		return cty.DynamicVal
	}
	forEach := d.block.Body.Attributes["for_each"]
	if forEach == nil || d.plugin.spec.attribute("for_each") == nil {
		one := &instance{name: d.name}
		d.instances = []*instance{one}
		return l.evaluateInstance(d, one, cty.NilVal)
	}
	elements, ok := l.scope.forEach(forEach)
	if !ok {
		l.scope.visitUnknown(d.block.Body)
		d.broken = true
		return cty.DynamicVal
	}
	objects := map[string]cty.Value{}
	for _, each := range elements {
		key := each.GetAttr("key").AsString()
		one := &instance{name: d.name + "-" + key, key: key}
		l.declareName(d.kind, one.name, forEach.Expr.Range())
		d.instances = append(d.instances, one)
		objects[key] = l.evaluateInstance(d, one, each)
	}
	return cty.ObjectVal(objects)
}

func (l *loader) evaluateInstance(d *plugged, one *instance, each cty.Value) cty.Value {
	body := *d.block.Body
	body.Attributes = hclsyntax.Attributes{}
	for name, a := range d.block.Body.Attributes {
		if name != "for_each" || each == cty.NilVal {
			body.Attributes[name] = a
		}
	}
	one.content = l.scope.decode(&body, d.plugin.spec, ownerOf(d.block), each)
	object := one.content.object()
	delete(object, "for_each")
	object["kind"], object["type"], object["name"] = cty.StringVal(d.kind), cty.StringVal(d.typ), cty.StringVal(one.name)
	return cty.ObjectVal(object)
}

// visitUnknown looks for mistakes in a body that cannot be decoded.
func (s *scope) visitUnknown(body *hclsyntax.Body) {
	each := cty.NilVal
	if body.Attributes["for_each"] != nil {
		each = cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": cty.DynamicVal})
	}
	s.visit(body, each)
}

// maxInstances bounds for_each: a study with more trials than this is a mistake.
const maxInstances = 1000

// forEach gives an {key, value} object for each element, sorted by key.
func (s *scope) forEach(a *hclsyntax.Attribute) ([]cty.Value, bool) {
	value := s.evaluate(a.Expr, cty.NilVal)
	t := value.Type()
	switch {
	case !value.IsKnown():
		return nil, false
	case value.IsNull() || !t.IsObjectType() && !t.IsMapType() && !t.IsSetType():
		s.report(mistake(a.Expr.Range(), "Wrong type", fmt.Sprintf(
			"for_each must be a map or a set, such as { a = 1 } or toset([4, 8]); found %s.", found(value))))
		return nil, false
	case value.LengthInt() > maxInstances:
		s.report(mistake(a.Expr.Range(), "Too many elements", fmt.Sprintf("for_each takes at most %d; found %d.", maxInstances, value.LengthInt())))
		return nil, false
	}
	var elements []cty.Value
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		text, ok := keyText(key)
		if !ok {
			if key.IsWhollyKnown() {
				s.report(mistake(a.Expr.Range(), "Wrong type", fmt.Sprintf("The elements of a set in for_each must be texts or numbers; found %s.", found(key))))
			}
			return nil, false
		}
		elements = append(elements, cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(text), "value": element}))
	}
	if t.IsSetType() && t.ElementType() == cty.Number {
		slices.SortFunc(elements, func(a, b cty.Value) int {
			return a.GetAttr("value").AsBigFloat().Cmp(b.GetAttr("value").AsBigFloat())
		})
		return elements, true
	}
	slices.SortFunc(elements, func(a, b cty.Value) int {
		return cmp.Compare(a.GetAttr("key").AsString(), b.GetAttr("key").AsString())
	})
	return elements, true
}

func keyText(key cty.Value) (string, bool) {
	switch {
	case !key.IsKnown() || key.IsNull():
		return "", false
	case key.Type() == cty.String:
		return key.AsString(), true
	case key.Type() == cty.Number:
		return number(key), true
	}
	return "", false
}
