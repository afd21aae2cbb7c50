# harness plan
# harness run --quiet
study "misfit" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "misfit" "new" {}
dataset "micropairs" "fixes" { count = 40 }
train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
