# The candidates that arXiv 2406.05639 recorded for QuixBugs and HumanEval-Java,
# judged again.
#
#   harness run studies/peft4apr.hcl --var recordings=FOLDER
#
# FOLDER holds one JSON Lines file (.gz) for each model, method and benchmark; a
# line is a bug with its raw outputs by rank and the verdicts that were published.
# The outputs were made for the texts of upstream's repositories; with others, such
# as CLM's copy of QuixBugs, some methods of SHORTEST_PATH_LENGTH and
# SHORTEST_PATH_LENGTHS do not fit.

study "peft4apr" {
  title = "PEFT on automated program repair (arXiv 2406.05639), re-judged"
}

variable "recordings" {
  type        = string
  description = "folder of the recorded candidates"
}

variable "quixbugs" {
  type        = string
  default     = "https://github.com/jkoppel/QuixBugs@4257f44b0ff1181dedaedee6a447e133219fcebf"
  description = "QuixBugs: a git repository at a commit, or a folder"
}

variable "humanevaljava" {
  type        = string
  default     = "https://github.com/ASSERT-KTH/human-eval-java@c01484f754b0b0fd4869b0f923f0d55d39ebd861"
  description = "HumanEval-Java: a git repository at a commit, or a folder"
}

variable "only_quixbugs" {
  type        = list(string)
  default     = null
  description = "only these bugs of QuixBugs, such as [\"GCD\"]; all if not set"
}

variable "only_humanevaljava" {
  type        = list(string)
  default     = null
  description = "only these bugs of HumanEval-Java, such as [\"ADD\"]; all if not set"
}

locals {
  # Names of the methods, and how the files of the recordings call them.
  methods = {
    full     = "fmft__apr"
    lora     = "lora__apr"
    ia3      = "ia3__apr"
    p-tuning = "p-tuning__apr"
    prefix   = "prefix-tuning__apr"
  }
}

model "replay" "codellama-7b" {
  folder = var.recordings
  files = merge(
    { none = "codellama-7b-hf__direct__none__[qh]*.jsonl.gz" },
    { for name, file in local.methods : name => "codellama-7b-hf__${file}__[qh]*.jsonl.gz" },
  )
}

# Of deepseek-coder no run without fine-tuning and no full fine-tuning is
# recorded. Its authors cut what follows the last brace.
model "replay" "deepseek-coder-6_7b" {
  folder          = var.recordings
  files           = { for name, file in local.methods : name => "deepseek-coder-6.7b-base__${file}__[qh]*.jsonl.gz" if name != "full" }
  cut_after_brace = true
}

adapter "recorded" "none" { models = [model.replay.codellama-7b] }
adapter "recorded" "full" { models = [model.replay.codellama-7b] }
adapter "recorded" "lora" {}
adapter "recorded" "ia3" {}
adapter "recorded" "p-tuning" {}
adapter "recorded" "prefix" {}

benchmark "quixbugs" "quixbugs" {
  source = var.quixbugs
  bugs   = var.only_quixbugs
}

benchmark "humanevaljava" "humaneval-java" {
  source = var.humanevaljava
  bugs   = var.only_humanevaljava
}

generate { candidates = 10 }

void "other-candidates" {
  reason = "the file with the verdicts names another run's output than the one that is published"
  where  = { model = "codellama-7b", adapter = ["full", "lora"], benchmark = "quixbugs" }
}

void "race" {
  reason = "the test class' compiler was not waited for on a bug's first candidate"
  where  = { benchmark = "quixbugs" }
  ranks  = [0]
}

sandbox "docker" {}

table "bugs-fixed" {
  title   = "Our verdicts beside the published ones"
  rows    = ["model", "adapter"]
  columns = ["benchmark"]
  values  = ["pass@1", "fixed@1", "fixed@10", "published.fixed@1", "published.fixed@10"]
}
