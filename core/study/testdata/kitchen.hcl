study "kitchen" {}

model "codegen" "scratch" {
  dtype = "bf16"
  scratch {
    config     = { n_layer = 2, n_head = 4, activation = null, rates = [1e-5, 0.5], size = 2 * 64 }
    dataset    = local.text
    vocabulary = 512
  }
}

locals {
  text = dataset.kitchen.full
  all  = [for name, d in dataset.kitchen : d.oven == null ? name : "${name} at ${d.oven.heat}"]
}

dataset "kitchen" "full" {
  any   = ["x", [true], local.number]
  shape = { height = 1.5, width = "2" }
  tags  = ["b", "a", "b"]
  name  = join("; ", [for p in dataset.kitchen["1st"].pot : p.litres])
  split = { validation = 1 / 4 }
  limit = 10
  leakage    = "fail"
  similarity = 1
  duplicates = "keep"

  oven {
    heat = 180
  }
  pot {}
  pot {
    litres = 2 + 3
  }
}

dataset "kitchen" "1st" {
  weights = {}
  any     = { empty = [], nothing = null }
  pot { litres = 1e-7 }
}

dataset "kitchen" "2nd" {
  name = "${dataset.kitchen.full.kind}/${dataset.kitchen.full.type}/${dataset.kitchen.full.name}: ${join(", ", [file("files/note.txt")])}"
  pot {}
}

locals {
  number = 12345678901234567890
}

adapter "full" "full" {}

adapter "lora" "r" {
  for_each = toset([16, 4])
  rank     = each.value
  alpha    = 2 * each.value
}

adapter "lora" "double" {
  rank = adapter.lora.r["16"].rank * 2
}

adapter "lora" "loaded" {
  load = "trained/${adapter.lora.r["4"].name}"
}

train {
  dataset      = local.text
  schedule     = "linear"
  warmup_steps = 10
  betas        = [0.9, 0.95]
  grid {
    learning_rate = [for e in range(3, 5) : pow(10, -e)]
    epochs        = [3]
  }
}

generate {
  decode = "greedy"
}

table "losses" {
  rows   = ["model", "adapter"]
  values = ["validation.loss", "trainable_share"]
}

void "other-run" {
  reason = "the verdicts are of other candidates"
  where  = { adapter = "double" }
  bugs   = ["Gcd"]
  ranks  = [0, 9]
}
