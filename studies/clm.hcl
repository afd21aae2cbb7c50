# The candidates that CLM ("Impact of Code Language Models on Automated Program
# Repair", ICSE 2023) recorded for QuixBugs and HumanEval-Java, judged again.
#
#   harness run studies/clm.hcl --var recordings=FOLDER
#
# FOLDER holds one JSON Lines file (.gz) for each benchmark, model and variant, a
# candidate a line, and index.json, which says what the patches replace (see the
# plugin harness-model-replay).

study "clm" {
  title = "Code language models for program repair (CLM, ICSE 2023), re-judged"
}

variable "recordings" {
  type        = string
  description = "folder of the recorded candidates"
}

# CLM worked on copies of its own, which differ from the repositories in a few
# programs; of those in QuixBugs' BREADTH_FIRST_SEARCH, DEPTH_FIRST_SEARCH,
# SHORTEST_PATH_LENGTH, SHORTEST_PATH_LENGTHS and SQRT and in ISCUBE the code
# differs. For its texts name a folder with the bugs in portable form
# (quixbugs.jsonl, humanevaljava.jsonl). In the repositories' texts some lines that
# candidates replace are not there any more (SHORTEST_PATH_LENGTHS): those candidates
# get no verdict, and leave all counts.
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
  # The recorded variant of each adapter with a prompt.
  variants = {
    "none/without-buggy-lines" = "without-buggy-lines"
    "none/with-buggy-lines"    = "with-buggy-lines"
    "full/with-buggy-lines"    = "finetuned"
  }
}

model "replay" "codet5" {
  for_each = toset(["small", "base", "large"])
  folder   = var.recordings
  files    = { for trial, variant in local.variants : trial => "[qh]*_codet5-${each.value}_${variant}.jsonl.gz" }
}

model "replay" "codegen" {
  for_each = toset(["350M", "2B", "6B"])
  folder   = var.recordings
  files    = { for trial, variant in local.variants : trial => "[qh]*_codegen-${each.value}_${variant}.jsonl.gz" }
}

prompt "without-buggy-lines" { buggy_lines = false }
prompt "with-buggy-lines" { buggy_lines = true }

adapter "recorded" "none" {}
adapter "recorded" "full" {
  method  = "full fine-tuning, one epoch, AdamW 1e-5"
  prompts = [prompt.with-buggy-lines]
}

benchmark "quixbugs" "quixbugs" {
  source = var.quixbugs
  bugs   = var.only_quixbugs
}

benchmark "humanevaljava" "humaneval-java" {
  source = var.humanevaljava
  bugs   = var.only_humanevaljava
}

generate { candidates = 10 }

void "no-working-test" {
  reason = "their JUnit tests came to QuixBugs later: the recorded judge calls the unchanged program plausible, or the reference fix wrong"
  where  = { benchmark = "quixbugs" }
  bugs   = ["MINIMUM_SPANNING_TREE", "REVERSE_LINKED_LIST"]
}

sandbox "docker" {}

table "fixed" {
  title   = "Bugs with a plausible candidate among ten: our verdicts beside CLM's"
  rows    = ["benchmark", "model"]
  columns = ["adapter", "prompt"]
  values  = ["fixed@10", "published.fixed@10"]
}

table "first" {
  title   = "Bugs whose first candidate is plausible"
  rows    = ["benchmark", "model"]
  columns = ["adapter", "prompt"]
  values  = ["fixed@1", "published.fixed@1"]
}
