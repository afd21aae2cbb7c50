# harness plan
# harness run --quiet
study "fields of the file" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "lora" "lora" {}
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
