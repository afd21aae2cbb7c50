package study

import (
	"cmp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"harness/core/extract"
	"harness/core/protocol/harnesspb"
	"harness/core/score"
)

// languageSpec is what the language adds to the block of a plugin.
func languageSpec(kind string, description *harnesspb.Description) spec {
	switch kind {
	case "model":
		if !description.GetNeedsCheckpoint() {
			return spec{attributes: []attribute{extraction(), forEach()}}
		}
		return spec{attributes: modelAttributes(), blocks: []nested{{
			name: "scratch", spec: scratchSpec(), maximum: 1,
			description: "Makes a checkpoint with random weights and a tokenizer of its own, in the place of source.",
		}}}
	case "adapter":
		if !description.GetTrains() {
			return spec{attributes: adapterAttributes()}
		}
		load := attribute{name: "load", kind: cty.String, check: notEmpty,
			description: "Folder with finished weights in PEFT's layout. The adapter is then not trained, and the folder says how it is set. Relative paths start at the study's folder. Only for adapters that train."}
		return spec{attributes: append([]attribute{load}, adapterAttributes()...)}
	case "dataset":
		return spec{attributes: datasetAttributes()}
	case "benchmark":
		return spec{attributes: benchmarkAttributes()}
	}
	return spec{}
}

func forEach() attribute {
	return attribute{name: "for_each", kind: cty.DynamicPseudoType, expects: "a map or a set",
		description: "Repeats the block: one instance named NAME-KEY for each element, in whose body each.key and each.value stand for the element."}
}

func modelAttributes() []attribute {
	limit := maxPromptLength()
	limit.description = "Longest prompt in tokens for this model, in the place of the limit in generate."
	return []attribute{
		{name: "source", kind: cty.String, check: notEmpty,
			description: "Folder of the checkpoint in Hugging Face's layout. Relative paths start at the study's folder. Only for families that need a checkpoint."},
		limit, extraction(), forEach(),
	}
}

// extraction says which part of an answer is the code.
func extraction() attribute {
	return attribute{name: "extract", kind: cty.String, oneOf: extract.Rules(), otherwise: `the family's own, "none" for those built in`,
		description: "Which part of an answer is the code: none takes all of it, code-block the first block between Markdown fences, last-block the last one, and method a whole method, which takes the place of the buggy one. A change decodes nothing again."}
}

// familyRule is what a family's description says about its answers.
func familyRule(description *harnesspb.Description) extract.Rule {
	return extract.Rule(cmp.Or(description.GetExtract(), string(extract.None)))
}

func adapterAttributes() []attribute {
	return []attribute{
		{name: "models", kind: cty.DynamicPseudoType, check: referencesTo("model"), expects: "a list of references such as [" + exampleOf("model") + "]",
			otherwise: "all models", description: "The only models that the adapter is combined with."},
		{name: "prompts", kind: cty.DynamicPseudoType, check: referencesTo("prompt"), expects: "a list of references such as [" + exampleOf("prompt") + "]",
			otherwise: "all prompts", description: "The only prompts that the adapter is combined with."},
		forEach(),
	}
}

func datasetAttributes() []attribute {
	return []attribute{
		{name: "split", kind: cty.Object(map[string]cty.Type{"validation": cty.Number}), check: properShare, expects: "an object such as { validation = 0.05 }",
			description: "Sets a share of the samples apart for validation: more than 0 and less than 1."},
		{name: "limit", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1e9), otherwise: "all samples",
			description: "Uses this many samples, counted before duplicates and leaks are dropped."},
		{name: "leakage", kind: cty.String, oneOf: []string{"drop", "keep", "fail"}, fallback: cty.StringVal("drop"),
			description: "What happens to samples that contain, equal or resemble a method that the fix of a benchmark's bug changes: drop removes them, keep trains on them and lists them, fail stops the study."},
		// Methods of one style are alike by more than 0.3 without a common origin.
		{name: "similarity", kind: cty.Number, minimum: bound(0.3), maximum: bound(1), fallback: cty.NumberFloatVal(0.8),
			description: "From which similarity on a method counts as leaked: the Jaccard index of the runs of three tokens."},
		{name: "duplicates", kind: cty.String, oneOf: []string{"drop", "keep"}, fallback: cty.StringVal("drop"),
			description: "What happens to samples that repeat an earlier one, apart from white space and comments."},
	}
}

func benchmarkAttributes() []attribute {
	const example = `{ class = "null" } or { class = ["null", "return"] }`
	return []attribute{
		{name: "bugs", kind: cty.List(cty.String), check: distinct, otherwise: "all bugs", description: "Only the bugs with these names."},
		{name: "where", kind: cty.DynamicPseudoType, check: valuesOf("bugs", example), expects: "an object such as " + example, otherwise: "all bugs",
			description: "Only the bugs whose labels have one of these values each. The harness adds the labels hunks, lines and functions to the benchmark's own."},
		{name: "max_new_tokens", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20), otherwise: "the limit in generate",
			description: "Longest answer in tokens for this benchmark's bugs."},
	}
}

func scratchSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "config", kind: cty.DynamicPseudoType, required: true, check: anObject, expects: "an object such as { n_layer = 2 }",
			description: "Content of the checkpoint's config.json, as the family reads it."},
		{name: "dataset", kind: cty.DynamicPseudoType, required: true, check: referenceTo("dataset"), expects: "a reference such as " + exampleOf("dataset"),
			description: "Data set whose text trains the tokenizer."},
		// A byte-level vocabulary holds at least every byte and the end token.
		{name: "vocabulary", kind: cty.Number, required: true, whole: true, minimum: bound(257), maximum: bound(1 << 20),
			description: "Number of tokens, special ones included."},
		{name: "tokens", kind: cty.List(cty.String), check: distinct,
			description: "Special tokens. They get the first ids in this order; those that the family needs and that are missing follow."},
		{name: "end_token", kind: cty.String, check: notEmpty, otherwise: `"<|endoftext|>"`, description: "Token that ends a text."},
		{name: "begin_token", kind: cty.String, check: notEmpty, otherwise: "the end token", description: "Token that begins a text."},
		{name: "pad_token", kind: cty.String, check: notEmpty, otherwise: "no token", description: "Token that fills rows up."},
	}}
}

func studySpec() *spec {
	return &spec{attributes: []attribute{
		{name: "title", kind: cty.String, fallback: cty.StringVal(""), description: "Title of the report."},
		{name: "seed", kind: cty.Number, whole: true, minimum: bound(0), fallback: cty.Zero, check: aSeed, expects: "a whole number of at least 0 and less than 2^64",
			description: "Where random numbers start: initial weights, dropout, order of samples, sampling."},
	}}
}

func promptSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "buggy_lines", kind: cty.Bool, required: true, description: "Whether the model is shown the buggy lines."},
	}}
}

func sandboxSpec() *spec {
	return &spec{attributes: []attribute{
		{name: "memory", kind: cty.String, check: aSize, expects: `a size from 32MiB to 64TiB, such as "2GiB" or "512MB"`, otherwise: "the benchmark's own limit",
			description: "Memory of one box. KiB, MiB and GiB are powers of 1024; kB, MB and GB of 1000."},
		{name: "cpus", kind: cty.Number, minimum: bound(0.1), maximum: bound(1024), otherwise: "the benchmark's own limit", description: "CPUs of one box."},
		{name: "timeout", kind: cty.String, check: aDuration, expects: `a duration from 1s to 24h, such as "60s" or "2m30s"`, otherwise: "the benchmark's own limit",
			description: "Longest time, by the clock, of one run of a candidate's tests. It does not replace the benchmark's limit on steps, which ends most endless loops."},
		{name: "workers", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024), otherwise: "the number of CPUs", description: "Boxes that run side by side."},
	}}
}

func tableSpec() *spec {
	const labelled = `a list of labels: "model", "adapter", "benchmark", "prompt" or "` + bugLabel + `LABEL"`
	return &spec{attributes: []attribute{
		{name: "title", kind: cty.String, fallback: cty.StringVal(""), description: "Title above the table."},
		{name: "rows", kind: cty.List(cty.String), required: true, check: labels, expects: labelled,
			description: "Labels of trials that name the rows; bug.LABEL divides each trial's bugs by one of their labels."},
		{name: "columns", kind: cty.List(cty.String), check: labels, expects: labelled, description: "Labels that name the columns, if any."},
		{name: "value", kind: cty.String, check: metric, expects: "a metric: " + strings.Join(score.MetricNames(), ", "),
			description: "The metric in the cells; this or values is needed."},
		{name: "values", kind: cty.List(cty.String), check: metrics, expects: `a list of metrics, such as ["pass@1", "fixed@1"]`,
			description: "Several metrics side by side, in the place of value."},
	}}
}

func voidSpec() *spec {
	const example = `{ model = "codellama" } or { adapter = ["lora", "ia3"] }`
	return &spec{attributes: []attribute{
		{name: "reason", kind: cty.String, required: true, check: notEmpty, description: "Why these published verdicts mean nothing. The report prints it."},
		{name: "where", kind: cty.DynamicPseudoType, check: valuesOf("trials", example), expects: "an object such as " + example, otherwise: "all trials",
			description: "Labels of the trials that the verdicts belong to."},
		{name: "bugs", kind: cty.List(cty.String), check: distinct, otherwise: "all bugs", description: "Names of the bugs that the verdicts are about."},
		{name: "ranks", kind: cty.List(cty.Number), whole: true, minimum: bound(0), maximum: bound(1e6), check: distinct, otherwise: "all ranks",
			description: "Ranks of the candidates, counted from 0."},
	}}
}

func bound(x float64) *float64 { return &x }
