# A first study, from a checkpoint to a table in minutes on two cores: a tiny
# CodeGen model of small Java methods (studies/pretrain.hcl made it) repairs
# small Java bugs, as it is and fine-tuned with LoRA, shown the buggy lines
# and not.

study "quick" {
  title = "A tiny model repairs small Java bugs"
  seed  = 42
}

model "codegen" "micro" {
  source = "models/codegen-micro"
}

adapter "none" "base" {}

adapter "lora" "lora" {
  rank    = 16
  alpha   = 32
  targets = ["qkv_proj", "out_proj", "fc_in", "fc_out"]
}

# Generated bug fixes in methods that are held apart from the benchmark's.
dataset "micropairs" "fixes" {
  count = 1700
  split = { validation = 0.1 }
}

benchmark "microbugs" "microbugs" {}

prompt "with-buggy-lines" {
  buggy_lines = true
}

prompt "without-buggy-lines" {
  buggy_lines = false
}

train {
  dataset    = dataset.micropairs.fixes
  optimizer  = "adamw"
  batch_size = 8
  grid {
    learning_rate = [1e-3, 3e-3]
    epochs        = range(1, 3)
  }
  select {
    metric = "validation.loss" # never on a benchmark that is reported
    goal   = "min"
  }
}

generate {
  decode         = "beam"
  beams          = 4
  candidates     = 2
  max_new_tokens = 96
}

# Docker or Podman where a daemon answers, else bubblewrap.
sandbox "auto" {}

table "repairs" {
  title   = "Bugs repaired"
  rows    = ["model", "adapter"]
  columns = ["prompt"]
  values  = ["pass@1", "fixed@2", "exact_match@1"]
}
