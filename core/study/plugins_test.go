package study_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"harness/core/protocol/harnesspb"
)

// shelf is a PluginSource with schemas like those of real plugins, and some that no honest plugin has.
type shelf map[string]map[string]*harnesspb.Description

func (s shelf) Names(kind string) []string { return slices.Sorted(maps.Keys(s[kind])) }

func (s shelf) Describe(_ context.Context, kind, name string) (*harnesspb.Description, error) {
	if d := s[kind][name]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%s plugin %q did not start: exec format error", kind, name)
}

func plugins() shelf {
	number := func(x float64) *float64 { return &x }
	schema := func(attributes ...*harnesspb.Attribute) *harnesspb.Schema {
		return &harnesspb.Schema{Attributes: attributes}
	}
	lora := schema(
		&harnesspb.Attribute{Name: "rank", Type: `"number"`, DefaultJson: "8", Minimum: number(1), Maximum: number(4096)},
		&harnesspb.Attribute{Name: "alpha", Type: `"number"`, DefaultJson: "8", Minimum: number(0.001)},
		&harnesspb.Attribute{Name: "dropout", Type: `"number"`, DefaultJson: "0", Minimum: number(0), Maximum: number(0.99)},
		&harnesspb.Attribute{Name: "targets", Type: `["list","string"]`},
		&harnesspb.Attribute{Name: "bias", Type: `"string"`, DefaultJson: `"none"`, OneOf: []string{"none", "all", "lora_only"}},
		&harnesspb.Attribute{Name: "rslora", Type: `"bool"`, DefaultJson: "false"},
	)
	// everything that a schema can say
	kitchen := schema(
		&harnesspb.Attribute{Name: "any", Type: `"dynamic"`},
		&harnesspb.Attribute{Name: "shape", Type: `["object",{"height":"number","width":"number","note":"string"},["note"]]`},
		&harnesspb.Attribute{Name: "weights", Type: `["map","number"]`, DefaultJson: `{"a":0.5}`, Maximum: number(10)},
		&harnesspb.Attribute{Name: "tags", Type: `["set","string"]`},
		&harnesspb.Attribute{Name: "name", Type: "string"},
	)
	kitchen.Blocks = []*harnesspb.Block{
		{Name: "oven", Maximum: 1, Schema: schema(&harnesspb.Attribute{Name: "heat", Type: "number", Required: true})},
		{Name: "pot", Minimum: 1, Schema: schema(&harnesspb.Attribute{Name: "litres", Type: "number", DefaultJson: "2"})},
	}
	return shelf{
		"model": {
			"codegen": {Name: "codegen", NeedsCheckpoint: true, Schema: schema(
				&harnesspb.Attribute{Name: "dtype", Type: `"string"`, DefaultJson: `"f32"`, OneOf: []string{"f32", "bf16"}})},
			"replay": {Name: "replay", Generates: true, Schema: schema(
				&harnesspb.Attribute{Name: "folder", Type: "string", Required: true},
				&harnesspb.Attribute{Name: "files", Type: `["map","string"]`, Required: true})},
			"chat": {Name: "chat", Generates: true, Extract: "last-block"},
			"odd":  {Name: "odd", Generates: true, Extract: "methods"},
		},
		"adapter": {
			"none":     {Name: "none"},
			"lora":     {Name: "lora", Trains: true, Schema: lora},
			"full":     {Name: "full", Trains: true},
			"recorded": {Name: "recorded", Recorded: true, Schema: schema(&harnesspb.Attribute{Name: "method", Type: "string", Required: true})},
		},
		"dataset": {
			"jsonl":      {Name: "jsonl", Splits: true, Schema: schema(&harnesspb.Attribute{Name: "path", Type: "string", Required: true})},
			"micropairs": {Name: "micropairs", Schema: schema(&harnesspb.Attribute{Name: "samples", Type: "number", DefaultJson: "100", Minimum: number(1)})},
			"kitchen":    {Name: "kitchen", Schema: kitchen},
			"wrong-type": {Name: "wrong-type", Schema: schema(&harnesspb.Attribute{Name: "a", Type: `["strong"]`})},
			"greedy":     {Name: "greedy", Schema: schema(&harnesspb.Attribute{Name: "split", Type: "string"})},
			"dead":       nil,
		},
		"benchmark": {
			"microbugs": {Name: "microbugs"},
			"listed":    {Name: "listed", Bugs: []string{"Clamp", "Contains", "Hamming"}},
			"quixbugs":  {Name: "quixbugs", Schema: schema(&harnesspb.Attribute{Name: "source", Type: "string", DefaultJson: `"https://example.org/QuixBugs@4257f44"`})},
		},
	}
}
