# harness plan
# harness run --quiet
# All mistakes are told at once, and each once.
study "together" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
model "codegen" "t5" { source = "MODELS/codet5-micro" }
model "codegen" "scratch" {
  scratch {
    config     = { model_type = "codegen", n_layer = 2 }
    dataset    = dataset.jsonl.fixes
    vocabulary = 300
  }
}
model "bloom" "bloom" { source = "MODELS/bloom-micro" }
model "bloom" "nowhere" { source = "nowhere" }
adapter "none" "base" {}
adapter "lora" "lora" { targets = ["nonsense"] }
adapter "lora" "high" {
  rank   = 4000
  models = [model.codegen.micro]
}
adapter "lora" "loaded" { load = "MODELS/codegen-micro" }
dataset "jsonl" "fixes" {
  path   = "fixes.jsonl"
  fields = { function = "source", fixed_function = "tgt" }
}
train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
benchmark "microbugs" "microbugs" { bugs = ["Clamp"] }
sandbox "docker" {}
