# The recipe of arXiv 2507.19909 as its replication code has it: six families,
# each as it is and fine-tuned in three ways, on the published checkpoints.
#
#   harness plan studies/recipe-2507.19909.hcl --var checkpoints=FOLDER --var fixes=FILE
#
# FOLDER holds the checkpoints, each in a folder called as on the hub; FILE is
# the fine-tuning set as JSON Lines {"id", "split", "before", "buggy", "after",
# "fixed"}, its own validation part marked by "split". What the recipe leaves
# unsaid is Hugging Face's Trainer's, written out here. Its linear decay depends
# on the number of epochs, so that no epoch is shared between totals: `plan`
# says what that costs, and what schedule = "constant" would.

study "recipe-2507.19909" {
  title = "The recipe of arXiv 2507.19909"
  seed  = 0
}

variable "checkpoints" {
  type        = string
  description = "folder of the checkpoints"
}

variable "fixes" {
  type        = string
  description = "the fine-tuning set, JSON Lines"
}

variable "quixbugs" {
  type        = string
  default     = "https://github.com/jkoppel/QuixBugs@4257f44b0ff1181dedaedee6a447e133219fcebf"
  description = "QuixBugs: a git repository at a commit, or a folder"
}

variable "sizes" {
  type        = map(map(string))
  description = "the checkpoints of each family, by the name of their size"
  default = {
    codegen       = { "350M" = "codegen-350M-multi", "2B" = "codegen-2B-multi", "6B" = "codegen-6B-multi" }
    codet5        = { small = "codet5-small", base = "codet5-base", large = "codet5-large" }
    starcoder     = { "1b" = "starcoderbase-1b", "3b" = "starcoderbase-3b", "7b" = "starcoderbase-7b" }
    deepseekcoder = { "1.3b" = "deepseek-coder-1.3b-base", "6.7b" = "deepseek-coder-6.7b-base" }
    bloom         = { "560m" = "bloom-560m", "1b7" = "bloom-1b7", "7b1" = "bloom-7b1" }
    codellama     = { "7b" = "CodeLlama-7b-hf" }
  }
}

model "codegen" "codegen" {
  for_each = var.sizes.codegen
  source   = "${var.checkpoints}/${each.value}"
}

# An encoder reads at most 512 tokens: prompts that long are skipped.
model "codet5" "codet5" {
  for_each          = var.sizes.codet5
  source            = "${var.checkpoints}/${each.value}"
  max_prompt_length = 511
}

# Half of the training samples of the families that fill in the middle have
# the suffix first; prompts always have the prefix first.
model "starcoder" "starcoder" {
  for_each     = var.sizes.starcoder
  source       = "${var.checkpoints}/${each.value}"
  suffix_first = 0.5
}

model "deepseekcoder" "deepseekcoder" {
  for_each     = var.sizes.deepseekcoder
  source       = "${var.checkpoints}/${each.value}"
  suffix_first = 0.5
}

model "bloom" "bloom" {
  for_each = var.sizes.bloom
  source   = "${var.checkpoints}/${each.value}"
}

model "codellama" "codellama" {
  for_each     = var.sizes.codellama
  source       = "${var.checkpoints}/${each.value}"
  suffix_first = 0.5
}

locals {
  # PEFT knows no targets of IA3 for CodeGen.
  with_targets = concat(
    values(model.codet5.codet5), values(model.starcoder.starcoder), values(model.deepseekcoder.deepseekcoder),
    values(model.bloom.bloom), values(model.codellama.codellama),
  )
}

adapter "none" "none" {}

adapter "full" "full" {}

adapter "lora" "lora" {
  rank    = 8
  alpha   = 8
  dropout = 0.05
}

adapter "ia3" "ia3" {
  models = local.with_targets
}

adapter "ia3" "ia3-codegen" {
  models      = values(model.codegen.codegen)
  targets     = ["qkv_proj"]
  feedforward = []
}

dataset "jsonl" "fixes" {
  path = var.fixes

  duplicates = "keep" # the recipe looks for neither; the report tells of leaks all the same
  leakage    = "keep"
}

benchmark "quixbugs" "quixbugs" {
  source = var.quixbugs
}

prompt "with-buggy-lines" {
  buggy_lines = true
}

prompt "without-buggy-lines" {
  buggy_lines = false
}

train {
  dataset           = dataset.jsonl.fixes
  max_length        = 0 # a sample is dropped for its prompt or its target
  max_prompt_length = 768
  max_target_length = 768

  optimizer    = "adamw"
  betas        = [0.9, 0.999]
  epsilon      = 1e-8
  weight_decay = 0
  schedule     = "linear"
  warmup_steps = 0
  batch_size   = 4
  clip         = 1
  precision    = "f32"
  padding      = "left-counted" # padded on the left, without position ids

  grid {
    learning_rate = [1e-5, 5e-5, 1e-4, 5e-4, 1e-3]
    epochs        = range(1, 11)
  }

  # load_best_model_at_end: each epoch is evaluated, and the best is kept.
  select {
    metric = "validation.loss"
    goal   = "min"
    epochs = "all"
  }
}

generate {
  decode            = "beam"
  beams             = 10
  candidates        = 10
  early_stopping    = true
  length_penalty    = 1
  max_new_tokens    = 128
  max_prompt_length = 767 # prompts of 768 tokens or more are skipped
  stop_strings      = false
}

sandbox "auto" {
  timeout = "10s"
}

table "pass@1" {
  rows    = ["model"]
  columns = ["adapter", "prompt"]
  value   = "pass@1"
}

table "training" {
  rows    = ["model", "adapter"]
  columns = ["prompt"]
  values  = ["learning_rate", "epochs", "validation.loss", "validation.exact_match", "trainable_share"]
}
