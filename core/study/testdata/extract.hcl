study "extract" {}

model "codegen" "base" { source = "c" }
model "codegen" "instruct" {
  source  = "c"
  extract = "code-block"
}
model "chat" "as-the-family-says" {}
model "chat" "whole" { extract = "none" }
model "chat" "each" {
  for_each = toset(["code-block", "method"])
  extract  = each.value
}

adapter "none" "base" {}
benchmark "microbugs" "bugs" {}
sandbox "auto" {}
