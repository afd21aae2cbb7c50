# Makes the tiny checkpoints of the families that fill in what is missing from
# the middle of a text, which studies/quick.hcl fine-tunes: they have learnt to
# put back lines that were taken out of small Java methods, and have never seen
# a bug fix.
#
#   harness run studies/pretrain-infilling.hcl
#   harness export studies/pretrain-infilling.hcl --dtype bf16 --trial MODEL/full/without-buggy-lines --to FOLDER
#
# About 5 minutes a model on two cores with the count given here, which made
# the checkpoints in models/ (codellama-micro: 16000). The tokens that a family writes its
# prompts with come from its plugin and follow those listed here.

study "pretrain-infilling" {
  title = "Tiny models that fill in small Java methods"
  seed  = 1
}

dataset "micropairs" "holes" {
  content = "holes"
  count   = 7500
  split   = { validation = 0.01 }

  duplicates = "keep" # as the checkpoints that are shipped were made
}

prompt "without-buggy-lines" {
  buggy_lines = false
}

model "codet5" "codet5-micro" {
  scratch {
    dataset     = dataset.micropairs.holes
    vocabulary  = 512
    tokens      = ["<pad>", "<s>", "</s>", "<unk>"]
    begin_token = "<s>"
    end_token   = "</s>"
    pad_token   = "<pad>"
    config = {
      model_type                     = "t5"
      architectures                  = ["T5ForConditionalGeneration"]
      is_encoder_decoder             = true
      decoder_start_token_id         = 0
      d_model                        = 96
      d_kv                           = 24
      d_ff                           = 192
      num_heads                      = 4
      num_layers                     = 2
      num_decoder_layers             = 2
      n_positions                    = 512
      relative_attention_num_buckets = 32
      feed_forward_proj              = "relu"
      layer_norm_epsilon             = 1e-6
      initializer_factor             = 1
      dropout_rate                   = 0
    }
  }
}

model "starcoder" "starcoder-micro" {
  scratch {
    dataset    = dataset.micropairs.holes
    vocabulary = 512
    config = {
      model_type          = "gpt_bigcode"
      architectures       = ["GPTBigCodeForCausalLM"]
      activation_function = "gelu_pytorch_tanh"
      multi_query         = true
      n_embd              = 96
      n_layer             = 4
      n_head              = 4
      n_inner             = 256
      n_positions         = 512
      layer_norm_epsilon  = 1e-5
      initializer_range   = 0.06
      attn_pdrop          = 0
      embd_pdrop          = 0
      resid_pdrop         = 0
    }
  }
}

locals {
  llama = {
    model_type              = "llama"
    architectures           = ["LlamaForCausalLM"]
    hidden_act              = "silu"
    hidden_size             = 96
    intermediate_size       = 128
    num_hidden_layers       = 4
    num_attention_heads     = 4
    num_key_value_heads     = 4
    max_position_embeddings = 512
    rms_norm_eps            = 1e-6
    initializer_range       = 0.06
    tie_word_embeddings     = false
  }
}

model "deepseekcoder" "deepseekcoder-micro" {
  scratch {
    dataset     = dataset.micropairs.holes
    vocabulary  = 512
    begin_token = "<｜begin▁of▁sentence｜>"
    end_token   = "<｜end▁of▁sentence｜>"
    config = merge(local.llama, {
      rope_theta   = 100000
      rope_scaling = { type = "linear", factor = 4 }
    })
  }
}

model "codellama" "codellama-micro" {
  scratch {
    dataset     = dataset.micropairs.holes
    vocabulary  = 512
    tokens      = ["<unk>", "<s>", "</s>"]
    begin_token = "<s>"
    end_token   = "</s>"
    config      = merge(local.llama, { rope_theta = 1000000 })
  }
}

adapter "full" "full" {}

train {
  dataset      = dataset.micropairs.holes
  batch_size   = 16
  max_length   = 400
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
