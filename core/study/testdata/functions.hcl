# Every function once. The title is long enough to show them all.
study "functions" {
  title = jsonencode(local.all)
  seed  = 18446744073709551615
}

locals {
  all = {
    numbers = [
      abs(-2), ceil(1.2), floor(1.8), log(8, 2), max(1, 3), min(1, 3), parseint("ff", 16), pow(2, 10), signum(-3),
    ]
    texts = [
      format("%s-%03d", "a", 7), formatlist("%s!", ["a", "b"]), indent(2, "a\nb"), join("+", ["a", "b"]), lower("A"),
      regex("[0-9]+", "ab12"), regexall("[a-z]", "a1b"), regexreplace("a1b2", "[0-9]", "#"), replace("aXb", "X", "-"),
      split(",", "a,b"), strlen("äb"), strrev("abc"), substr("abcd", 1, 2), title("a b"), trim("..a..", "."),
      trimprefix("abc", "a"), trimspace(" a "), trimsuffix("abc", "c"), upper("a"),
    ]
    collections = {
      chunklist       = chunklist([1, 2, 3], 2)
      coalesce        = coalesce(null, 1)
      coalescelist    = coalescelist([], [1])
      compact         = compact(["", "a"])
      concat          = concat([1], [2])
      contains        = contains(["a"], "a")
      distinct        = distinct([1, 1, 2])
      element         = element([1, 2], 3)
      flatten         = flatten([[1], [2, [3]]])
      index           = index(["a", "b"], 1)
      keys            = keys({ b = 1, a = 2 })
      length          = length([1, 2])
      lookup          = lookup({ a = 1 }, "b", 0)
      merge           = merge({ a = 1 }, { b = 2 })
      range           = range(1, 4)
      reverse         = reverse([1, 2])
      setintersection = setintersection([1, 2], [2, 3])
      setproduct      = setproduct(["a", "b"], ["c"])
      setsubtract     = setsubtract([1, 2], [2])
      setunion        = setunion([1], [2])
      slice           = slice([1, 2, 3], 0, 2)
      sort            = sort(["b", "a"])
      values          = values({ b = 1, a = 2 })
      zipmap          = zipmap(["a"], [1])
    }
    types = [tobool("true"), tolist([1]), tomap({ a = 1 }), tonumber("1"), toset([1, 1]), tostring(1)]
    data  = [csvdecode("a,b\n1,2\n"), jsondecode("{\"a\":[1]}"), file("files/note.txt"), pathexpand("plain")]
  }
}

model "codegen" "m" {
  source = "x"
}

adapter "lora" "l" {
  load = "y"
}

adapter "full" "f" {}

dataset "jsonl" "d" {
  path = "p"
}

train {
  dataset = dataset.jsonl.d
  grid {
    learning_rate = [1e-4]
    epochs        = [1]
  }
}
