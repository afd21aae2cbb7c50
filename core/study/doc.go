// Package study reads the study language: an HCL file that says which models, adapters and benchmarks a study
// crosses, how it trains and decodes, and which tables come of it.
//
// Load works in this order, and every stage goes on after a mistake, so that one run reports them all:
//
//  1. The file is parsed. Mistakes of syntax end here, since what stands behind them cannot be trusted.
//  2. Blocks are sorted by type and name; each that can be referred to becomes a symbol.
//  3. The plugins that blocks name are asked for their schemas, all at once.
//  4. Symbols are evaluated when something refers to them, then all that are left. A symbol is evaluated once; one that
//     refers to itself in a circle is reported with the circle.
//  5. Bodies are decoded against a schema: the plugin's for its blocks, this package's own for the others. Both go
//     through the same code, so a mistake in a third party's block is reported like one in ours.
//  6. What only shows when blocks are seen together is checked.
//
// A mistake is reported where it is made and nowhere else: what depends on it becomes unknown, and nothing is said of
// unknown values.
//
// # Blocks
//
//	study NAME        {title, seed}
//	variable NAME     {type, default, description}; values come from --var and --var-file
//	locals            any names
//	model TYPE NAME   the plugin's attributes; source or scratch {config, dataset, vocabulary, tokens, end_token,
//	                  begin_token, pad_token} where the family needs a checkpoint; max_prompt_length; for_each
//	adapter TYPE NAME the plugin's attributes; load, where it trains; models and prompts, the only ones that it is
//	                  combined with; for_each
//	dataset TYPE NAME the plugin's attributes; split = {validation = 0.05}, limit; leakage, similarity, duplicates (see
//	                  below)
//	benchmark TYPE NAME  the plugin's attributes; bugs = [ID, …] or where = { LABEL = VALUE, LABEL = [VALUE, …] } or both
//	                  for some of its bugs; max_new_tokens
//	prompt NAME       {buggy_lines}
//	train             {dataset, grid {learning_rate, epochs}, select {metric, goal, epochs}; see below}
//	generate          {see below}
//	sandbox DRIVER    {memory, cpus, timeout, workers}; docker, bubblewrap or auto. timeout limits one run of a candidate's
//	                  tests, on the wall clock; most endless loops end before, by the benchmark's own measure
//	table NAME        {title, rows, columns, value or values}; rows and columns by model, adapter, benchmark, prompt and,
//	                  dividing each trial's bugs, by their labels: "bug.class"
//	void NAME         {reason, where = { LABEL = VALUE, LABEL = [VALUE, …] }, bugs, ranks}: published verdicts that mean
//	                  nothing, by the labels of trials; ranks count from 0
//
// As in all HCL, a block on one line holds at most one attribute: adapter "lora" "r8" { rank = 8 }.
//
// # Training
//
//	optimizer         "adamw" with betas, epsilon; "adafactor" with epsilon, decay_rate, clip_threshold (defaults of
//	                  Hugging Face's Trainer: neither relative steps nor scaling by the parameter)
//	weight_decay      of what decay says: "weights" (all but biases and norms, as the Trainer) or "all"
//	schedule          "constant", "linear" or "cosine", behind warmup_steps or a warmup_share of all steps
//	batch_size        examples in an optimizer step; micro_batch of them are computed at once, with the same result but
//	                  for rounding (default: as many as memory allows)
//	clip              of the gradient's norm; 0: none
//	max_length, max_prompt_length, max_target_length
//	                  tokens; longer samples are left out, plain text is cut into pieces of max_length; 0: no limit
//	packing           examples share rows, each seeing only itself
//	padding           "right", or "left-counted": positions count the padding on the left, as those of a Trainer that
//	                  gets no position ids
//	precision         "f32", or "bf16": frozen weights and products in bfloat16
//	gradient_checkpointing  "on", "off": layers are computed again in the backward pass, or their values kept; "auto":
//	                  again where keeping would take gigabytes
//	together          how many of the grid's learning rates are trained side by side, one batch serving all, each with
//	                  its own adapter and optimizer state: a number, at most; "off"; or "auto", where it pays by a sixth,
//	                  which is at small batches (see plan.Together). The results are those of "off" but for rounding
//	select            the grid's point with the best metric on validation data; with epochs = "all" each epoch of a run
//	                  can be chosen (the Trainer's load_best_model_at_end), else its last
//
// # What is trained on
//
// A data set that the train block names goes without
//
//	duplicates        samples whose parts equal an earlier sample's, white space and comments aside; "drop" or "keep"
//	leakage           samples, of the validation split too, whose method equals, contains or nearly equals one that the fix
//	                  of a bug of the study's benchmarks changes, wrong or fixed. Where a benchmark does not say which
//	                  methods those are the whole file is compared, and the report counts such bugs. "drop": taken out; what is trained then depends on the study's benchmarks.
//	                  "keep": trained on, but listed and counted. "fail": the study does not train
//	similarity        (0.8) of a method that nearly equals another: the Jaccard index of their runs of three tokens. Package
//	                  similarity says what tokens are
//
// The limit counts samples before that. The report tells what was found; the step clean has the list.
//
// # Generation
//
//	decode            "beam" with beams, length_penalty, early_stopping (true, false or "never", as Hugging Face means
//	                  them); "greedy"; "sample" with temperature, top_k, top_p
//	candidates        a bug
//	max_new_tokens    a benchmark's own wins
//	max_prompt_length tokens; bugs with longer prompts are refused; a model's own wins
//	stop_strings      whether a candidate ends where the family's stop strings appear
//	precision         "f32", "bf16"
//	batch_size        prompts side by side
//
// A setting that is written but has no effect beside the others is a mistake.
//
// # References
//
// var.NAME, local.NAME, prompt.NAME and model.TYPE.NAME (adapter, dataset, benchmark alike). A block is an object of
// its attributes, defaults filled in, and of kind, type and name, which win over attributes called so. A shorter
// reference is an object of all that is below it: model.codegen holds every CodeGen model by name.
//
// A model or adapter with for_each, a map or a set, stands for one block an element, named NAME-KEY; its body may use
// each.key and each.value, and a reference to it is an object by key.
//
// # Functions
//
// Numbers: abs ceil floor log max min parseint pow signum. Text: format formatlist indent join lower regex regexall
// regexreplace replace split strlen strrev substr title trim trimprefix trimspace trimsuffix upper. Collections:
// chunklist coalesce coalescelist compact concat contains distinct element flatten index keys length lookup merge range
// reverse setintersection setproduct setsubtract setunion slice sort values zipmap. Types: tobool tolist tomap tonumber
// toset tostring. Data: csvdecode jsondecode jsonencode. Files: file (text of at most 1 MiB below the study's folder),
// pathexpand (a leading ~ becomes the home folder).
package study
