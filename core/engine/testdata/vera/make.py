"""Writes a folder a family: a VeRA adapter as PEFT saves it, with the logits of PEFT's forward pass and of the merged model.

Needs torch, transformers 5 and peft 0.21, and the models in ../prefix. Run in this folder. The target modules differ in
shape, so that PEFT takes parts of the shared matrices, and the vectors are drawn: a fresh adapter changes nothing.
"""

import json
import os

import torch
from peft import VeraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

ids = [3, 17, 5, 5, 30, 11, 2]
targets = {
    "bloom": ["query_key_value", "dense_4h_to_h"],
    "codegen": ["qkv_proj", "fc_out"],
    "llama": ["q_proj", "v_proj", "down_proj"],
    "starcoder": ["c_attn", "mlp.c_proj"],
}
for name, modules in targets.items():
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained("../prefix/" + name, dtype=torch.float32)
    config = VeraConfig(r=6, target_modules=modules, projection_prng_key=5, vera_dropout=0.1, task_type="CAUSAL_LM")
    tuned = get_peft_model(model, config).eval()
    with torch.no_grad():
        for key, p in tuned.named_parameters():
            if "vera_lambda" in key:
                p.copy_(torch.randn_like(p))
    tuned.save_pretrained(name + "/adapter")
    os.remove(name + "/adapter/README.md")
    trainable, everything = tuned.get_nb_trainable_parameters()
    with open(name + "/counts.json", "w") as f:
        json.dump({"trainable_parameters": trainable, "all_parameters": everything}, f)
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([ids])).logits[0].contiguous()
        merged = tuned.merge_and_unload()(input_ids=torch.tensor([ids])).logits[0].contiguous()
    save_file({"input_ids": torch.tensor(ids, dtype=torch.int32), "logits": logits, "merged_logits": merged}, name + "/golden.safetensors")
