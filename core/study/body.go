package study

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// decoded is a body's content.
type decoded struct {
	header hcl.Range
	body   *hclsyntax.Body
	// values has every attribute of the spec: null where it is not set and has no default, unknown after a mistake.
	values map[string]cty.Value
	blocks map[string][]*decoded
	spec   *spec
}

// owner names a body in messages.
type owner struct {
	name   string // `adapter "lora"`
	header hcl.Range
}

func ownerOf(block *hclsyntax.Block) owner {
	name := block.Type
	if len(block.Labels) > 0 {
		name = fmt.Sprintf("%s %q", block.Type, block.Labels[0])
	}
	return owner{name: name, header: block.DefRange()}
}

// decode reads a body against a spec and reports what does not fit.
func (s *scope) decode(body *hclsyntax.Body, spec *spec, of owner, each cty.Value) *decoded {
	d := &decoded{header: of.header, body: body, values: map[string]cty.Value{}, blocks: map[string][]*decoded{}, spec: spec}
	for _, a := range attributesOf(body) {
		wanted := spec.attribute(a.Name)
		if wanted == nil {
			s.evaluate(a.Expr, each) // it may hold mistakes of its own
			s.report(mistake(a.NameRange, "Unknown attribute", strayAttribute(a.Name, spec, of)))
			continue
		}
		d.values[a.Name] = s.attribute(a, wanted, each)
	}
	for i := range spec.attributes {
		a := &spec.attributes[i]
		value, set := d.values[a.name]
		switch {
		case set && !(value.IsKnown() && value.IsNull()):
			continue
		case a.required:
			s.report(mistake(of.header, "Missing attribute", strings.TrimSpace(fmt.Sprintf("%s needs %s: %s. %s", of.name, a.name, wantedValue(a), a.description))))
			d.values[a.name] = cty.DynamicVal
		case a.fallback != cty.NilVal:
			d.values[a.name] = a.fallback
		default:
			d.values[a.name] = cty.NullVal(a.kind)
		}
	}
	for _, block := range body.Blocks {
		s.nestedBlock(d, block, of, each)
	}
	for _, n := range spec.blocks {
		switch count := len(d.blocks[n.name]); {
		case count < n.minimum:
			s.report(mistake(of.header, "Missing block", fmt.Sprintf("%s needs %s %s %s { … }; found %d.", of.name,
				atLeast(n.minimum), plural("block", n.minimum), n.name, count)))
		case n.maximum > 0 && count > n.maximum:
			s.report(mistake(d.blocks[n.name][n.maximum].header, "Too many blocks", fmt.Sprintf(
				"%s takes at most %d %s %s; found %d.", of.name, n.maximum, plural("block", n.maximum), n.name, count)))
		}
	}
	return d
}

func (s *scope) nestedBlock(d *decoded, block *hclsyntax.Block, of owner, each cty.Value) {
	wanted := d.spec.block(block.Type)
	if wanted == nil {
		s.visit(block.Body, each)
		s.report(mistake(block.TypeRange, "Unknown block", strayBlock(block.Type, d.spec, of)))
		return
	}
	if len(block.Labels) > 0 {
		s.report(mistake(block.LabelRanges[0], "Label not expected", fmt.Sprintf("Write %s { … } without a label.", block.Type)))
	}
	inner := owner{name: block.Type, header: block.DefRange()}
	d.blocks[block.Type] = append(d.blocks[block.Type], s.decode(block.Body, wanted.spec, inner, each))
}

// visit evaluates a body without a spec, for the mistakes in its expressions.
func (s *scope) visit(body *hclsyntax.Body, each cty.Value) {
	for _, a := range attributesOf(body) {
		s.evaluate(a.Expr, each)
	}
	for _, block := range body.Blocks {
		s.visit(block.Body, each)
	}
}

func (s *scope) attribute(written *hclsyntax.Attribute, wanted *attribute, each cty.Value) cty.Value {
	value := s.evaluate(written.Expr, each)
	if !value.IsWhollyKnown() {
		return cty.DynamicVal
	}
	if value.IsNull() {
		return cty.NullVal(wanted.kind)
	}
	accepted, problems := wanted.accept(value)
	for _, p := range problems {
		s.report(mistake(rangeInExpression(written.Expr, p.path), p.summary, p.detail))
	}
	if len(problems) > 0 {
		return cty.DynamicVal
	}
	return accepted
}

// attributesOf lists attributes in the order in which they are written.
func attributesOf(body *hclsyntax.Body) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(body.Attributes), func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
}

func strayAttribute(name string, spec *spec, of owner) string {
	if spec.block(name) != nil {
		return fmt.Sprintf("%s is a block: write %s { … } without an equals sign.", name, name)
	}
	return fmt.Sprintf("%s has no attribute %q.%s", of.name, name,
		expected(name, spec.names(), "It has", "It has no attributes"))
}

func strayBlock(name string, spec *spec, of owner) string {
	if a := spec.attribute(name); a != nil {
		return fmt.Sprintf("%s is an attribute: write %s = followed by %s.", name, name, wanted(a.kind))
	}
	return fmt.Sprintf("%s has no block %q.%s", of.name, name,
		expected(name, spec.names(), "It has", "It has no blocks"))
}

func atLeast(n int) string {
	if n == 1 {
		return "a"
	}
	return fmt.Sprintf("at least %d", n)
}

func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// object is the body as expressions see it.
func (d *decoded) object() map[string]cty.Value {
	object := maps.Clone(d.values)
	for _, n := range d.spec.blocks {
		var elements []cty.Value
		for _, block := range d.blocks[n.name] {
			elements = append(elements, cty.ObjectVal(block.object()))
		}
		switch {
		case n.maximum != 1:
			object[n.name] = cty.TupleVal(elements)
		case len(elements) > 0:
			object[n.name] = elements[0]
		default:
			object[n.name] = cty.NullVal(cty.DynamicPseudoType)
		}
	}
	return object
}

// config is the part of a body that a spec covers, as JSON. The body must be free of mistakes.
func (d *decoded) config(spec *spec) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	for _, a := range spec.attributes {
		value := d.values[a.name]
		if value == cty.NilVal || value.IsNull() {
			continue
		}
		text, err := valueJSON(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		fields[a.name] = text
	}
	for _, n := range spec.blocks {
		var list []json.RawMessage
		for _, block := range d.blocks[n.name] {
			text, err := block.config(n.spec)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", n.name, err)
			}
			list = append(list, text)
		}
		switch {
		case len(list) == 0:
		case n.maximum == 1:
			fields[n.name] = list[0]
		default:
			text, err := json.Marshal(list)
			if err != nil {
				return nil, err
			}
			fields[n.name] = text
		}
	}
	return json.Marshal(fields)
}

// valueJSON writes a value such that equal numbers give equal text, however they were written or computed.
func valueJSON(value cty.Value) (json.RawMessage, error) {
	rounded, err := cty.Transform(value, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsNull() || v.Type() != cty.Number || v.AsBigFloat().IsInt() {
			return v, nil
		}
		f, _ := v.AsBigFloat().Float64()
		return cty.NumberFloatVal(f), nil
	})
	if err != nil {
		return nil, err
	}
	return ctyjson.Marshal(rounded, rounded.Type())
}

// The readers below give an attribute's value, and false where there is none or a mistake was made.

func (d *decoded) known(name string) (cty.Value, bool) {
	if d == nil {
		return cty.NilVal, false
	}
	value, there := d.values[name]
	return value, there && value.IsWhollyKnown() && !value.IsNull()
}

func (d *decoded) text(name string) (string, bool) {
	value, ok := d.known(name)
	if !ok {
		return "", false
	}
	return value.AsString(), true
}

func (d *decoded) texts(name string) ([]string, bool) {
	value, ok := d.known(name)
	if !ok {
		return nil, false
	}
	var texts []string
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		texts = append(texts, element.AsString())
	}
	return texts, true
}

func (d *decoded) number(name string) (float64, bool) {
	value, ok := d.known(name)
	if !ok {
		return 0, false
	}
	f, _ := value.AsBigFloat().Float64()
	return f, true
}

func (d *decoded) numbers(name string) ([]float64, bool) {
	value, ok := d.known(name)
	if !ok {
		return nil, false
	}
	var numbers []float64
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		f, _ := element.AsBigFloat().Float64()
		numbers = append(numbers, f)
	}
	return numbers, true
}

// whole is for attributes whose bounds keep them within an int.
func (d *decoded) whole(name string) (int, bool) {
	f, ok := d.number(name)
	return int(f), ok
}

func (d *decoded) truth(name string) (value, ok bool) {
	v, ok := d.known(name)
	return ok && v.True(), ok
}

// block is the one block of a name, or nil.
func (d *decoded) block(name string) *decoded {
	if d == nil || len(d.blocks[name]) == 0 {
		return nil
	}
	return d.blocks[name][0]
}

// at is where an attribute's value stands, or the body's header.
func (d *decoded) at(name string, path ...string) hcl.Range {
	if a := d.body.Attributes[name]; a != nil {
		return rangeInExpression(a.Expr, path)
	}
	return d.header
}
