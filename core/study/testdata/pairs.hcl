study "pairs" {}

model "codegen" "m" {
  source = "x"
}

model "replay" "r" {
  folder = "f"
  files  = {}
}

adapter "none" "fits-all" {}

adapter "lora" "trains" {}

adapter "lora" "loaded" {
  load = "folder"
}

adapter "recorded" "recorded" {
  method = "ia3"
}

benchmark "microbugs" "b" {}
