# --var replay=~/replay/peft4apr
# --var-file peft4apr.vars
study "peft4apr" {
  title = "arXiv 2406.05639, judged again"
}

variable "replay" {
  type        = string
  description = "Folder with the recorded candidates."
}

variable "quixbugs" {
  type    = string
  default = "https://example.org/QuixBugs@4257f44b0ff1181dedaedee6a447e133219fe0b9"
}

variable "methods" {
  type = map(string)
}

locals {
  names    = { codellama = "codellama-7b-hf", deepseek = "deepseek-coder-6.7b-base" }
  adapters = merge({ none = "direct__none" }, { for name, tag in var.methods : name => "${tag}__apr" })
}

model "replay" "recorded" {
  for_each = local.names
  folder   = pathexpand(var.replay) == var.replay ? var.replay : "expanded"
  files    = { for name, tag in local.adapters : "${name}/${benchmark.quixbugs.quixbugs.name}" => "${each.value}__${tag}__quixbugs.jsonl.gz" }
}

adapter "none" "base" {}

adapter "recorded" "by" {
  for_each = var.methods
  method   = each.value
}

benchmark "quixbugs" "quixbugs" {
  source = var.quixbugs
  bugs   = ["gcd", "bitcount"]
  where  = { lines = "single", hunks = ["single", "multiple"] }
}

sandbox "docker" {
  memory  = "512MB"
  timeout = "2m30s"
}

table "verdicts" {
  rows   = ["model", "adapter"]
  values = ["pass@1", "fixed@10", "published.pass@1", "published.fixed@10"]
}
