# harness plan
# harness run --quiet
study "family" {}
model "codegen" "t5" {
  source = "MODELS/codet5-micro"
}
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = ["Clamp"] }
sandbox "bubblewrap" {}
