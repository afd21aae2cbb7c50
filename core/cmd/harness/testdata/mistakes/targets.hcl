# harness plan
# harness run --quiet
study "targets" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "lora" "lora" {
  targets = ["qkv_proj", "nonsense"]
}
dataset "micropairs" "fixes" { count = 40 }
train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
