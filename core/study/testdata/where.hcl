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
