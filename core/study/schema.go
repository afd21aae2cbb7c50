package study

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"harness/core/extract"
	"harness/core/protocol/harnesspb"
)

// pluginSpec is what the block of a plugin may hold: the plugin's own schema alone, and with what the language adds to
// its kind.
func pluginSpec(kind string, description *harnesspb.Description) (own, whole *spec, err error) {
	if own, err = schemaSpec(description.GetSchema(), maxSchemaDepth); err != nil {
		return nil, nil, fmt.Errorf("its schema is wrong: %w", err)
	}
	if rule := string(familyRule(description)); !contains(extract.Rules(), rule) {
		return nil, nil, fmt.Errorf("its description extracts %q from answers.%s", rule, expected(rule, extract.Rules(), "Expected are", ""))
	}
	if whole, err = own.with(languageSpec(kind, description)); err != nil {
		return nil, nil, err
	}
	return own, whole, nil
}

// maxSchemaDepth bounds how deep blocks nest in a schema.
const maxSchemaDepth = 8

// schemaSpec reads a schema, which came over a wire and is trusted in nothing.
func schemaSpec(schema *harnesspb.Schema, depth int) (*spec, error) {
	if depth == 0 {
		return nil, fmt.Errorf("its blocks nest deeper than %d levels", maxSchemaDepth)
	}
	s := &spec{}
	name := func(name string) error {
		if !hclsyntax.ValidIdentifier(name) {
			return fmt.Errorf("%q is not a name", name)
		}
		if contains(s.names(), name) {
			return fmt.Errorf("%s is there twice", name)
		}
		return nil
	}
	for _, a := range schema.GetAttributes() {
		if err := name(a.GetName()); err != nil {
			return nil, err
		}
		read, err := schemaAttribute(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.GetName(), err)
		}
		s.attributes = append(s.attributes, read)
	}
	for _, b := range schema.GetBlocks() {
		if err := name(b.GetName()); err != nil {
			return nil, err
		}
		inner, err := schemaSpec(b.GetSchema(), depth-1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.GetName(), err)
		}
		n := nested{name: b.GetName(), spec: inner, minimum: int(b.GetMinimum()), maximum: int(b.GetMaximum()), description: b.GetDescription()}
		if n.minimum < 0 || n.maximum < 0 || n.maximum > 0 && n.minimum > n.maximum {
			return nil, fmt.Errorf("%s: from %d to %d blocks", n.name, n.minimum, n.maximum)
		}
		s.blocks = append(s.blocks, n)
	}
	return s, nil
}

func schemaAttribute(a *harnesspb.Attribute) (attribute, error) {
	read := attribute{
		name: a.GetName(), required: a.GetRequired(), oneOf: a.GetOneOf(), minimum: a.Minimum, maximum: a.Maximum,
		description: a.GetDescription(),
	}
	var err error
	if read.kind, err = schemaType(a.GetType()); err != nil {
		return attribute{}, err
	}
	if len(read.oneOf) > 0 && read.kind != cty.String {
		return attribute{}, errors.New("only a string can have a list of values")
	}
	if a.GetDefaultJson() == "" {
		return read, nil
	}
	if read.required {
		return attribute{}, errors.New("it is required and has a default")
	}
	if len(a.GetDefaultJson()) > maxSchemaText {
		return attribute{}, fmt.Errorf("its default is longer than %d bytes", maxSchemaText)
	}
	written := []byte(a.GetDefaultJson())
	implied, err := ctyjson.ImpliedType(written)
	if err != nil {
		return attribute{}, fmt.Errorf("the default %q is not JSON: %w", a.GetDefaultJson(), err)
	}
	fallback, err := ctyjson.Unmarshal(written, implied)
	if err != nil {
		return attribute{}, fmt.Errorf("the default %q is not JSON: %w", a.GetDefaultJson(), err)
	}
	if fallback.IsNull() {
		return read, nil
	}
	var problems []problem
	if read.fallback, problems = read.accept(fallback); len(problems) > 0 {
		return attribute{}, fmt.Errorf("the default is wrong: %s", problems[0].detail)
	}
	return read, nil
}

// maxSchemaText bounds the types and defaults of a schema, in bytes.
const maxSchemaText = 1 << 14

// schemaType reads a type constraint in cty's JSON. The bare word of a type without parts is taken too.
func schemaType(text string) (t cty.Type, err error) {
	if len(text) > maxSchemaText {
		return cty.NilType, fmt.Errorf("its type is longer than %d bytes", maxSchemaText)
	}
	source := []byte(text)
	if !json.Valid(source) {
		if source, err = json.Marshal(text); err != nil {
			return cty.NilType, err
		}
	}
	defer func() { // cty panics where an optional attribute is not declared
		if recover() != nil {
			t, err = cty.NilType, fmt.Errorf("%q is not a type", text)
		}
	}()
	if t, err = ctyjson.UnmarshalType(source); err != nil {
		return cty.NilType, fmt.Errorf("%q is not a type", text)
	}
	return t, nil
}
