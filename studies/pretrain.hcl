# Makes the tiny checkpoints of the families that write from left to right,
# which studies/quick.hcl fine-tunes: language models of small Java methods and of
# commits of such methods, as corpora of code hold them. They have seen old lines
# and the new ones that made them right, in diffs and notes, but never in the form
# in which a prompt asks, nor a method of the benchmark.
#
#   harness run studies/pretrain.hcl
#   harness export studies/pretrain.hcl --dtype bf16 --trial MODEL/full/default --to FOLDER
#
# 11 to 13 minutes a model on one core (7.9 million tokens each). With
# taskset two models are made side by side faster than one after the other.
# studies/pretrain-infilling.hcl and pretrain-encoder.hcl make the others.

study "pretrain" {
  title = "Tiny models of small Java methods"
  seed  = 1
}

dataset "micropairs" "text" {
  content = "text"
  count   = 60000
  split   = { validation = 0.01 }

  duplicates = "keep" # as corpora hold them
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
  values  = ["train.loss", "validation.loss"]
}
