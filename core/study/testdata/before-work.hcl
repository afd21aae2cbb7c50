# Mistakes that show without data, and that work would show hours later.
study "before work" {}

model "codegen" "m350" { source = "ckpt" }
model "codegen" "m2b" { source = "ckpt" }

adapter "lora" "lora" {}
adapter "none" "base" {
  models = [model.codegen.m350]
}

# four points and nothing to choose by
dataset "micropairs" "fixes" {}

train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-4, 1e-3]
    epochs        = [1, 2]
  }
}

benchmark "listed" "all" {}
benchmark "listed" "some" {
  bugs = ["Clamp", "Hammming", "Clam"]
}
benchmark "quixbugs" "quix" {
  bugs = ["NOT_KNOWN_YET"]
}

prompt "with" { buggy_lines = true }
prompt "without" { buggy_lines = false }

generate {
  beams = 2
}

sandbox "auto" {}

table "pass@3" {
  rows    = ["model", "benchmark", "prompt"]
  columns = ["adapter"]
  values  = ["fixed@2", "pass@3"]
}

table "two cells in one" {
  rows    = ["model", "bug.class"]
  columns = ["adapter"]
  value   = "pass@1"
}

table "one cell a trial" {
  rows    = ["model", "benchmark", "prompt"]
  columns = ["adapter"]
  value   = "pass@1"
}

void "bugs of all" {
  reason = "a bug of quix may be meant"
  bugs   = ["Hamming", "Levenshtein"]
}

void "bugs of some" {
  reason = "only the listed can be meant"
  where  = { benchmark = ["all", "some"] }
  bugs   = ["Hamming", "Levenshtein"]
}
