# harness plan
# harness run --quiet
study "unsaved" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "unsaved" "new" {}
dataset "micropairs" "fixes" { count = 40 }
train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
