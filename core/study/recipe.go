package study

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"google.golang.org/protobuf/proto"

	"harness/core/protocol/harnesspb"
)

// trainSpec has the defaults of Hugging Face's Trainer where those of the reference study do not differ, but for the
// schedule: a rate that ignores the number of epochs lets all of a grid's epochs share one run. Defaults that hang on
// the optimizer or the metric are assembleTrain's.
func trainSpec() *spec {
	grid := &spec{attributes: []attribute{
		{name: "learning_rate", kind: cty.List(cty.Number), required: true, check: learningRates, expects: "a list, each a number of more than 0",
			description: "Learning rates to try."},
		{name: "epochs", kind: cty.List(cty.Number), required: true, whole: true, minimum: bound(1), maximum: bound(10000), check: distinct,
			description: "Numbers of epochs to try."},
	}}
	choice := &spec{attributes: []attribute{
		{name: "metric", kind: cty.String, oneOf: []string{"validation.loss", "validation.exact_match"}, fallback: cty.StringVal("validation.loss"),
			description: "Metric on the validation split that chooses."},
		{name: "goal", kind: cty.String, oneOf: []string{"min", "max"}, otherwise: `"min" for a loss, "max" for exact matches`, description: "Whether less or more is better."},
		{name: "epochs", kind: cty.String, oneOf: []string{"last", "all"}, fallback: cty.StringVal("last"),
			description: "Which checkpoints of a run can be chosen: the last, or one after each epoch (load_best_model_at_end of Hugging Face's Trainer)."},
	}}
	return &spec{
		attributes: slices.Concat([]attribute{{name: "dataset", kind: cty.DynamicPseudoType, required: true, check: referenceTo("dataset"),
			expects: "a reference such as " + exampleOf("dataset"), description: "Data set to train on."}}, optimizerAttributes(), batchAttributes()),
		blocks: []nested{
			{name: "grid", spec: grid, minimum: 1, maximum: 1, description: "Every combination of the values is trained."},
			{name: "select", spec: choice, maximum: 1, description: "How one combination of the grid is chosen, always on validation data and never on a benchmark."},
		},
	}
}

func optimizerAttributes() []attribute {
	return []attribute{
		{name: "optimizer", kind: cty.String, oneOf: []string{"adamw", "adafactor"}, fallback: cty.StringVal("adamw"),
			description: "Optimizer, as Hugging Face's Trainer sets it: adafactor without relative steps and without scaling by the parameter."},
		{name: "betas", kind: cty.List(cty.Number), minimum: bound(0), maximum: bound(1), check: twoBelowOne, expects: "a list of two numbers of at least 0 and less than 1",
			otherwise: "[0.9, 0.999]", description: "Decay rates of adamw's two moments."},
		{name: "epsilon", kind: cty.Number, check: positive, expects: "a number of more than 0", otherwise: "1e-8 for adamw, 1e-30 for adafactor",
			description: "What adamw adds to the root of the second moment, or adafactor to squared gradients."},
		{name: "decay_rate", kind: cty.Number, minimum: bound(-1), maximum: bound(0), otherwise: "-0.8", description: "Adafactor's second moment decays by 1 - step^decay_rate."},
		{name: "clip_threshold", kind: cty.Number, check: positive, expects: "a number of more than 0", otherwise: "1",
			description: "Adafactor scales updates with a larger root mean square down to this."},
		{name: "weight_decay", kind: cty.Number, minimum: bound(0), fallback: cty.Zero, description: "Weight decay, decoupled from the gradient."},
		{name: "decay", kind: cty.String, oneOf: []string{"weights", "all"}, fallback: cty.StringVal("weights"), unsaid: "weights",
			description: "Which parameters decay: weights leaves out biases and norms, as Hugging Face's Trainer does."},
		{name: "schedule", kind: cty.String, oneOf: []string{"constant", "linear", "cosine"}, fallback: cty.StringVal("constant"),
			description: "Learning rate after the warm-up. Only with constant can runs of different lengths share epochs."},
		{name: "warmup_steps", kind: cty.Number, whole: true, minimum: bound(0), maximum: bound(1e9), otherwise: "0", description: "Optimizer steps over which the learning rate rises from 0."},
		{name: "warmup_share", kind: cty.Number, minimum: bound(0), maximum: bound(1), otherwise: "0", description: "Share of all steps over which it rises, in the place of warmup_steps."},
		{name: "clip", kind: cty.Number, minimum: bound(0), fallback: cty.NumberIntVal(1), description: "Largest norm of the gradient; 0 for no limit."},
	}
}

func batchAttributes() []attribute {
	limit := maxPromptLength()
	limit.otherwise, limit.description = "no limit", "Longest prompt in tokens; samples with longer ones are left out."
	return []attribute{
		{name: "batch_size", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(4096), fallback: cty.NumberIntVal(4), description: "Samples in an optimizer step."},
		{name: "micro_batch", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(4096), otherwise: "as many as memory allows",
			description: "Samples computed at once; it changes the result by rounding only."},
		{name: "max_length", kind: cty.Number, whole: true, minimum: bound(0), maximum: bound(1 << 24), fallback: cty.NumberIntVal(768),
			description: "Longest sample in tokens; longer ones are left out, and plain text is cut into parts of this length. 0 for no limit."},
		limit,
		{name: "max_target_length", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 24), otherwise: "no limit",
			description: "Longest answer in tokens; samples with longer ones are left out."},
		{name: "packing", kind: cty.Bool, fallback: cty.False, description: "Whether several samples share a row, each seeing only itself."},
		{name: "padding", kind: cty.String, oneOf: []string{"right", "left-counted"}, fallback: cty.StringVal("right"), unsaid: "right",
			description: "Where rows are filled up. left-counted: on the left, and positions count the padding, as in a Trainer that gets no position ids."},
		precision("Number type of frozen weights and products. What trains stays in f32."),
		{name: "gradient_checkpointing", kind: cty.String, oneOf: []string{"auto", "on", "off"}, fallback: cty.StringVal("auto"), unsaid: "auto",
			description: "Whether the backward pass computes layers again instead of keeping their values; auto: where keeping them would take gigabytes."},
	}
}

// generateSpec leaves the defaults of what belongs to one way of decoding to assembleGenerate.
func generateSpec() *spec {
	limit := maxPromptLength()
	limit.otherwise, limit.description = "the model's positions", "Longest prompt in tokens; a bug with a longer one is not attempted."
	return &spec{attributes: []attribute{
		{name: "decode", kind: cty.String, oneOf: []string{"beam", "greedy", "sample"}, fallback: cty.StringVal("beam"), description: "How tokens are chosen."},
		{name: "beams", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024), otherwise: "10, or candidates if that is more", description: "Width of a beam search."},
		{name: "candidates", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1024), otherwise: "beams; 1 for greedy, 10 for sample",
			description: "Candidates for each bug; at most one for each beam."},
		{name: "length_penalty", kind: cty.Number, otherwise: "1", description: "Beam search divides a candidate's log-probability by its length to this power."},
		{name: "early_stopping", kind: cty.String, oneOf: []string{"false", "true", "never"}, otherwise: "false", unsaid: "false", // true and false are turned into texts
			description: "When a beam search ends, as in Hugging Face's generate."},
		{name: "temperature", kind: cty.Number, check: positive, expects: "a number of more than 0", otherwise: "1", description: "Sampling divides the logits by this."},
		{name: "top_k", kind: cty.Number, whole: true, minimum: bound(0), maximum: bound(1 << 24), otherwise: "0", description: "Sampling takes this many of the most probable tokens; 0 for all."},
		{name: "top_p", kind: cty.Number, maximum: bound(1), check: positive, expects: "a number of more than 0 and at most 1", otherwise: "1",
			description: "Sampling takes the most probable tokens that together have this probability."},
		{name: "max_new_tokens", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20), fallback: cty.NumberIntVal(128),
			description: "Longest answer in tokens. A benchmark may set its own."},
		limit,
		{name: "stop_strings", kind: cty.Bool, fallback: cty.True, description: "Whether a candidate ends where one of the family's stop strings appears."},
		precision("Number type of weights and products."),
		{name: "batch_size", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 20), otherwise: "the engine chooses", description: "Prompts decoded side by side."},
	}}
}

func maxPromptLength() attribute {
	return attribute{name: "max_prompt_length", kind: cty.Number, whole: true, minimum: bound(1), maximum: bound(1 << 24), otherwise: "the limit in generate"}
}

func precision(description string) attribute {
	return attribute{name: "precision", kind: cty.String, oneOf: []string{"f32", "bf16"}, fallback: cty.StringVal("f32"), unsaid: "f32", description: description}
}

func (l *loader) assembleTrain(c *decoded) *Train {
	if c == nil {
		return nil
	}
	t := &Train{place: place{c}, Dataset: c.reference("dataset"), Recipe: &harnesspb.Recipe{}}
	c.fill(t.Recipe)
	l.completeRecipe(c, t.Recipe)
	t.MaxLength, _ = c.whole("max_length")
	t.MaxPromptLength, _ = c.whole("max_prompt_length")
	t.MaxTargetLength, _ = c.whole("max_target_length")
	grid := c.block("grid")
	t.LearningRates, _ = grid.numbers("learning_rate")
	totals, _ := grid.numbers("epochs")
	for _, total := range totals {
		t.Epochs = append(t.Epochs, int(total))
	}
	t.Metric = "validation.loss"
	if choice := c.block("select"); choice != nil {
		t.Metric, _ = choice.text("metric")
		t.Goal, _ = choice.text("goal")
		epochs, _ := choice.text("epochs")
		t.EveryEpoch = epochs == "all"
	}
	if t.Goal == "" {
		t.Goal = map[string]string{"validation.loss": "min", "validation.exact_match": "max"}[t.Metric]
	}
	return t
}

// completeRecipe fills in each optimizer's own defaults and reports settings that do not go together. Adafactor's
// defaults are those of Hugging Face's Trainer, which turns its relative steps and its scaling by the parameter off.
func (l *loader) completeRecipe(c *decoded, r *harnesspb.Recipe) {
	_, hasEpsilon := c.known("epsilon")
	if r.Optimizer == "adafactor" {
		l.unused(c, "optimizer", r.Optimizer, "betas")
		r.Betas = nil
		if !hasEpsilon {
			r.Epsilon = 1e-30
		}
		if _, ok := c.known("decay_rate"); !ok {
			r.DecayRate = -0.8
		}
		if _, ok := c.known("clip_threshold"); !ok {
			r.ClipThreshold = 1
		}
	} else {
		l.unused(c, "optimizer", r.Optimizer, "decay_rate", "clip_threshold")
		if !hasEpsilon {
			r.Epsilon = 1e-8
		}
		if len(r.Betas) == 0 {
			r.Betas = []float64{0.9, 0.999}
		}
	}
	if r.WeightDecay == 0 {
		r.Decay = "" // decides nothing
	}
	if r.WarmupSteps > 0 && r.WarmupShare > 0 {
		l.mistake(c.at("warmup_share"), "Two lengths of the warm-up", "The warm-up lasts warmup_steps or a warmup_share of all steps; give one of the two.")
	}
	if r.BatchSize > 0 && r.MicroBatch > r.BatchSize {
		l.mistake(c.at("micro_batch"), "Micro-batch larger than the batch", "micro_batch says how many of a batch's examples are computed at once: at most batch_size = %d; found %d.", r.BatchSize, r.MicroBatch)
	}
	if r.Packing && r.Padding != "" {
		l.mistake(c.at("padding"), "Packing leaves no padding", "With packing = true examples share rows, and each counts its positions from its own first token; padding can only be \"right\".")
	}
}

// assembleGenerate fills in what hangs on the way of decoding: beam search returns as many candidates as there are
// beams, greedy decoding one.
func (l *loader) assembleGenerate(c *decoded) *Generate {
	const beams = 10 // and candidates: the reference study's
	d := &harnesspb.Decoding{Decode: "beam", Beams: beams, Candidates: beams, LengthPenalty: 1, MaxNewTokens: 128}
	g := &Generate{Decoding: d, StopStrings: true}
	if c == nil {
		return g
	}
	g.place = place{c}
	if _, ok := c.text("decode"); !ok {
		return g
	}
	proto.Reset(d)
	c.fill(d)
	switch d.Decode {
	case "beam":
		l.unused(c, "decode", d.Decode, "temperature", "top_k", "top_p")
		d.Beams, d.Candidates = l.beams(c, beams)
		if _, ok := c.known("length_penalty"); !ok {
			d.LengthPenalty = 1
		}
	case "greedy":
		l.unused(c, "decode", d.Decode, "temperature", "top_k", "top_p", "length_penalty", "early_stopping")
		for _, name := range []string{"beams", "candidates"} {
			if n, set := c.whole(name); set && n != 1 {
				l.mistake(c.at(name), "Greedy decoding gives one candidate", "With decode = \"greedy\" %s can only be 1; found %d. Use decode = \"beam\" or \"sample\" for more.", name, n)
			}
		}
		d.Beams, d.Candidates = 0, 1
	case "sample":
		l.unused(c, "decode", d.Decode, "beams", "length_penalty", "early_stopping")
		if d.Candidates == 0 {
			d.Candidates = beams
		}
		if d.Temperature == 0 {
			d.Temperature = 1
		}
		if d.TopP == 0 {
			d.TopP = 1
		}
	}
	g.MaxPromptLength, _ = c.whole("max_prompt_length")
	g.StopStrings, _ = c.truth("stop_strings")
	return g
}

func (l *loader) beams(c *decoded, most int) (int32, int32) {
	beams, hasBeams := c.whole("beams")
	candidates, hasCandidates := c.whole("candidates")
	switch {
	case hasBeams && !hasCandidates:
		candidates = beams
	case hasCandidates && !hasBeams:
		beams = max(most, candidates)
	case !hasBeams && !hasCandidates:
		beams, candidates = most, most
	}
	if candidates > beams {
		l.mistake(c.at("candidates"), "More candidates than beams", "A beam search returns at most one candidate a beam: candidates must be at most %d; found %d.", beams, candidates)
	}
	return int32(beams), int32(candidates)
}

// unused reports settings that the choice of another one leaves without effect: whoever wrote them expects one.
func (l *loader) unused(c *decoded, choice, chosen string, names ...string) {
	for _, name := range names {
		if _, set := c.known(name); set {
			l.mistake(c.at(name), "Setting without effect", "With %s = %q %s decides nothing.%s", choice, chosen, name, belongs(name))
		}
	}
}

// belongs says which choice a setting goes with.
func belongs(name string) string {
	for choice, names := range map[string][]string{
		`optimizer = "adamw"`:     {"betas"},
		`optimizer = "adafactor"`: {"decay_rate", "clip_threshold"},
		`decode = "beam"`:         {"beams", "length_penalty", "early_stopping"},
		`decode = "sample"`:       {"temperature", "top_k", "top_p"},
	} {
		if contains(names, name) {
			return " It goes with " + choice + "."
		}
	}
	return ""
}
