"""Writes a checkpoint of a Llama as a GGUF file with llama.cpp's own writer."""

import io
import json
import os

import gguf
import numpy as np
import sentencepiece
from gguf import TokenType
from safetensors.torch import load_file

NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}


def make(checkpoint, to, tokenizer, corpus):
    """tokenizer is "gpt2", the checkpoint's own byte-level one, or "llama", a new SentencePiece one; weights are F32 or F16."""
    os.makedirs(to)
    with open(checkpoint + "/config.json") as f:
        config = json.load(f)
    w = gguf.GGUFWriter(to + "/model.gguf", "llama")
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_block_count(config["num_hidden_layers"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(config["num_attention_heads"])
    w.add_head_count_kv(config["num_key_value_heads"])
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_rope_freq_base(float(config["rope_theta"]))
    w.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    w.add_vocab_size(config["vocab_size"])
    {"gpt2": byte_level, "llama": sentence_piece}[tokenizer](w, config, checkpoint, to, corpus)
    for name, tensor in load_file(checkpoint + "/model.safetensors").items():
        data = tensor.float().numpy()
        module, kind = name.rsplit(".", 1)
        if module in NAMES:
            new = NAMES[module]
        else:
            _, _, layer, module = module.split(".", 3)
            new = f"blk.{layer}.{NAMES[module]}"
        if module == "self_attn.q_proj":
            data = permuted(data, config["num_attention_heads"])
        if module == "self_attn.k_proj":
            data = permuted(data, config["num_key_value_heads"])
        if tokenizer == "llama" and data.ndim > 1:
            data = data.astype(np.float16)
        w.add_tensor(f"{new}.{kind}", np.ascontiguousarray(data))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def permuted(rows, heads):
    """llama.cpp's order of the rows of each head."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def byte_level(w, config, checkpoint, to, corpus):
    with open(checkpoint + "/tokenizer.json") as f:
        spec = json.load(f)
    ids = dict(spec["model"]["vocab"]) | {a["content"]: a["id"] for a in spec["added_tokens"]}
    control = {a["content"] for a in spec["added_tokens"]}
    tokens = sorted(ids, key=ids.get)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([TokenType.CONTROL if t in control else TokenType.NORMAL for t in tokens])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in spec["model"]["merges"]])
    w.add_bos_token_id(config["bos_token_id"])
    w.add_eos_token_id(config["eos_token_id"])
    w.add_pad_token_id(config["eos_token_id"])
    w.add_add_bos_token(True)


def sentence_piece(w, config, checkpoint, to, corpus):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model, vocab_size=config["vocab_size"], model_type="bpe", byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2,
    )
    with open(to + "/reference.model", "wb") as f:
        f.write(model.getvalue())
    p = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())

    def kind(i):
        return (TokenType.UNKNOWN if p.is_unknown(i) else TokenType.CONTROL if p.is_control(i) else TokenType.BYTE if p.is_byte(i) else TokenType.NORMAL)

    ids = range(p.vocab_size())
    w.add_tokenizer_model("llama")
    w.add_token_list([p.id_to_piece(i) for i in ids])
    w.add_token_scores([p.get_score(i) for i in ids])
    w.add_token_types([kind(i) for i in ids])
    w.add_bos_token_id(p.bos_id())
    w.add_eos_token_id(p.eos_id())
    w.add_unk_token_id(p.unk_id())
