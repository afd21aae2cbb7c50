study "ten mistakes" {
  titel = "misspelt"
}

model "codgen" "m350" {
  source = "checkpoints/m350"
}

model "codegen" "m2b" {
  dtype = "f16"
}

adapter "lora" "lora" {
  rank = "eight"
}

adapter "none" "lora" {}

dataset "jsonl" "fixes" {
  path  = var.folder
  split = { validation = 5 }
}

train {
  dataset = dataset.jsonl.fixs
  grid {
    learning_rate = []
    epochs        = [0, 1]
  }
}

generate {
  beams      = 4
  candidates = 10
}

benchmark "microbugs" "microbugs" {}

sandbox "docker" {
  memory  = "2 apples"
  timeout = 60
}

table "pass@1" {
  rows    = ["modell"]
  columns = ["benchmark"]
  value   = "pas@1"
}
