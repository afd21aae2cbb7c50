"""Writes adapter_model.bin as PEFT before 0.7 saved it. Needs torch; run in this folder."""

import torch

path = "base_model.model.layers.0.q_proj."
torch.save({path + "lora_A.weight": torch.arange(6.0).reshape(2, 3), path + "lora_B.weight": torch.arange(8.0).reshape(4, 2)}, "adapter_model.bin")
