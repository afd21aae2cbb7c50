study "syntax" {
  title = "one"
}

adapter "lora" "r8" { rank = 8, alpha = 16 }

model "codegen" "m" {
  source = "x
}
