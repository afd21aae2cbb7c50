# harness validate
study "fields" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "lora" "lora" {}
dataset "jsonl" "fixes" {
  path   = "fixes.jsonl"
  fields = { bugy = "src" }
}
dataset "jsonl" "others" {
  path   = "fixes.jsonl"
  fields = { fixed = ["tgt"] }
}
train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
