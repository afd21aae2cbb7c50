# What a study says of published verdicts that mean nothing.
study "voids" {}

model "replay" "codellama" {
  folder = "recordings"
  files  = {}
}

adapter "none" "base" {}

benchmark "microbugs" "micro" {}

sandbox "auto" {}

void "all" {
  reason = "nothing is said"
}

void "no-reason" {
  where = { model = "codelama", adapter = ["base", "lora"], prompt = "with" }
}

void "other" {
  reason = ""
  where  = { modle = "codellama" }
  bugs   = ["a", "a"]
  ranks  = [-1, 0.5]
}

void "shape" {
  reason = "x"
  where  = "codellama"
}

void "fine" {
  reason = "the judge raced with its compiler"
  where  = { model = "codellama", benchmark = "micro", prompt = "default" }
  ranks  = [0]
}
