"""The networks: their configurations as published checkpoints write them, tiny, and their random weights."""

import json
import re
from dataclasses import dataclass, field
from typing import Callable

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

import vocabularies


@dataclass(frozen=True)
class Family:
    name: str
    vocabulary: Callable
    config: dict  # without what the vocabulary decides
    ends: dict  # config.json's name of a special token: the token
    moved: tuple  # weights that the training goldens hold
    vocab_size: int  # more than the tokenizer's, as published ones are
    seed: int = 0
    format: str = "safetensors"  # or sharded, bin
    dtype: torch.dtype = torch.float32
    omitted_prefix: str = ""  # that names lack in the file
    targets: dict = field(default_factory=dict)  # of adapters for which PEFT has no default
    rslora: bool = False

    @property
    def encodes(self):
        return self.config.get("is_encoder_decoder", False)

    @property
    def auto(self):
        return AutoModelForSeq2SeqLM if self.encodes else AutoModelForCausalLM


END = "<|endoftext|>"
GPT = {"bos_token_id": END, "eos_token_id": END}
LLAMA = {"architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "initializer_range": 0.02, "max_position_embeddings": 128,
         "model_type": "llama", "pretraining_tp": 1, "use_cache": True}
T5 = {"architectures": ["T5ForConditionalGeneration"], "d_kv": 6, "d_model": 32, "decoder_start_token_id": 0, "dropout_rate": 0.1,
      "initializer_factor": 1.0, "is_encoder_decoder": True, "layer_norm_epsilon": 1e-4, "model_type": "t5", "n_positions": 128,
      "num_decoder_layers": 2, "num_heads": 4, "num_layers": 2, "output_past": True, "relative_attention_num_buckets": 32,
      "torch_dtype": "float32", "use_cache": True}

FAMILIES = [
    Family(
        "tiny-codegen", vocabularies.codegen,
        {"activation_function": "gelu_new", "architectures": ["CodeGenForCausalLM"], "attn_pdrop": 0.0, "embd_pdrop": 0.0,
         "gradient_checkpointing": False, "initializer_range": 0.02, "layer_norm_epsilon": 1e-4, "model_type": "codegen",
         "n_ctx": 96, "n_embd": 40, "n_head": 8, "n_inner": 64, "n_layer": 2, "n_positions": 96, "resid_pdrop": 0.0,
         "rotary_dim": 4, "scale_attn_weights": True, "tie_word_embeddings": False, "tokenizer_class": "GPT2Tokenizer",
         "torch_dtype": "float32", "use_cache": True},
        ends=GPT, vocab_size=352, seed=1,
        targets={"ia3": (["qkv_proj", "fc_out"], ["fc_out"])},
        moved=("transformer.h.0.attn.out_proj.weight", "transformer.h.1.mlp.fc_in.bias", "transformer.ln_f.weight")),
    Family(
        "tiny-codet5", vocabularies.codet5, T5 | {"d_ff": 48, "feed_forward_proj": "relu", "gradient_checkpointing": False},
        ends={"bos_token_id": "<s>", "eos_token_id": "</s>", "pad_token_id": "<pad>"}, vocab_size=416, format="bin",
        moved=("decoder.block.0.layer.1.EncDecAttention.v.weight",
               "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "encoder.final_layer_norm.weight")),
    Family(
        "tiny-starcoder", vocabularies.starcoder,
        {"activation_function": "gelu_pytorch_tanh", "architectures": ["GPTBigCodeForCausalLM"], "attention_softmax_in_fp32": True,
         "multi_query": True, "attn_pdrop": 0.1, "embd_pdrop": 0.1, "inference_runner": 0, "initializer_range": 0.02,
         "layer_norm_epsilon": 1e-4, "max_batch_size": None, "max_sequence_length": None, "model_type": "gpt_bigcode",
         "n_embd": 32, "n_head": 4, "n_inner": 96, "n_layer": 2, "n_positions": 96, "pad_key_length": True,
         "pre_allocate_kv_cache": False, "resid_pdrop": 0.1, "scale_attention_softmax_in_fp32": True, "scale_attn_weights": True,
         "torch_dtype": "float32", "use_cache": True, "validate_runner_input": True},
        ends=GPT, vocab_size=352, seed=1,
        moved=("transformer.h.1.attn.c_proj.weight", "transformer.h.0.mlp.c_fc.bias", "transformer.ln_f.weight")),
    Family(
        "tiny-starcoder2", vocabularies.starcoder,
        {"architectures": ["Starcoder2ForCausalLM"], "attention_dropout": 0.1, "residual_dropout": 0.1, "embedding_dropout": 0.1,
         "hidden_act": "gelu_pytorch_tanh", "hidden_size": 36, "initializer_range": 0.018, "intermediate_size": 80,
         "max_position_embeddings": 128, "mlp_type": "default", "model_type": "starcoder2", "norm_epsilon": 1e-4,
         "norm_type": "layer_norm", "num_attention_heads": 6, "num_hidden_layers": 2, "num_key_value_heads": 2,
         "rope_theta": 999999.4420358813, "sliding_window": 7, "torch_dtype": "float32", "use_bias": True, "use_cache": True},
        ends=GPT, vocab_size=352, format="sharded",
        targets={"lora": ["q_proj", "v_proj"], "dora": ["q_proj", "v_proj"], "ia3": (["k_proj", "v_proj", "c_proj"], ["c_proj"])},
        moved=("model.layers.0.self_attn.o_proj.weight", "model.layers.1.mlp.c_fc.bias", "model.norm.weight")),
    Family(
        "tiny-deepseekcoder", vocabularies.deepseekcoder,
        LLAMA | {"hidden_size": 32, "intermediate_size": 72, "num_attention_heads": 4, "num_hidden_layers": 3,
                 "num_key_value_heads": 2, "rms_norm_eps": 1e-4, "rope_scaling": {"factor": 4.0, "type": "linear"},
                 "rope_theta": 100000, "tie_word_embeddings": False, "torch_dtype": "bfloat16"},
        ends={"bos_token_id": "<｜begin▁of▁sentence｜>", "eos_token_id": "<｜end▁of▁sentence｜>"}, vocab_size=352,
        dtype=torch.bfloat16, rslora=True,
        moved=("model.layers.0.self_attn.o_proj.weight", "model.layers.2.input_layernorm.weight", "model.norm.weight")),
    Family(
        "tiny-bloom", vocabularies.bloom,
        {"apply_residual_connection_post_layernorm": False, "architectures": ["BloomForCausalLM"], "attention_dropout": 0.0,
         "attention_softmax_in_fp32": True, "bias_dropout_fusion": True, "hidden_dropout": 0.0, "hidden_size": 30,
         "initializer_range": 0.02, "layer_norm_epsilon": 1e-4, "masked_softmax_fusion": True, "model_type": "bloom", "n_head": 6,
         "n_inner": None, "n_layer": 2, "offset_alibi": 100, "pretraining_tp": 1, "skip_bias_add": True,
         "skip_bias_add_qkv": False, "slow_but_exact": False, "use_cache": True},
        ends={"bos_token_id": "<s>", "eos_token_id": "</s>", "pad_token_id": "<pad>", "unk_token_id": "<unk>"}, vocab_size=336,
        omitted_prefix="transformer.",
        moved=("transformer.h.0.self_attention.dense.weight", "transformer.h.1.mlp.dense_h_to_4h.bias",
               "transformer.word_embeddings_layernorm.weight")),
    Family(
        "tiny-codellama", vocabularies.codellama,
        LLAMA | {"hidden_size": 32, "intermediate_size": 56, "num_attention_heads": 4, "num_hidden_layers": 2,
                 "num_key_value_heads": 4, "rms_norm_eps": 1e-4, "rope_scaling": None, "rope_theta": 1000000,
                 "tie_word_embeddings": False, "torch_dtype": "float32"},
        ends={"bos_token_id": "<s>", "eos_token_id": "</s>"}, vocab_size=416,
        moved=("model.layers.0.self_attn.o_proj.weight", "model.layers.1.input_layernorm.weight", "model.norm.weight")),
    Family(
        "tiny-llama-tied", vocabularies.codegen,
        LLAMA | {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2,
                 "num_key_value_heads": 1, "rms_norm_eps": 1e-4, "tie_word_embeddings": True, "torch_dtype": "float32",
                 "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}},
        ends=GPT, vocab_size=352,
        moved=("model.layers.0.self_attn.o_proj.weight", "model.layers.1.input_layernorm.weight", "model.norm.weight")),
]


def configuration(family, vocabulary):
    """config.json."""
    assert family.vocab_size > vocabulary.size, (family.vocab_size, vocabulary.size)
    ends = {name: vocabulary.id(token) for name, token in family.ends.items()}
    return dict(sorted((family.config | ends | {"vocab_size": family.vocab_size}).items()))


def write_model(folder, family, vocabulary):
    """Writes a folder with a network of random weights, and gives it as transformers reads it, in f32."""
    config = configuration(family, vocabulary)
    vocabularies.write(folder / "config.json", config)
    ends = [n for n in ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id") if n in config]
    vocabularies.write(folder / "generation_config.json", {"_from_model_config": True} | {n: config[n] for n in ends})
    model = family.auto.from_config(AutoConfig.from_pretrained(folder), attn_implementation="eager")
    randomize(model, family)
    save(folder, model, family)
    return family.auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


LAST_NORM = re.compile(r"(ln_f|model\.norm|decoder\.final_layer_norm)\.weight$")


def randomize(model, family):
    """Draws weights with which logits differ enough for every step of the network to matter."""
    generator = torch.Generator().manual_seed(1000 + family.seed)
    draw = lambda p: torch.randn(p.shape, generator=generator)
    head = model.get_output_embeddings().weight
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p is head or p is table:
                # The norm before the head leaves numbers of about 1. T5 scales them down by the root of the width.
                scaled = family.encodes and getattr(model.config, "scale_decoder_outputs", False)
                p.copy_(draw(p) * (2.5 if scaled else 2.5 / p.shape[-1] ** 0.5 if p is head else 0.5))
            elif re.search(r"(norm|ln_\w+)\.weight$", name):
                p.copy_(1 + 0.2 * draw(p))
                if LAST_NORM.search(name):  # else a tied head repeats the last token
                    p.mul_(draw(p).sign())
            elif p.dim() > 1:
                # T5 does not scale the products of queries and keys.
                gain = 0.6 if family.encodes and re.search(r"\.[qk]\.weight$", name) else 1.2
                p.copy_(draw(p) * gain / p.shape[-1] ** 0.5)
            else:
                p.copy_(0.2 * draw(p))


def save(folder, model, family):
    tensors = {name: t.to(family.dtype).contiguous() for name, t in model.state_dict().items()}
    if family.format == "bin":
        torch.save(tensors, folder / "pytorch_model.bin")  # the table under all its names
        return
    if model.get_output_embeddings().weight is model.get_input_embeddings().weight:
        del tensors["lm_head.weight"]
    tensors = {name.removeprefix(family.omitted_prefix): t for name, t in tensors.items()}
    if family.format == "safetensors":
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names, shards = sorted(tensors), 2
    where = {}
    for i in range(shards):
        shard = f"model-{i + 1:05}-of-{shards:05}.safetensors"
        part = names[i * len(names) // shards:(i + 1) * len(names) // shards]
        save_file({name: tensors[name] for name in part}, folder / shard, metadata={"format": "pt"})
        where |= dict.fromkeys(part, shard)
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": where}, indent=1) + "\n")


def pad_id(config):
    """What batches are filled with: the end token, as is usual, where the configuration names none."""
    pad = getattr(config, "pad_token_id", None)
    return config.eos_token_id if pad is None else pad
