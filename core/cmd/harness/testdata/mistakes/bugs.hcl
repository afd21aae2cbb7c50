# harness validate
# harness plan
study "bugs" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = ["Gcd", "Clmp"] }
sandbox "bubblewrap" {}
