# Makes the tiny checkpoints of the families that write from left to right,
# which studies/quick.hcl fine-tunes: honest language models of small Java
# methods that have never seen a bug fix.
#
#   harness run studies/pretrain.hcl
#   harness export studies/pretrain.hcl --dtype bf16 --trial micro/full/default --to FOLDER
#
# About 15 minutes a model on two cores with the count given here, which made
# models/codegen-micro (bloom-micro: 7500). studies/pretrain-infilling.hcl makes
# those of the other families.

study "pretrain" {
  title = "Tiny models of small Java methods"
  seed  = 1
}

dataset "micropairs" "text" {
  content = "text"
  count   = 20000
  split   = { validation = 0.01 }

  duplicates = "keep" # as the checkpoints that are shipped were made
}

model "codegen" "micro" {
  scratch {
    dataset    = dataset.micropairs.text
    vocabulary = 512
    config = {
      model_type          = "codegen"
      architectures       = ["CodeGenForCausalLM"]
      tokenizer_class     = "GPT2Tokenizer"
      activation_function = "gelu_new"
      n_embd              = 96
      n_layer             = 4
      n_head              = 4
      n_inner             = 192
      rotary_dim          = 24
      n_positions         = 512
      n_ctx               = 512
      layer_norm_epsilon  = 1e-5
      initializer_range   = 0.06
      attn_pdrop          = 0
      embd_pdrop          = 0
      resid_pdrop         = 0
      tie_word_embeddings = true
    }
  }
}

model "bloom" "bloom-micro" {
  scratch {
    dataset     = dataset.micropairs.text
    vocabulary  = 512
    tokens      = ["<unk>", "<s>", "</s>", "<pad>"]
    begin_token = "<s>"
    end_token   = "</s>"
    pad_token   = "<pad>"
    config = {
      model_type         = "bloom"
      architectures      = ["BloomForCausalLM"]
      hidden_size        = 96
      n_layer            = 3
      n_head             = 6
      layer_norm_epsilon = 1e-5
      initializer_range  = 0.06
      attention_dropout  = 0
      hidden_dropout     = 0
    }
  }
}

adapter "full" "full" {}

train {
  dataset      = dataset.micropairs.text
  batch_size   = 8
  max_length   = 256
  schedule     = "linear"
  warmup_steps = 100
  betas        = [0.9, 0.99]
  grid {
    learning_rate = [5e-3]
    epochs        = [3]
  }
}

table "loss" {
  rows    = ["model"]
  columns = ["adapter"]
  values  = ["train.loss", "validation.loss"]
}
