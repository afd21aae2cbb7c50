study "extract" {}

model "codegen" "misspelt" {
  source  = "c"
  extract = "code_block"
}
model "chat" "unlike" { extract = "everything" }
model "chat" "number" { extract = 1 }
model "odd" "plugin" {}
benchmark "microbugs" "bugs" { extract = "none" }

adapter "none" "base" {}
sandbox "auto" {}
