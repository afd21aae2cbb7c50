study "no benchmark" {}

model "codegen" "m350" { source = "ckpt" }

adapter "lora" "lora" {}
adapter "none" "base" {}

# Its samples may say which are for validation.
dataset "jsonl" "fixes" { path = "x" }

train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-4]
    epochs        = [3]
  }
  select { epochs = "all" }
}

table "losses" {
  rows    = ["model"]
  columns = ["benchmark"]
  value   = "validation.loss"
}

# The adapter that trains nothing has no trial.
table "model by model" {
  rows  = ["model"]
  value = "validation.loss"
}
