package study

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"harness/core/internal/didyoumean"
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
	check func(value cty.Value) []problem
	// expects says in words which values are right, where the fields above say too little.
	expects string
	// otherwise says in words what holds if the attribute is not set and has no fallback.
	otherwise string
	// unsaid is the value that a recipe's message says by its zero value.
	unsaid string
	// description says what the attribute is for, in sentences.
	description string
}

// nested is a block within a body, without labels.
type nested struct {
	name             string
	spec             *spec
	minimum, maximum int // maximum 0: any number
	description      string
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

// accept turns a known value that is not null into one of the attribute's kind, or says all that is wrong with it.
func (a *attribute) accept(value cty.Value) (cty.Value, []problem) {
	// Before a conversion, which would write a number with its every digit where a text is wanted.
	size := attribute{name: a.name}
	if problems := append(misfits(value, a.kind, nil), size.numbers(value, nil)...); len(problems) > 0 {
		return cty.NilVal, problems
	}
	converted, err := convert.Convert(value, a.kind)
	if err != nil {
		return cty.NilVal, a.wrongKind(value, err)
	}
	problems := append(hollow(converted, a.kind, nil), a.numbers(converted, nil)...)
	if len(a.oneOf) > 0 && converted.Type() == cty.String && !contains(a.oneOf, converted.AsString()) {
		detail := fmt.Sprintf("%s must be %s; found %s.", a.name, wantedValue(a), found(converted))
		if near := didyoumean.Nearest(converted.AsString(), a.oneOf); near != "" && len(a.oneOf) > 1 {
			detail += fmt.Sprintf(" Did you mean %q?", near)
		}
		problems = append(problems, problem{summary: "Unknown value", detail: detail})
	}
	if len(problems) == 0 && a.check != nil {
		problems = a.check(converted)
	}
	if len(problems) > 0 {
		return cty.NilVal, problems
	}
	return converted, nil
}

// wantedValue describes what an attribute must be.
func wantedValue(a *attribute) string {
	switch {
	case a.expects != "":
		return a.expects
	case len(a.oneOf) == 1:
		return quoted(a.oneOf)[0]
	case len(a.oneOf) > 1:
		return "one of " + list(quoted(a.oneOf))
	}
	return strings.Replace(wanted(a.kind), "a number", a.wantedNumber(), 1)
}

// wantedNumber describes what a number in the attribute must be.
func (a *attribute) wantedNumber() string {
	number := "a number"
	if a.whole {
		number = "a whole number"
	}
	switch {
	case a.minimum != nil && a.maximum != nil:
		return fmt.Sprintf("%s between %s and %s", number, plain(*a.minimum), plain(*a.maximum))
	case a.minimum != nil:
		return fmt.Sprintf("%s of at least %s", number, plain(*a.minimum))
	case a.maximum != nil:
		return fmt.Sprintf("%s of at most %s", number, plain(*a.maximum))
	}
	return number
}

// plain writes a bound without an exponent, unless it would have too many digits.
func plain(x float64) string {
	if math.Abs(x) < 1e17 && math.Abs(x) >= 1e-6 || x == 0 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func (a *attribute) wrongKind(value cty.Value, err error) []problem {
	p := problem{summary: "Wrong type", detail: fmt.Sprintf("%s must be %s; found %s.", a.name, wantedValue(a), found(value))}
	if inner, kind, path := innermostMismatch(value, a.kind); len(path) > 0 {
		p.path = path
		p.detail = fmt.Sprintf("%s in %s must be %s; found %s.", path[len(path)-1], a.name, wanted(kind), found(inner))
		return []problem{p}
	}
	var within cty.PathError
	if !errors.As(err, &within) || len(within.Path) == 0 {
		return []problem{p}
	}
	if part, err := within.Path.Apply(value); err == nil && part.IsWhollyKnown() {
		p.path = pathText(within.Path)
		p.detail = fmt.Sprintf("%s must be %s; found %s in it.", a.name, wantedValue(a), found(part))
	}
	return []problem{p}
}

// innermostMismatch leads to the innermost attribute of an object that keeps a value from being of a kind; the path is empty where
// that is the value itself, or an element of a list.
func innermostMismatch(value cty.Value, kind cty.Type) (cty.Value, cty.Type, []string) {
	if !kind.IsObjectType() || value.IsNull() || !value.IsKnown() || !value.Type().IsObjectType() {
		return value, kind, nil
	}
	for _, name := range attributeNames(kind) {
		if !value.Type().HasAttribute(name) {
			continue
		}
		of := kind.AttributeType(name)
		if inner := value.GetAttr(name); !inner.IsNull() {
			if _, err := convert.Convert(inner, of); err != nil {
				part, of, path := innermostMismatch(inner, of)
				return part, of, append([]string{name}, path...)
			}
		}
	}
	return value, kind, nil
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

// elements calls a function for each part of a list, set, map or object, with the kind that it should have.
func elements(value cty.Value, kind cty.Type, path []string, each func(element cty.Value, kind cty.Type, path []string) []problem) []problem {
	if value.IsNull() || !value.CanIterateElements() {
		return nil
	}
	var problems []problem
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		of := cty.DynamicPseudoType
		switch {
		case kind.IsCollectionType():
			of = kind.ElementType()
		case kind.IsObjectType() && key.Type() == cty.String && kind.HasAttribute(key.AsString()):
			of = kind.AttributeType(key.AsString())
		}
		below := path
		if !value.Type().IsSetType() { // whose elements have no place
			below = append(slices.Clone(path), pathText(cty.Path{cty.IndexStep{Key: key}})...)
		}
		problems = append(problems, each(element, of, below)...)
	}
	return problems
}

// misfits finds attributes of objects that are not expected, which a conversion would drop in silence, and those that
// are missing.
func misfits(value cty.Value, kind cty.Type, path []string) []problem {
	var problems []problem
	if kind.IsObjectType() && !value.IsNull() && (value.Type().IsObjectType() || value.Type().IsMapType()) {
		given := map[string]bool{}
		for it := value.ElementIterator(); it.Next(); {
			key, _ := it.Element()
			name := key.AsString()
			given[name] = true
			if !kind.HasAttribute(name) {
				problems = append(problems, problem{path: append(slices.Clone(path), name), summary: "Unknown attribute", detail: fmt.Sprintf(
					"There is no %q here.%s", name, expected(name, attributeNames(kind), "Expected are", "Nothing is expected"))})
			}
		}
		for _, name := range attributeNames(kind) {
			if !given[name] && !kind.AttributeOptional(name) && len(problems) == 0 { // else it is misspelt
				problems = append(problems, problem{path: path, summary: "Missing attribute", detail: fmt.Sprintf(
					"The object needs %s: %s.", name, wanted(kind.AttributeType(name)))})
			}
		}
	}
	return append(problems, elements(value, kind, path, misfits)...)
}

func attributeNames(kind cty.Type) []string {
	return slices.Sorted(maps.Keys(kind.AttributeTypes()))
}

// hollow finds nulls where a value has to be. Where any value may be, so may null.
func hollow(value cty.Value, kind cty.Type, path []string) []problem {
	switch {
	case kind == cty.DynamicPseudoType:
		return nil
	case value.IsNull():
		return []problem{{path: path, summary: "Value is null", detail: fmt.Sprintf("It must be %s; found null.", wanted(kind))}}
	}
	return elements(value, kind, path, func(element cty.Value, of cty.Type, below []string) []problem {
		if element.IsNull() && kind.IsObjectType() && kind.AttributeOptional(below[len(below)-1]) {
			return nil
		}
		return hollow(element, of, below)
	})
}

// numbers checks every number in a value: that it fits in 64 bits, and the attribute's bounds.
func (a *attribute) numbers(value cty.Value, path []string) []problem {
	if value.IsNull() || value.Type() != cty.Number {
		return elements(value, cty.DynamicPseudoType, path, func(element cty.Value, _ cty.Type, below []string) []problem {
			return a.numbers(element, below)
		})
	}
	if detail := a.outOfBounds(value.AsBigFloat()); detail != "" {
		return []problem{{path: path, summary: "Number out of bounds", detail: fmt.Sprintf("%s %s; found %s.", a.name, detail, found(value))}}
	}
	return nil
}

func (a *attribute) outOfBounds(n *big.Float) string {
	f, _ := n.Float64()
	low, high := a.minimum != nil && f < *a.minimum, a.maximum != nil && f > *a.maximum
	switch {
	case math.IsInf(f, 0):
		return "must be a number of at most 1.8e308"
	case f == 0 && n.Sign() != 0:
		return "must be 0 or a number that 64 bits can hold"
	case low || high || a.whole && !n.IsInt():
		return "must be " + a.wantedNumber()
	}
	return ""
}
