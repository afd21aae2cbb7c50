"""Makes tiny checkpoints whose head is not their token table, whatever their configuration says of that, and what
transformers computes with them. Their generation_config.json has other end tokens than their config.json.

Made with torch 2.15 and transformers 5.24. Run in this folder.
"""

import json
import os

import torch
import transformers
from safetensors.torch import load_file, save_file

VOCABULARY = 48


def write(path, value):
    with open(path, "w") as f:
        f.write(json.dumps(value, indent=1, sort_keys=True) + "\n")


def make(name, cls, config, **members):
    for seed in range(100):
        torch.manual_seed(seed)
        if attempt(name, cls, config, members):
            return
    raise SystemExit(f"{name}: every text repeats one token")


def attempt(name, cls, config, members):
    """Whether these weights write a text in which a later token is new."""
    model = cls(config)
    model.save_pretrained(name)
    weights = load_file(f"{name}/model.safetensors")
    for key, tensor in weights.items():
        scale = 1.0 if "norm" in key or "ln_" in key else 0.6
        weights[key] = torch.randn_like(tensor) * scale
    weights["lm_head.weight"] = torch.randn(VOCABULARY, 16)
    save_file(dict(sorted(weights.items())), f"{name}/model.safetensors", {"format": "pt"})
    with open(f"{name}/config.json") as f:
        written = json.load(f)
    for key, value in members.items():
        if value is None:
            written.pop(key, None)
        else:
            written[key] = value
    written.pop("transformers_version")
    write(f"{name}/config.json", written)
    os.remove(f"{name}/generation_config.json")

    prompt = torch.tensor([[5, 9, 11, 30, 2, 17]])
    load = lambda: cls.from_pretrained(name).eval()
    model = load()
    model.generation_config.eos_token_id = None
    free = model.generate(prompt, max_new_tokens=16, do_sample=False)[0].tolist()
    free = free if config.is_encoder_decoder else free[prompt.shape[1] :]
    end = next((i for i in reversed(range(2, 15)) if free[i] not in free[:i]), None)
    if end is None:
        return False
    unused = next(i for i in range(VOCABULARY) if i not in free and i != written["eos_token_id"])
    generation = {"eos_token_id": [unused, free[end]], "pad_token_id": 0}
    if config.is_encoder_decoder:
        generation["decoder_start_token_id"] = 0
    write(f"{name}/generation_config.json", generation)

    model = load()
    decoder = torch.tensor([[0, 7, 3, 40]])
    with torch.no_grad():
        if config.is_encoder_decoder:
            logits = model(prompt, decoder_input_ids=decoder).logits[0]
        else:
            logits = model(prompt).logits[0]
    greedy = model.generate(prompt, max_new_tokens=16, do_sample=False)[0].tolist()
    greedy = greedy[1:] if config.is_encoder_decoder else greedy[prompt.shape[1] :]
    assert greedy[-1] == free[end] and len(greedy) < 16, (greedy, free)
    golden = {"input_ids": prompt[0].tolist(), "greedy": greedy, "logits": [round(x, 6) for x in logits.flatten().tolist()]}
    if config.is_encoder_decoder:
        golden["decoder_input_ids"] = decoder[0].tolist()
    with open(f"{name}/golden.json", "w") as f:
        f.write(json.dumps(golden) + "\n")
    return True


make(
    "t5v11",
    transformers.T5ForConditionalGeneration,
    transformers.T5Config(
        vocab_size=VOCABULARY, d_model=16, d_kv=4, d_ff=24, num_heads=3, num_layers=2, feed_forward_proj="gated-gelu",
        tie_word_embeddings=False, decoder_start_token_id=0, dropout_rate=0.0,
    ),
    # As T5 1.1 was published.
    tie_word_embeddings=False, scale_decoder_outputs=None, dense_act_fn=None, is_gated_act=None,
)
make(
    "llama",
    transformers.LlamaForCausalLM,
    transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=64, tie_word_embeddings=True,
    ),
)
make(
    "codegen",
    transformers.CodeGenForCausalLM,
    transformers.CodeGenConfig(
        vocab_size=VOCABULARY, n_embd=16, n_head=4, n_layer=2, rotary_dim=4, n_positions=64, n_ctx=64, eos_token_id=3, bos_token_id=1,
        tie_word_embeddings=True,
    ),
)
make(
    "bloom",
    transformers.BloomForCausalLM,
    transformers.BloomConfig(vocab_size=VOCABULARY, hidden_size=16, n_head=4, n_layer=2),
)
