"""golden/training.json and its tensors: full fine-tuning and PEFT's adapters, step by step."""

import copy
import shutil

import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from transformers import get_linear_schedule_with_warmup
from transformers.optimization import Adafactor

from families import pad_id
from noise import noisy
from texts import PAIRS

STEPS, WARMUP, CLIP = 8, 2, 1.0
ADAMW = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}
ADAFACTOR = {"lr": 1e-3, "scale_parameter": False, "relative_step": False, "clip_threshold": 1.0, "eps": [1e-30, 1e-3],
             "decay_rate": -0.8, "beta1": None, "weight_decay": 0.0}
RANK = 3


class Training:
    def __init__(self, family, vocabulary, model, folder):
        self.family, self.vocabulary, self.model, self.folder = family, vocabulary, model, folder
        self.tensors, self.methods = {}, {}
        config = model.config
        self.eos = config.eos_token_id
        self.pad = pad_id(config)
        rows = [self.row(*pair) for pair in PAIRS]
        self.batches = [self.batch(rows[i:i + 2]) for i in range(0, len(rows), 2)]
        self.input = {"input_ids": vocabulary.encode("if (n == 0) return")[:6]}
        if family.encodes:
            self.input["decoder_input_ids"] = [config.decoder_start_token_id] + vocabulary.plain("return 1;")[:5]

    def make(self):
        self.full("adamw", lambda p: torch.optim.AdamW(p, **ADAMW))
        self.full("adafactor", lambda p: Adafactor(p, **{**ADAFACTOR, "eps": tuple(ADAFACTOR["eps"])}))
        for kind in ("lora", "ia3", "dora"):
            self.adapter(kind)
        setup = {"pairs": PAIRS, "batches": self.batches, "order": f"step s uses batch s % {len(self.batches)}", "steps": STEPS,
                 "dropout": 0, "loss": "mean over the labels of the batch that are not -100",
                 "adamw": ADAMW | {"decay_applies_to": "every trainable parameter (one group)"}, "adafactor": ADAFACTOR,
                 "grad_norm_clip": CLIP, "schedule": f"linear with warmup {WARMUP} of {STEPS} steps; the first step has lr 0",
                 "precision": "f32", "position_ids": "0..n-1 (right padding); pads have attention_mask 0 and label -100"}
        return {"setup": setup, "methods": self.methods, "adapter_logits": self.input}, self.tensors

    # ---- examples -----------------------------------------------------------

    def row(self, prompt, target):
        prompt = self.vocabulary.encode(prompt)
        if self.family.encodes:
            return prompt, self.vocabulary.encode(target)
        target = self.vocabulary.plain(target) + [self.eos]
        return prompt + target, [-100] * len(prompt) + target

    def batch(self, rows):
        pad = lambda lists, with_: [x + [with_] * (max(map(len, lists)) - len(x)) for x in lists]
        ids = [ids for ids, _ in rows]
        return {"input_ids": pad(ids, self.pad), "attention_mask": pad([[1] * len(x) for x in ids], 0),
                "labels": pad([labels for _, labels in rows], -100)}

    # ---- training -----------------------------------------------------------

    def train(self, model, optimizer):
        """Trains in place, with no dropout, and gives the curves."""
        trained = [p for p in model.parameters() if p.requires_grad]
        optimizer = optimizer(trained)
        schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
        curves = {"loss": [], "grad_norm": [], "lr": []}
        for step in range(STEPS):
            batch = self.batches[step % len(self.batches)]
            loss = model(**{k: torch.tensor(v) for k, v in batch.items()}).loss
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(trained, CLIP)
            for name, value in zip(curves, (loss.item(), norm.item(), schedule.get_last_lr()[0])):
                curves[name].append(value)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        return curves

    def compare(self, what, curves, other):
        """What noise did to the curves; it must be far below what tests allow."""
        loss = max(abs(a - b) for a, b in zip(curves["loss"], other["loss"]))
        norm = max(abs(a / b - 1) for a, b in zip(curves["grad_norm"], other["grad_norm"]))
        assert loss <= 1e-4 and norm <= 1e-3, f"{what}: noise changes losses by {loss:.1e}, gradients by {norm:.1e} of them"
        return {"max_loss_diff": loss, "max_grad_norm_rel_diff": norm}

    def full(self, name, optimizer):
        trained, other = copy.deepcopy(self.model), noisy(self.model, 1)
        curves = self.train(trained, optimizer)
        noise = self.compare(name, curves, self.train(other, optimizer))
        before, after, also = (dict(m.named_parameters()) for m in (self.model, trained, other))
        final = {}
        for weight in self.family.moved:
            moved = (after[weight] - before[weight]).abs().max().item()
            diff = (after[weight] - also[weight]).abs().max().item()
            assert diff <= 5e-3 * moved, f"{name}: noise changes {weight} by {diff:.1e}, training by {moved:.1e}"
            final[weight] = {"noise_1e-6_max_abs_diff": diff, "moved_max_abs": moved}
            self.tensors[f"full.{name}.{weight}"] = after[weight].detach()
        count = sum(p.numel() for p in trained.parameters())
        self.methods["full_" + name] = {"optimizer": name, "trainable_parameters": count, "all_parameters": count} | curves | {
            "noise_1e-6": noise, "final_tensors": final}

    # ---- adapters -----------------------------------------------------------

    def config(self, kind):
        task = "SEQ_2_SEQ_LM" if self.family.encodes else "CAUSAL_LM"
        targets = self.family.targets.get(kind)
        if kind == "ia3":
            more = dict(zip(("target_modules", "feedforward_modules"), targets)) if targets else {}
            return IA3Config(task_type=task, **more)
        return LoraConfig(task_type=task, r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules=targets,
                          use_dora=kind == "dora", use_rslora=self.family.rslora)

    def attach(self, kind, base):
        base = copy.deepcopy(base)
        base.name_or_path = "goldens/" + self.family.name
        torch.manual_seed(7)
        return get_peft_model(base, self.config(kind)).eval()

    def save(self, model, kind, which):
        folder = self.folder / "adapters" / kind / which
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        again = PeftModel.from_pretrained(copy.deepcopy(self.model), folder).eval()
        assert torch.equal(self.logits(again), self.logits(model)), f"{kind} {which} reads differently"

    def logits(self, model):
        with torch.no_grad():
            return model(**{k: torch.tensor([v]) for k, v in self.input.items()}).logits[0]

    def adapter(self, kind):
        optimizer = lambda p: torch.optim.AdamW(p, **ADAMW)
        tuned, other = self.attach(kind, self.model), self.attach(kind, noisy(self.model, 1))
        trainable = lambda m: {n: p.detach().clone() for n, p in m.named_parameters() if p.requires_grad}
        with torch.no_grad():  # the same start, but for DoRA's magnitudes, which are norms of the weights
            for (name, p), q in zip(tuned.named_parameters(), other.parameters()):
                if p.requires_grad and "magnitude" not in name:
                    assert torch.equal(p, q)
        self.save(tuned, kind, "initial")
        before, start = trainable(tuned), self.logits(tuned)
        count, everything = tuned.get_nb_trainable_parameters()
        curves = self.train(tuned, optimizer)
        noise = self.compare(kind, curves, self.train(other, optimizer))
        after, also = trainable(tuned), trainable(other)
        moved = max((after[n] - before[n]).abs().max().item() for n in after)
        diff = max((after[n] - also[n]).abs().max().item() for n in after)
        assert diff <= 5e-3 * moved, f"{kind}: noise changes the adapter by {diff:.1e}, training by {moved:.1e}"
        self.save(tuned, kind, "final")
        config = tuned.peft_config["default"]
        method = {"optimizer": "adamw", "trainable_parameters": count, "all_parameters": everything,
                  "target_modules": sorted(config.target_modules), "peft_default_targets": kind not in self.family.targets}
        if kind == "ia3":
            method["feedforward_modules"] = sorted(config.feedforward_modules)
        method |= {"trainable_names": list(before)} | curves | {"noise_1e-6": noise, "final_adapter_noise_1e-6_max_abs_diff": diff}
        if kind == "lora":
            merged = self.logits(copy.deepcopy(tuned).merge_and_unload())
            self.tensors["adapter.lora.final.merged_logits"] = merged
            assert (merged - self.logits(tuned)).abs().max() <= 1e-5 * merged.abs().max()
        self.draw(tuned)
        self.save(tuned, kind, "random")
        self.tensors[f"adapter.{kind}.random.logits"] = random = self.logits(tuned)
        method["random_vs_base_rel_diff"] = ((random - start).abs().max() / start.abs().max()).item()
        assert method["random_vs_base_rel_diff"] >= 0.1
        self.methods[kind + "_adamw"] = method

    def draw(self, tuned):
        """Gives an adapter large random values."""
        generator = torch.Generator().manual_seed(11)
        with torch.no_grad():
            for name, p in tuned.named_parameters():
                if not p.requires_grad:
                    continue
                noise = torch.randn(p.shape, generator=generator)
                if "magnitude" in name:
                    p.mul_((1 + 0.3 * noise).abs())
                else:
                    p.copy_(1 + 0.5 * noise if "ia3" in name else 0.4 * noise)


def clear(folder):
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "golden").mkdir(parents=True)
