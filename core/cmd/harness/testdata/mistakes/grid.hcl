# harness validate
# harness plan
# harness run --quiet
study "grid" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "lora" "lora" {}
dataset "micropairs" "fixes" { count = 40 }
train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-3, 3e-3]
    epochs        = [1, 2]
  }
}
