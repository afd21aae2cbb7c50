seed = nothing.there

stduy "name" {}

modle "codegen" "m" {
  source = "x"
}

model "codegen" {
  source = "y"
}

adapter "lora" "a" {
  load = "z"
  rank { value = 3 }
  grid {}
}

adapter "lora" "" {
  load = "z"
}

adapter "lora" "a" {
  load = 7
  rank = [8]
}

adapter "full" " blank" {
  load = ""
}

locals {
  a = model.codegen.m.source
  block {}
}

locals {
  a = 2
}

prompt "p" {}

prompt "q" "r" {
  buggy_lines = true
}

prompt "s" {
  buggy_lines = "yes"
  split       = 1
}

dataset "kitchen" "k" {
  shape   = { height = 1, widht = 2 }
  weights = { a = 11, b = null }
  tags    = "x"
  oven { heat = 1 }
  oven { heat = null }
  pan {}
}

dataset "kitchen" "l" {
  shape = { height = 1 }
  any   = 1e300 * 1e300
  oven  = { heat = 1 }
  pot "label" { litres = true }
}

dataset "wrong-type" "w" {}
dataset "wrong-type" "w2" {}
dataset "greedy" "g" {}
dataset "dead" "dead" {}

train {
  dataset = dataset.dead.dead
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
train {}

generate {}
