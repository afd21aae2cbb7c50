# Every wrong reference is reported once, where it stands, and nothing that depends on it.
# --var given=1
# --var gven=1
study "references" {
  title = quick
  seed  = local.b
}

variable "given" {
  type = list(number)
}

variable "missing" {}

variable "unused" {
  type    = strng
  default = "x"
}

locals {
  a     = local.b + 1
  b     = local.c
  c     = local.a
  self  = [for x in [1] : local.self]
  lost  = nowhere.at.all
  deep  = local.lost.and.more
  uses  = upper(local.deep)
  given = var.given[0]
  call  = uper("x")
  index = { a = 1 }["b"]
  zero  = 1 / 0
}

model "codegen" "m" {
  source = model.codegen.n.sorce
}

model "codegen" "n" {
  source = local.uses
}

model "codegen" "o" {
  source = var.missing
}

adapter "lora" "l" {
  rank   = local.a
  alpha  = each.value
  unlike = adapter.lora
}

adapter "lora" "e" {
  for_each = [1, 2]
  rank     = each.value
  alpha    = local.nothing
}

adapter "lora" "f" {
  for_each = { a = 1 }
  rank     = each.valu
}

dataset "nojson" "d" {
  path = local.nothing_either
}

train {
  dataset = dataset.nojson.d
  grid {
    learning_rate = [local.lost, 1]
    epochs        = [prompt.p.epochs]
  }
}

prompt "p" {
  buggy_lines = model
}
