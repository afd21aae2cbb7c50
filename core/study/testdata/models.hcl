# Adapters that are combined with some models or prompts only.
study "models" {}
model "codegen" "small" { source = "small" }
model "replay" "recorded" { folder = "x" }
adapter "recorded" "none" { models = [model.replay.recorded] }
adapter "lora" "all" {}
adapter "lora" "wrong" { models = [adapter.lora.all, "small", null] }
adapter "lora" "nothing" { models = [] }
adapter "lora" "single" { models = model.codegen.small }
prompt "shown" { buggy_lines = true }
adapter "lora" "shown" { prompts = [prompt.shown] }
adapter "lora" "unshown" { prompts = [model.codegen.small] }
