package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"harness/core/protocol/harnesspb"
)

// Reference describes the study language. It is made from what Load checks a study against, so both always agree.
type Reference struct {
	Blocks    []BlockReference // in the order in which a study is usually written
	Functions []FunctionReference
}

// BlockReference describes a type of block.
type BlockReference struct {
	Type        string   // "adapter"
	Labels      []string // what the words behind the type are: "TYPE", "NAME"
	Description string
	Single      bool // a study has at most one
	Plugin      bool // a plugin adds attributes of its own
	Body        BodyReference
}

// BodyReference describes what a block holds.
type BodyReference struct {
	Attributes []AttributeReference
	Blocks     []NestedReference
}

// AttributeReference describes one NAME = VALUE line.
type AttributeReference struct {
	Name        string
	Accepts     string // in words, as diagnostics say it
	Required    bool
	Default     string // in HCL; empty for none
	Otherwise   string // in words: what holds if the attribute is not set and has no default; may be empty
	Description string
}

// NestedReference describes a block within a block.
type NestedReference struct {
	Name             string
	Description      string
	Minimum, Maximum int // how many there are; Maximum 0: any number
	Body             BodyReference
}

// FunctionReference describes a function that expressions may call.
type FunctionReference struct {
	Name        string
	Parameters  []string // the last ends with "..." if it may be repeated
	Description string
}

// Language describes the study language, without the attributes of plugins.
func Language() Reference {
	var r Reference
	known := forms()
	for _, name := range blockOrder() {
		f := known[name]
		r.Blocks = append(r.Blocks, BlockReference{
			Type: name, Labels: f.labels, Description: f.description, Single: f.single,
			Plugin: slices.Contains(f.labels, "TYPE"), Body: blockSpec(name).reference(),
		})
	}
	all := functions(".")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f := FunctionReference{Name: name, Description: all[name].Description()}
		for _, p := range all[name].Params() {
			f.Parameters = append(f.Parameters, p.Name)
		}
		if p := all[name].VarParam(); p != nil {
			f.Parameters = append(f.Parameters, p.Name+"...")
		}
		r.Functions = append(r.Functions, f)
	}
	return r
}

// PluginReference describes the attributes and blocks that a plugin's schema adds to its block. The error says what is
// wrong with the schema.
func PluginReference(description *harnesspb.Description) (BodyReference, error) {
	own, _, err := pluginSpec(description.GetKind(), description)
	if err != nil {
		return BodyReference{}, fmt.Errorf("%s plugin %q: %w", description.GetKind(), description.GetName(), err)
	}
	return own.reference(), nil
}

// blockOrder lists the types of blocks in the order in which a study is usually written.
func blockOrder() []string {
	return []string{"study", "variable", "locals", "model", "adapter", "dataset", "benchmark", "prompt", "train", "generate", "sandbox", "engine", "table", "void"}
}

// blockSpec is what the language itself allows in a type of block.
func blockSpec(name string) *spec {
	switch name {
	case "study":
		return studySpec()
	case "variable":
		return variableSpec()
	case "prompt":
		return promptSpec()
	case "train":
		return trainSpec()
	case "generate":
		return generateSpec()
	case "sandbox":
		return sandboxSpec()
	case "table":
		return tableSpec()
	case "void":
		return voidSpec()
	}
	s := languageSpec(name, &harnesspb.Description{NeedsCheckpoint: true, Trains: true})
	return &s
}

func (s *spec) reference() BodyReference {
	var body BodyReference
	for i := range s.attributes {
		a := &s.attributes[i]
		r := AttributeReference{Name: a.name, Accepts: wantedValue(a), Required: a.required, Otherwise: a.otherwise, Description: a.description}
		if a.fallback != cty.NilVal {
			r.Default = strings.TrimSpace(string(hclwrite.TokensForValue(a.fallback).Bytes()))
		}
		body.Attributes = append(body.Attributes, r)
	}
	for _, n := range s.blocks {
		body.Blocks = append(body.Blocks, NestedReference{
			Name: n.name, Description: n.description, Minimum: n.minimum, Maximum: n.maximum, Body: n.spec.reference(),
		})
	}
	return body
}
