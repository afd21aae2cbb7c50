# --var count=many
# --var list=[1, "x"]
# --var object={ a = 1, c = 2 }
# --var broken=[1,
# --var-file variables.vars
# --var-file no-such.vars
study "variables" {
  seed = var.count
}

variable "count" {
  type = number
}

variable "list" {
  type = list(number)
}

variable "object" {
  type = object({ a = number, b = optional(string, "x") })
}

variable "broken" {
  type = list(number)
}

variable "fine" {
  default   = null
  sensitive = true
}

variable "from_file" {
  type    = bool
  default = "maybe"
}

model "codegen" "m" {
  source = var.fine
}

adapter "none" "base" {}

benchmark "microbugs" "b" {}

sandbox "auto" {}
