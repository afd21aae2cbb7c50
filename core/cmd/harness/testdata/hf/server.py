"""Answers requests about folders with torch, transformers and peft: one JSON object a line, in and out, after "ready".

Every answer holds what the libraries warned of. A request that fails is answered with the error's text.
"""

import json
import logging
import os
import sys
import traceback
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sentencepiece
import torch
import transformers
from make_gguf import make as make_gguf_file
from peft import IA3Config, LoraConfig, PeftConfig, PeftModel, PrefixTuningConfig, VeraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

torch.set_num_threads(2)
transformers.logging.disable_progress_bar()


class Heard(logging.Handler):
    """Collects log records of the libraries from warnings on."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def load(folder, info=False):
    config = AutoConfig.from_pretrained(folder)
    auto = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    model, loading = auto.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    return (model.eval(), {k: sorted(map(str, v)) for k, v in loading.items() if v}) if info else model.eval()


def greedy(model, ids, new_tokens, ends):
    """Greedy decoding by forward passes alone, since PEFT's generate counts positions behind a prefix otherwise."""
    ids = torch.tensor([ids])
    start = ids.shape[1]
    while ids.shape[1] - start < new_tokens:
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0, -1]
        ids = torch.cat([ids, logits.argmax().reshape(1, 1)], 1)
        if ids[0, -1].item() in ends:
            break
    return ids[0, start:].tolist()


def open_folder(r):
    """Opens a checkpoint, or an adapter with its base, and generates from texts."""
    config = AutoConfig.from_pretrained(r["folder"] if not r.get("base") else r["base"])
    tokenizer = AutoTokenizer.from_pretrained(r.get("base") or r["folder"])
    model, loading = load(r.get("base") or r["folder"], info=True)
    answer = {
        "config": type(config).__name__, "architectures": config.architectures, "dtype": str(config.dtype), "model": type(model).__name__,
        "loading": loading, "inputs": tokenizer.model_input_names, "ids": [], "decoded": [], "new_ids": [], "new_texts": [],
    }
    prefixed = False
    if r.get("base"):
        model = PeftModel.from_pretrained(model, r["folder"]).eval()
        answer["trainable_parameters"], answer["all_parameters"] = count(r)
        prefixed = model.active_peft_config.is_prompt_learning
    for i, text in enumerate(r["texts"]):
        batch = tokenizer(text, return_tensors="pt")
        if r.get("ids"):
            batch = transformers.BatchEncoding({"input_ids": torch.tensor([r["ids"][i]]), "attention_mask": torch.ones(1, len(r["ids"][i]), dtype=torch.long)})
        answer["ids"].append(batch.input_ids[0].tolist())
        answer["decoded"].append(tokenizer.decode(batch.input_ids[0], skip_special_tokens=True))
        with torch.no_grad():
            if prefixed:
                new = greedy(model, answer["ids"][-1], r["new_tokens"], [tokenizer.eos_token_id])
            else:
                out = model.generate(**batch, max_new_tokens=r["new_tokens"], do_sample=False)[0].tolist()
                new = out[1:] if config.is_encoder_decoder else out[batch.input_ids.shape[1]:]
        answer["new_ids"].append(new)
        answer["new_texts"].append(tokenizer.decode(new, skip_special_tokens=True))
    return answer


def count(r):
    """Counts as a training with the adapter would: loaded for inference, nothing trains."""
    config = PeftConfig.from_pretrained(r["folder"])
    config.inference_mode = False
    return get_peft_model(load(r["base"]), config).get_nb_trainable_parameters()


def make_adapter(r):
    """Saves an adapter with random values, as PEFT does."""
    torch.manual_seed(r["seed"])
    model = load(r["base"])
    task = "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"
    config = {
        "lora": lambda: LoraConfig(r=4, lora_alpha=8, task_type=task),
        "dora": lambda: LoraConfig(r=4, lora_alpha=8, use_dora=True, task_type=task),
        "ia3": lambda: IA3Config(task_type=task),
        "vera": lambda: VeraConfig(r=16, task_type=task, projection_prng_key=3),
        "prefix": lambda: PrefixTuningConfig(num_virtual_tokens=4, task_type=task),
    }[r["kind"]]()
    tuned = get_peft_model(model, config)
    with torch.no_grad():
        for p in tuned.parameters():
            if p.requires_grad:
                p.add_((1.0 if r["kind"] == "vera" else 0.1) * torch.randn_like(p))
    tuned.save_pretrained(r["to"])
    return {}


def make_gguf(r):
    make_gguf_file(r["checkpoint"], r["to"], r["tokenizer"], r["corpus"])
    return {}


def sentencepiece_ids(r):
    """What SentencePiece itself makes of texts."""
    model = sentencepiece.SentencePieceProcessor(model_file=r["model"])
    return {"ids": [[model.bos_id()] + model.encode(text) for text in r["texts"]]}


heard = Heard()
for name in ("transformers", "peft", "huggingface_hub"):
    logging.getLogger(name).addHandler(heard)
replies, sys.stdout = sys.stdout, sys.stderr
print("ready", file=replies, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    heard.messages.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = globals()[request["op"]](request)
        except Exception:
            answer = {"error": traceback.format_exc()}
    # A FutureWarning is about the libraries' own code.
    said = heard.messages + [str(w.message) for w in caught if not issubclass(w.category, (FutureWarning, DeprecationWarning))]
    answer["warnings"] = said
    replies.write(json.dumps(answer) + "\n")
    replies.flush()
