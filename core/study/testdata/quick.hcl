# A tiny model, with and without LoRA, with and without the buggy lines.
study "quick" {
  title = "A tiny CodeGen, with and without LoRA"
  seed  = 42
}

model "codegen" "tiny" {
  source = "checkpoints/tiny-codegen"
}

adapter "none" "base" {}

adapter "lora" "lora" {
  rank    = 8
  alpha   = 16
  targets = ["qkv_proj", "out_proj"]
}

dataset "micropairs" "pairs" {
  samples = 400
  split   = { validation = 0.05 }
}

benchmark "microbugs" "microbugs" {}

prompt "with-buggy-lines" {
  buggy_lines = true
}

prompt "without-buggy-lines" {
  buggy_lines = false
}

train {
  dataset    = dataset.micropairs.pairs
  batch_size = 16
  max_length = 256

  grid {
    learning_rate = [1e-3, 3e-3]
    epochs        = range(1, 3)
  }

  select {
    metric = "validation.loss"
    goal   = "min"
  }
}

generate {
  decode         = "beam"
  beams          = 4
  candidates     = 4
  max_new_tokens = 48
}

sandbox "auto" {
  memory  = "1GiB"
  cpus    = 1
  timeout = "60s"
  workers = 2
}

table "pass@1" {
  title   = "Bugs repaired by the first candidate"
  rows    = ["model", "adapter"]
  columns = ["benchmark", "prompt"]
  value   = "pass@1"
}
