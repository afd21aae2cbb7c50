# harness validate
# harness plan
study "table" {}
model "codegen" "micro" { source = "MODELS/codegen-micro" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = ["Gcd"] }
prompt "with" { buggy_lines = true }
prompt "without" { buggy_lines = false }
generate { candidates = 2 }
sandbox "bubblewrap" {}
table "one cell for two trials" {
  rows    = ["model"]
  columns = ["adapter"]
  value   = "pass@3"
}
