# Conditions on the labels of bugs.
study "where" {}

model "replay" "r" {
  folder = "recordings"
  files  = {}
}

adapter "none" "base" {}

benchmark "microbugs" "a" {
  where = "boundary"
}

benchmark "microbugs" "b" {
  where = {
    class     = 3
    hunks     = ["single", "single"]
    lines     = []
    project   = ["a", null]
    functions = { a = "b" }
    wrong     = null
  }
}

benchmark "microbugs" "c" {
  where = {}
}

sandbox "auto" {}

table "labels" {
  rows    = ["bug.class", "modl"]
  columns = ["bug."]
  value   = "pass@1"
}

table "metrics" {
  rows    = ["model"]
  columns = ["bug.hunks", "adapter"]
  values  = ["pass@1", "validation.loss", "attempted"]
}
