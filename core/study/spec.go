package study

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// spec says what a body may hold, whether a plugin or this package defines it.
type spec struct {
	attributes []attribute
	blocks     []nested
}

// attribute is one name = value.
type attribute struct {
	name     string
	kind     cty.Type // DynamicPseudoType: any value
	required bool
	fallback cty.Value // cty.NilVal: none
	// Bounds of a number, or of each number in a list.
	minimum, maximum *float64
	whole            bool
	oneOf            []string
	// check finds what the rest cannot say. It sees a value of the right kind.
	check func(value cty.Value) *problem
}

// nested is a block within a body, without labels.
type nested struct {
	name             string
	spec             *spec
	minimum, maximum int // maximum 0: any number
}

// problem is a mistake in a value, or in the part of it that the path leads to.
type problem struct {
	path            []string
	summary, detail string
}

func (s *spec) attribute(name string) *attribute {
	for i := range s.attributes {
		if s.attributes[i].name == name {
			return &s.attributes[i]
		}
	}
	return nil
}

func (s *spec) block(name string) *nested {
	for i := range s.blocks {
		if s.blocks[i].name == name {
			return &s.blocks[i]
		}
	}
	return nil
}

func (s *spec) names() []string {
	var names []string
	for _, a := range s.attributes {
		names = append(names, a.name)
	}
	for _, b := range s.blocks {
		names = append(names, b.name)
	}
	return names
}

// with returns the spec with more attributes and blocks, which must not be there yet.
func (s *spec) with(more spec) (*spec, error) {
	for _, name := range more.names() {
		if slices.Contains(s.names(), name) {
			return nil, fmt.Errorf("its schema has %q, a name that is kept for the study language", name)
		}
	}
	return &spec{
		attributes: append(slices.Clone(s.attributes), more.attributes...),
		blocks:     append(slices.Clone(s.blocks), more.blocks...),
	}, nil
}

// accept turns a known value that is not null into one of the attribute's kind, or says what is wrong with it.
func (a *attribute) accept(value cty.Value) (cty.Value, *problem) {
	if p := strangers(value, a.kind, nil); p != nil {
		return cty.NilVal, p
	}
	converted, err := convert.Convert(value, a.kind)
	if err != nil {
		return cty.NilVal, a.wrongKind(value, err)
	}
	if p := hollow(converted, a.kind, nil); p != nil {
		return cty.NilVal, p
	}
	if p := a.numbers(converted, nil); p != nil {
		return cty.NilVal, p
	}
	if len(a.oneOf) > 0 && converted.Type() == cty.String && !contains(a.oneOf, converted.AsString()) {
		word := converted.AsString()
		detail := fmt.Sprintf("%s must be one of %s; found %s.", a.name, list(quoted(a.oneOf)), found(converted))
		if near := nearest(word, a.oneOf); near != "" {
			detail += fmt.Sprintf(" Did you mean %q?", near)
		}
		return cty.NilVal, &problem{summary: "Unknown value", detail: detail}
	}
	if a.check != nil {
		if p := a.check(converted); p != nil {
			return cty.NilVal, p
		}
	}
	return converted, nil
}

func (a *attribute) wrongKind(value cty.Value, err error) *problem {
	p := &problem{summary: "Wrong type", detail: fmt.Sprintf("%s must be %s; found %s.", a.name, wanted(a.kind), found(value))}
	within, ok := err.(cty.PathError)
	if !ok || len(within.Path) == 0 {
		return p
	}
	part, err := within.Path.Apply(value)
	if err != nil {
		return p
	}
	p.path = pathText(within.Path)
	if part.IsWhollyKnown() {
		p.detail = fmt.Sprintf("%s must be %s; found %s in it.", a.name, wanted(a.kind), found(part))
	}
	return p
}

func pathText(path cty.Path) []string {
	var steps []string
	for _, step := range path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			steps = append(steps, step.Name)
		case cty.IndexStep:
			switch {
			case step.Key.IsNull() || !step.Key.IsKnown():
				return steps
			case step.Key.Type() == cty.String:
				steps = append(steps, step.Key.AsString())
			case step.Key.Type() == cty.Number:
				steps = append(steps, number(step.Key))
			default:
				return steps
			}
		}
	}
	return steps
}

// strangers finds an attribute that an object type does not have; a conversion would drop it in silence.
func strangers(value cty.Value, kind cty.Type, path []string) *problem {
	if value.IsNull() || !value.IsKnown() || !kind.IsObjectType() && !kind.IsCollectionType() || !value.CanIterateElements() {
		return nil
	}
	names := kind.IsObjectType() && (value.Type().IsObjectType() || value.Type().IsMapType())
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		below := slices.Clone(path)
		if !value.Type().IsSetType() {
			below = append(below, pathText(cty.Path{cty.IndexStep{Key: key}})...)
		}
		of := cty.DynamicPseudoType
		switch {
		case names && !kind.HasAttribute(key.AsString()):
			name := key.AsString()
			return &problem{path: below, summary: "Unknown attribute", detail: fmt.Sprintf(
				"There is no %q here.%s", name, expected(name, attributeNames(kind), "Expected are", "Nothing is expected"))}
		case names:
			of = kind.AttributeType(key.AsString())
		case kind.IsCollectionType():
			of = kind.ElementType()
		}
		if p := strangers(element, of, below); p != nil {
			return p
		}
	}
	return nil
}

func attributeNames(kind cty.Type) []string {
	var names []string
	for name := range kind.AttributeTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// hollow finds a null where a value has to be: only optional attributes of objects may have none.
func hollow(value cty.Value, kind cty.Type, path []string) *problem {
	if value.IsNull() {
		return &problem{path: path, summary: "Value is null", detail: "There must be a value here; found null."}
	}
	if !value.CanIterateElements() {
		return nil
	}
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		of := cty.DynamicPseudoType
		switch {
		case kind.IsObjectType():
			if element.IsNull() && kind.AttributeOptional(key.AsString()) {
				continue
			}
			of = kind.AttributeType(key.AsString())
		case kind.IsCollectionType():
			of = kind.ElementType()
		}
		below := slices.Clone(path)
		if !value.Type().IsSetType() {
			below = append(below, pathText(cty.Path{cty.IndexStep{Key: key}})...)
		}
		if p := hollow(element, of, below); p != nil {
			return p
		}
	}
	return nil
}

// numbers checks every number in a value: that it fits in 64 bits, and the attribute's bounds.
func (a *attribute) numbers(value cty.Value, path []string) *problem {
	if value.IsNull() {
		return nil
	}
	if value.Type() == cty.Number {
		if detail := a.outOfBounds(value.AsBigFloat()); detail != "" {
			return &problem{path: path, summary: "Number out of bounds", detail: fmt.Sprintf("%s %s; found %s.", a.name, detail, found(value))}
		}
		return nil
	}
	if !value.CanIterateElements() {
		return nil
	}
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		below := slices.Clone(path)
		if !value.Type().IsSetType() {
			below = append(below, pathText(cty.Path{cty.IndexStep{Key: key}})...)
		}
		if p := a.numbers(element, below); p != nil {
			return p
		}
	}
	return nil
}

func (a *attribute) outOfBounds(n *big.Float) string {
	f, _ := n.Float64()
	switch {
	case math.IsInf(f, 0):
		return "must be a number of at most 1.8e308"
	case f == 0 && n.Sign() != 0:
		return "must be 0 or a number that 64 bits can hold"
	case a.minimum != nil && a.maximum != nil && (f < *a.minimum || f > *a.maximum):
		return fmt.Sprintf("must be between %v and %v", *a.minimum, *a.maximum)
	case a.minimum != nil && f < *a.minimum:
		return fmt.Sprintf("must be at least %v", *a.minimum)
	case a.maximum != nil && f > *a.maximum:
		return fmt.Sprintf("must be at most %v", *a.maximum)
	case a.whole && !n.IsInt():
		return "must be a whole number"
	}
	return ""
}
