"""Makes the golden models: tiny random checkpoints of every family, and what transformers and PEFT say of them.

    python core/goldens/make FOLDER [NAME ...]

writes a folder a model (all, or those named) and manifest.json. doc.go of package goldens describes the folders. The same
versions of the packages on the same kind of machine make the same bytes.
"""

import hashlib
import json
import os
import pathlib
import platform
import random
import sys

if os.environ.get("PYTHONHASHSEED") != "0":  # PEFT writes sets in the order of their hashes
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {
        "PYTHONHASHSEED": "0", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"})

import peft
import safetensors
import tokenizers
import torch
import transformers
from safetensors.torch import save_file

import vocabularies
from families import FAMILIES, write_model
from inference import Inference
from training import Training, clear


def dump(value, indent=0):
    """JSON with a line for each member that is not an object itself."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    blank = " " * (indent + 1)
    members = [f"{blank}{json.dumps(k)}: {dump(v, indent + 1)}" for k, v in value.items()]
    return "{\n" + ",\n".join(members) + "\n" + " " * indent + "}"


def rounded(value):
    """Numbers with the digits that an f32 has."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, (list, tuple)) else value


def make(folder, family):
    clear(folder)
    vocabulary = family.vocabulary()
    vocabulary.save(folder)
    lines = vocabularies.cases(vocabulary, random.Random(3))
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (folder / "golden" / "tokenizer.jsonl").write_text(text, encoding="utf-8")
    model = write_model(folder, family, vocabulary)
    for name, (golden, tensors) in {"inference": Inference(family, vocabulary, model).make(),
                                    "training": Training(family, vocabulary, model, folder).make()}.items():
        (folder / "golden" / (name + ".json")).write_text(dump(rounded(golden)) + "\n", encoding="utf-8")
        save_file({k: t.to(torch.float32).contiguous() for k, t in tensors.items()}, folder / "golden" / (name + ".safetensors"))
    return {"architecture": family.config["architectures"][0], "parameters": model.num_parameters(), "seed": family.seed}


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.set_verbosity_error()
    root = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:] or [f.name for f in FAMILIES]
    manifest = root / "manifest.json"
    models = json.loads(manifest.read_text())["models"] if manifest.exists() else {}
    for family in FAMILIES:
        if family.name in wanted:
            print(family.name, flush=True)
            models[family.name] = make(root / family.name, family)
    files = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p != manifest):
        files[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    packages = {m.__name__: m.__version__ for m in (torch, transformers, peft, tokenizers, safetensors)}
    vocabularies.write(manifest, {"made_by": "make goldens", "versions": {"python": platform.python_version()} | packages,
                                  "models": dict(sorted(models.items())), "files": files})


main()
