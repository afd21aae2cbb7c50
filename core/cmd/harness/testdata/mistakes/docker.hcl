# harness plan
# harness run --quiet
study "docker" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = ["Clamp"] }
sandbox "docker" {}
