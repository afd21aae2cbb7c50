study "idle" {}

model "codegen" "m" {
  source = "x"
}

adapter "none" "base" {}
