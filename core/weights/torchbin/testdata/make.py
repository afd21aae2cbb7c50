"""Writes views.bin and views.json: tensors as torch.save lays them out, and their values.

Needs torch 2.5 or newer. Run in this folder.
"""

import collections
import json

import torch

table = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
half = torch.tensor([0.5, -2.0, 65504.0, 6e-8]).to(torch.float16)
tensors = collections.OrderedDict(
    {
        "plain": torch.tensor([[1.5, -2.25], [3e-40, 1e30]]),
        "tied.first": table,
        "tied.second": table,
        "row": table[2],
        "column": table[:, 3],
        "transposed": table.t(),
        "part": table[1:3, 2:5],
        "every_second": table[::2, ::3],
        "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        "scalar": torch.tensor(7.0),
        "empty": torch.zeros(0, 3),
        "ones": torch.arange(3.0).reshape(1, 3, 1),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        "f16": half,
        "bf16": torch.tensor([1.0, -3.140625, 1e30]).to(torch.bfloat16),
        "f64": torch.tensor([0.1, -1e-3], dtype=torch.float64),
        "f8_e4m3": torch.tensor([1.0, -448.0]).to(torch.float8_e4m3fn),
        "f8_e5m2": torch.tensor([1.0, -57344.0]).to(torch.float8_e5m2),
        "causal_mask": torch.tril(torch.ones(3, 3, dtype=torch.bool)).view(1, 1, 3, 3),
        "position_ids": torch.arange(4).expand(1, -1),
        "bytes": torch.tensor([0, 255], dtype=torch.uint8),
        "u16": torch.tensor([1, 65535], dtype=torch.uint16),
        "i32": torch.tensor([-1, 7], dtype=torch.int32),
    }
)
tensors._metadata = collections.OrderedDict({"": {"version": 1}})
torch.save(tensors, "views.bin")

out = {
    name: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": t.double().flatten().tolist()}
    for name, t in tensors.items()
}
with open("views.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
