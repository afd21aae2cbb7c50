# Makes the tiny checkpoints of the families that were trained to fill in the
# middle, which studies/quick.hcl fine-tunes. They read what models/codegen-micro
# does (see pretrain.hcl), and behind every three such texts a document with lines
# taken out, which they put back. What says where lines are missing is the prompt of
# a fine-tuned model without buggy lines: its marks with nothing between them. The
# prompts of quick.hcl hold buggy lines.
#
#   harness run studies/pretrain-infilling.hcl
#   harness export studies/pretrain-infilling.hcl --dtype bf16 --trial MODEL/full/without-buggy-lines --to FOLDER
#
# About 15 minutes a model on one core. models/codellama-micro, which learns more
# slowly, was made with --var documents=80000.
# The tokens that a family writes its prompts with come from its plugin and
# follow those listed here.

variable "documents" {
  type        = number
  default     = 60000
  description = "how many texts and holes"
}

study "pretrain-infilling" {
  title = "Tiny models that fill in small Java methods"
  seed  = 1
}

dataset "micropairs" "both" {
  content = "text and holes"
  count   = var.documents
  split   = { validation = 0.01 }

  duplicates = "keep" # as corpora hold them
}

prompt "without-buggy-lines" {
  buggy_lines = false
}

model "starcoder" "starcoder-micro" {
  scratch {
    dataset    = dataset.micropairs.both
    vocabulary = 512
    config = {
      model_type              = "starcoder2"
      architectures           = ["Starcoder2ForCausalLM"]
      hidden_act              = "gelu_pytorch_tanh"
      hidden_size             = 96
      intermediate_size       = 224
      num_hidden_layers       = 4
      num_attention_heads     = 4
      num_key_value_heads     = 2
      max_position_embeddings = 512
      rope_theta              = 100
      norm_epsilon            = 1e-5
      initializer_range       = 0.06
      use_bias                = true
      attention_dropout       = 0
      embedding_dropout       = 0
      residual_dropout        = 0
      tie_word_embeddings     = true
    }
  }
}

locals {
  llama = {
    model_type              = "llama"
    architectures           = ["LlamaForCausalLM"]
    hidden_act              = "silu"
    hidden_size             = 96
    intermediate_size       = 144
    num_hidden_layers       = 4
    num_attention_heads     = 4
    num_key_value_heads     = 4
    max_position_embeddings = 512
    rope_theta              = 100
    rms_norm_eps            = 1e-6
    initializer_range       = 0.06
    tie_word_embeddings     = true
  }
}

model "deepseekcoder" "deepseekcoder-micro" {
  scratch {
    dataset     = dataset.micropairs.both
    vocabulary  = 512
    begin_token = "<｜begin▁of▁sentence｜>"
    end_token   = "<｜end▁of▁sentence｜>"
    config      = merge(local.llama, { rope_scaling = { type = "linear", factor = 1 } })
  }
}

model "codellama" "codellama-micro" {
  scratch {
    dataset     = dataset.micropairs.both
    vocabulary  = 512
    tokens      = ["<unk>", "<s>", "</s>"]
    begin_token = "<s>"
    end_token   = "</s>"
    config      = local.llama
  }
}

adapter "full" "full" {}

train {
  dataset      = dataset.micropairs.both
  batch_size   = 2
  max_length   = 256
  schedule     = "linear"
  warmup_steps = 100
  betas        = [0.9, 0.99]
  grid {
    learning_rate = [3e-3]
    epochs        = [1]
  }
}

table "loss" {
  rows    = ["model"]
  columns = ["adapter"]
  values  = ["train.loss", "validation.loss", "validation.exact_match"]
}
