# harness plan
# harness run --quiet
study "engine" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = ["Power"] }
sandbox "bubblewrap" {}
engine "gomlx" {
  backend = "abacus"
}
