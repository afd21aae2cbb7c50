"""Writes a folder a family: a tiny model, a prefix as PEFT saves it, and the logits of PEFT's forward pass.

Needs torch, transformers 5 and peft 0.21. Run in this folder. PEFT's generate counts positions otherwise than its
forward pass does, and is not recorded.
"""

import os

import torch
from peft import PrefixTuningConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BloomConfig, CodeGenConfig, GPTBigCodeConfig, LlamaConfig

ids = [3, 17, 5, 5, 30, 11, 2]
ends = dict(bos_token_id=0, eos_token_id=1, pad_token_id=1)
gpt = dict(vocab_size=32, n_positions=32, n_embd=16, n_layer=2, n_head=4, **ends)
configs = {
    "bloom": BloomConfig(vocab_size=32, hidden_size=18, n_layer=2, n_head=3, **ends),
    "codegen": CodeGenConfig(rotary_dim=4, **gpt),
    "llama": LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=32, **ends),
    "starcoder": GPTBigCodeConfig(multi_query=True, **gpt),
}
for name, config in configs.items():
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn_like(p))
    model.to(torch.bfloat16).save_pretrained(name)
    os.remove(name + "/generation_config.json")
    model = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)  # rounded weights, but tables of angles in f32
    tuned = get_peft_model(model, PrefixTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM")).eval()
    tuned.save_pretrained(name + "/adapter")
    os.remove(name + "/adapter/README.md")
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0]
    save_file({"input_ids": torch.tensor(ids, dtype=torch.int32), "logits": logits.contiguous()}, name + "/golden.safetensors")
