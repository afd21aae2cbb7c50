study "values" {
  seed = -1
}

model "codegen" "m" {
  source = ""
}

model "codegen" "both" {
  source = "x"
  scratch {
    config     = 3
    dataset    = prompt.p
    vocabulary = 256
  }
}

adapter "lora" "l" {
  rank    = 5000
  dropout = 1
  bias    = "non"
  targets = ["a", null]
}

dataset "jsonl" "d" {
  path       = "p"
  split      = {}
  limit      = 0.5
  leakage    = "dorp"
  similarity = 80
  duplicates = true
}

dataset "jsonl" "e" {
  path  = "p"
  split = { validaton = 0.1 }
}

benchmark "quixbugs" "q" {
  bugs = ["gcd", "gcd"]
}

benchmark "microbugs" "b" {
  bugs = []
}

prompt "p" {
  buggy_lines = true
}

train {
  dataset      = "d"
  optimizer    = "adam"
  betas        = [0.9]
  epsilon      = 0
  weight_decay = -1
  schedule     = "cosin"
  warmup_steps = 1.5
  batch_size   = 0
  clip         = -1
  grid {
    learning_rate = [1e-3, 0]
    epochs        = [1, 2, 2]
  }
  select {
    metric = "pass@1"
    goal   = "least"
  }
}

generate {
  decode     = "greedy"
  beams      = 4
  batch_size = 1e9
}

sandbox "podman" {
  memory  = "1MiB"
  cpus    = 0
  timeout = "1ms"
  workers = 1.5
}

table "a" {
  rows    = ["model", "model"]
  columns = []
  value   = "pass@0"
  values  = ["bugs"]
}

table "b" {
  rows    = ["model"]
  columns = ["adapter", "model"]
  values  = ["bugs", "pass@10", "exact_match@2", "published.pass@50"]
}

table "c" {
  rows = []
}
