# harness run --quiet
study "samples" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "lora" "lora" {}
dataset "jsonl" "fixes" {
  path   = "fixes.jsonl"
  fields = { function = "src", fixed_function = "tgt" }
}
train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
