study "recipes" {}

model "codegen" "m" {
  source            = "c"
  max_prompt_length = 2.5
}

adapter "full" "f" {}

dataset "jsonl" "d" { path = "p" }

benchmark "microbugs" "b" { max_new_tokens = 0 }

sandbox "auto" {}

train {
  dataset                = dataset.jsonl.d
  optimizer              = "adafactor"
  betas                  = [0.9, 0.99]
  decay_rate             = 0.8
  clip_threshold         = 0
  decay                  = "biases"
  schedule               = "cosin"
  warmup_steps           = 10
  warmup_share           = 0.1
  batch_size             = 8
  micro_batch            = 16
  max_prompt_length      = "long"
  max_target_length      = 0
  packing                = true
  padding                = "left-counted"
  precision              = "f16"
  gradient_checkpointing = true
  grid {
    learning_rate = [1e-3]
    epochs        = [1.5, 20000]
  }
  select {
    metric = "validation.exact-match"
    epochs = "each"
  }
}

generate {
  decode         = "sample"
  beams          = 4
  length_penalty = 1
  early_stopping = "never"
  temperature    = 0
  top_k          = 1.5
  top_p          = 1.1
  stop_strings   = "no"
}
