# Every setting of a recipe that is not a default.
study "recipe" {}

model "codegen" "m" {
  source            = "c"
  max_prompt_length = 511
}

adapter "full" "f" {}

dataset "jsonl" "d" { path = "p" }

benchmark "microbugs" "b" { max_new_tokens = 512 }

sandbox "auto" {}

train {
  dataset                = dataset.jsonl.d
  optimizer              = "adafactor"
  epsilon                = 1e-20
  weight_decay           = 0.01
  decay                  = "all"
  schedule               = "cosine"
  warmup_share           = 0.1
  batch_size             = 8
  micro_batch            = 2
  clip                   = 0
  max_length             = 0
  max_prompt_length      = 768
  max_target_length      = 768
  padding                = "left-counted"
  precision              = "bf16"
  gradient_checkpointing = "on"
  grid {
    learning_rate = [1e-3]
    epochs        = [3]
  }
  select {
    metric = "validation.exact_match"
    epochs = "all"
  }
}

generate {
  decode            = "beam"
  early_stopping    = true
  length_penalty    = 0.5
  max_prompt_length = 767
  stop_strings      = false
  precision         = "bf16"
}

table "t" {
  rows   = ["model"]
  values = ["validation.exact_match", "diverged", "micro_batch"]
}
