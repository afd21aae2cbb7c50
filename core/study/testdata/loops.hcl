# What for_each and the functions that read files refuse.
study "loops" {
  title = file("/etc/hostname")
  seed  = file("../doc.go")
}

locals {
  folder  = file("files")
  nowhere = file("files/none.txt")
  home    = pathexpand("~user/x")
  pattern = regex("[", "x")
  ranks   = toset([4, 8])
}

model "codegen" "m" {
  for_each = { a = "x", b = 2, c = null }
  source   = each.value
}

model "codegen" "m-a" {
  source = model.codegen.m["a"].source
}

model "codegen" "none" {
  for_each = null
  source   = "x"
}

adapter "none" "of-truths" {
  for_each = toset([true])
}

adapter "none" "nulls" {
  for_each = toset([null])
}

adapter "none" "many" {
  for_each = setproduct(range(40), range(40))
}

adapter "none" "many-keys" {
  for_each = toset(flatten([for i in range(40) : [for j in range(40) : i * 40 + j]]))
}

adapter "none" "bad-key" {
  for_each = { " x" = 1 }
}

adapter "lora" "r" {
  for_each = local.ranks
  rank     = each.value * 1000
  alpha    = adapter.lora.r["4"].rank
}

adapter "lora" "unknown-key" {
  load = adapter.none.bad-key["y"].name
}

dataset "jsonl" "d" {
  for_each = local.ranks
  path     = each.key
}
