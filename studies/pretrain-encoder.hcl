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

study "pretrain-encoder" {
  title = "Tiny models that fill in small Java methods"
  seed  = 1
}

dataset "micropairs" "holes" {
  content = "holes"
  count   = 20000
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

adapter "full" "full" {}

train {
  dataset      = dataset.micropairs.holes
  batch_size   = 16
  max_length   = 400
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
  values  = ["train.loss", "validation.loss", "validation.exact_match"]
}
