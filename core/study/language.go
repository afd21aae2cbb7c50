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
			attributes: []attribute{{name: "source", kind: cty.String, check: notEmpty}, maxPromptLength(), forEach},
			blocks:     []nested{{name: "scratch", spec: scratchSpec(), maximum: 1}},
		}
	case "adapter":
		only := []attribute{
			{name: "models", kind: cty.DynamicPseudoType, check: referencesTo("model")},
			{name: "prompts", kind: cty.DynamicPseudoType, check: referencesTo("prompt")},
			forEach,
		}
		if !description.GetTrains() {
			return spec{attributes: only}
		}
		return spec{attributes: append([]attribute{{name: "load", kind: cty.String, check: notEmpty}}, only...)}
	case "dataset":
		return spec{attributes: []attribute{
			{name: "split", kind: cty.Object(map[string]cty.Type{"validation": cty.Number}), check: properShare},
			{name: "limit", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1e9)},
			{name: "leakage", kind: cty.String, oneOf: []string{"drop", "keep", "fail"}, fallback: cty.StringVal("drop")},
			// Methods of one style are alike by more than 0.3 without a common origin.
			{name: "similarity", kind: cty.Number, minimum: bound(0.3), maximum: bound(1), fallback: cty.NumberFloatVal(0.8)},
			{name: "duplicates", kind: cty.String, oneOf: []string{"drop", "keep"}, fallback: cty.StringVal("drop")},
		}}
	case "benchmark":
		return spec{attributes: []attribute{
			{name: "bugs", kind: cty.List(cty.String), check: distinct},
			{name: "where", kind: cty.DynamicPseudoType, check: valuesOf("bugs", `{ class = "null" } or { class = ["null", "return"] }`)},
			{name: "max_new_tokens", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20)},
		}}
	}
	return spec{}
}

func scratchSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "config", kind: cty.DynamicPseudoType, required: true, check: anObject},
		{name: "dataset", kind: cty.DynamicPseudoType, required: true, check: referenceTo("dataset")},
		// A byte-level vocabulary holds at least every byte and the end token.
		{name: "vocabulary", kind: cty.Number, required: true, whole: true, minimum: bound(257), maximum: bound(1 << 20)},
		{name: "tokens", kind: cty.List(cty.String), check: distinct},
		{name: "end_token", kind: cty.String, check: notEmpty},
		{name: "begin_token", kind: cty.String, check: notEmpty},
		{name: "pad_token", kind: cty.String, check: notEmpty},
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

func voidSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "reason", kind: cty.String, required: true, check: notEmpty},
		{name: "where", kind: cty.DynamicPseudoType, check: valuesOf("trials", `{ model = "codellama" } or { adapter = ["lora", "ia3"] }`)},
		{name: "bugs", kind: cty.List(cty.String), check: distinct},
		{name: "ranks", kind: cty.List(cty.Number), whole: true, minimum: bound(0), maximum: bound(1e6), check: distinct},
	}}
}

func bound(x float64) *float64 { return &x }
