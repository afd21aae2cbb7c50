"""Writes types.gguf, tensors of every type that is read, and types.safetensors, their values, with llama.cpp's own
Python package.

    python make.py    # needs the packages gguf (0.19 here), numpy and safetensors
"""

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from safetensors.numpy import save_file

random = np.random.default_rng(7)
writer = gguf.GGUFWriter("types.gguf", "llama")
writer.add_uint32("some.number", 7)
writer.add_array("some.texts", ["a", "é", ""])
values = {}
for kind in (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q4_K, T.Q6_K):
    width = 256
    if kind in (T.Q4_K, T.Q6_K):
        # The package cannot quantize to these: any bytes will do, with sane scales.
        size = gguf.GGML_QUANT_SIZES[kind][1]
        data = random.integers(0, 256, (3, 2 * size), dtype=np.uint8).reshape(3, 2, size)
        halves = random.uniform(-0.01, 0.01, (3, 2, 2)).astype(np.float16).view(np.uint8)
        if kind == T.Q4_K:
            data[..., :4] = halves
        else:
            data[..., -2:] = halves[..., :2]
        data = data.reshape(3, -1)
    else:
        data = gguf.quantize(random.standard_normal((3, width)).astype(np.float32), kind)
    name = kind.name.lower()
    writer.add_tensor(name, data, raw_dtype=kind)
    values[name] = gguf.dequantize(data, kind).astype(np.float32)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(values, "types.safetensors")
