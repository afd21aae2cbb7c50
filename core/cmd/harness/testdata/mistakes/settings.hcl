# harness plan --engine slow
# harness run --quiet --engine slow
study "settings" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "full" "full" {}
dataset "micropairs" "fixes" { count = 40 }
train {
  dataset   = dataset.micropairs.fixes
  optimizer = "adafactor"
  packing   = true
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
generate {
  decode = "sample"
}
benchmark "microbugs" "microbugs" { bugs = ["Power"] }
sandbox "bubblewrap" {}
