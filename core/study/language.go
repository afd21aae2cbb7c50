package study

import (
	"github.com/zclconf/go-cty/cty"

	"harness/core/protocol/harnesspb"
)

// languageSpec is what the language adds to the block of a plugin.
func languageSpec(kind string, description *harnesspb.Description) spec {
	forEach := attribute{name: "for_each", kind: cty.DynamicPseudoType}
	switch kind {
	case "model":
		if !description.GetNeedsCheckpoint() {
			return spec{attributes: []attribute{forEach}}
		}
		return spec{
			attributes: []attribute{{name: "source", kind: cty.String, check: notEmpty}, forEach},
			blocks:     []nested{{name: "scratch", spec: scratchSpec(), maximum: 1}},
		}
	case "adapter":
		models := attribute{name: "models", kind: cty.DynamicPseudoType, check: referencesTo("model")}
		if !description.GetTrains() {
			return spec{attributes: []attribute{models, forEach}}
		}
		return spec{attributes: []attribute{{name: "load", kind: cty.String, check: notEmpty}, models, forEach}}
	case "dataset":
		return spec{attributes: []attribute{
			{name: "split", kind: cty.Object(map[string]cty.Type{"validation": cty.Number}), check: properShare},
			{name: "limit", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1e9)},
		}}
	case "benchmark":
		return spec{attributes: []attribute{{name: "bugs", kind: cty.List(cty.String), check: distinct}}}
	}
	return spec{}
}

func scratchSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "config", kind: cty.DynamicPseudoType, required: true, check: anObject},
		{name: "dataset", kind: cty.DynamicPseudoType, required: true, check: referenceTo("dataset")},
		// A byte-level vocabulary holds at least every byte and the end token.
		{name: "vocabulary", kind: cty.Number, required: true, whole: true, minimum: bound(257), maximum: bound(1 << 20)},
	}}
}

func studySpec() *spec {
	return &spec{attributes: []attribute{
		{name: "title", kind: cty.String, fallback: cty.StringVal("")},
		{name: "seed", kind: cty.Number, whole: true, minimum: bound(0), fallback: cty.Zero, check: aSeed},
	}}
}

func promptSpec() *spec {
	return &spec{attributes: []attribute{{name: "buggy_lines", kind: cty.Bool, required: true}}}
}

// trainSpec has the defaults of Hugging Face's Trainer where those of the reference study do not differ, but for the
// schedule: a rate that ignores the number of epochs lets all of a grid's epochs share one run.
func trainSpec() *spec {
	grid := &spec{attributes: []attribute{
		{name: "learning_rate", kind: cty.List(cty.Number), required: true, check: learningRates},
		{name: "epochs", kind: cty.List(cty.Number), required: true, whole: true, maximum: bound(10000), check: epochs},
	}}
	choice := &spec{attributes: []attribute{
		{name: "metric", kind: cty.String, oneOf: []string{"validation.loss"}, fallback: cty.StringVal("validation.loss")},
		{name: "goal", kind: cty.String, oneOf: []string{"min", "max"}, fallback: cty.StringVal("min")},
	}}
	return &spec{
		attributes: []attribute{
			{name: "dataset", kind: cty.DynamicPseudoType, required: true, check: referenceTo("dataset")},
			{name: "optimizer", kind: cty.String, oneOf: []string{"adamw"}, fallback: cty.StringVal("adamw")},
			{name: "betas", kind: cty.List(cty.Number), minimum: bound(0), maximum: bound(1), check: twoBelowOne,
				fallback: cty.ListVal([]cty.Value{cty.NumberFloatVal(0.9), cty.NumberFloatVal(0.999)})},
			{name: "epsilon", kind: cty.Number, fallback: cty.NumberFloatVal(1e-8), check: positive},
			{name: "weight_decay", kind: cty.Number, minimum: bound(0), fallback: cty.Zero},
			{name: "schedule", kind: cty.String, oneOf: []string{"constant", "linear"}, fallback: cty.StringVal("constant")},
			{name: "warmup_steps", kind: cty.Number, whole: true, minimum: bound(0), maximum: bound(1e9), fallback: cty.Zero},
			{name: "batch_size", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20), fallback: cty.NumberIntVal(4)},
			{name: "clip", kind: cty.Number, minimum: bound(0), fallback: cty.NumberIntVal(1)},
			{name: "max_length", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 24), fallback: cty.NumberIntVal(768)},
		},
		blocks: []nested{
			{name: "grid", spec: grid, minimum: 1, maximum: 1},
			{name: "select", spec: choice, maximum: 1},
		},
	}
}

// generateSpec leaves the defaults of beams and candidates to assembleGenerate: they hang on each other.
func generateSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "decode", kind: cty.String, oneOf: []string{"beam", "greedy"}, fallback: cty.StringVal("beam")},
		{name: "beams", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024)},
		{name: "candidates", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024)},
		{name: "max_new_tokens", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20), fallback: cty.NumberIntVal(128)},
		{name: "length_penalty", kind: cty.Number, fallback: cty.NumberIntVal(1)},
		{name: "early_stopping", kind: cty.Bool, fallback: cty.False},
		{name: "batch_size", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20)},
	}}
}

func sandboxSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "memory", kind: cty.String, check: aSize},
		{name: "cpus", kind: cty.Number, minimum: bound(0.1), maximum: bound(1024)},
		{name: "timeout", kind: cty.String, check: aDuration},
		{name: "workers", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024)},
	}}
}

func tableSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "title", kind: cty.String, fallback: cty.StringVal("")},
		{name: "rows", kind: cty.List(cty.String), required: true, check: labels},
		{name: "columns", kind: cty.List(cty.String), check: labels},
		{name: "value", kind: cty.String, check: metric},
		{name: "values", kind: cty.List(cty.String), check: metrics},
	}}
}

func bound(x float64) *float64 { return &x }
