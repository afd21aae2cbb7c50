# Makes the tiny checkpoint of the family with an encoder, which studies/quick.hcl
# fine-tunes. It has learnt to put back lines that were taken out of small Java
# methods and of commits of such methods: often the new lines, whose old ones stand
# above (see pretrain.hcl and pretrain-infilling.hcl).
#
#   harness run studies/pretrain-encoder.hcl
#   harness export studies/pretrain-encoder.hcl --dtype bf16 --trial codet5-micro/full/without-buggy-lines --to FOLDER
#
# 8 minutes on one core. That is too little to learn to copy: its loss still falls.

study "pretrain-encoder" {
  title = "Tiny models that fill in small Java methods"
  seed  = 1
}

dataset "micropairs" "holes" {
  content = "holes"
  count   = 30000
  split   = { validation = 0.01 }

  duplicates = "keep" # as corpora hold them
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
  batch_size   = 2
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
