"""golden/inference.json and its tensors: logits, hidden states, greedy search, beam search and sampling."""

import inspect
from collections import Counter

import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from families import pad_id
from noise import Copies
from texts import LONG_PROMPT, PROMPTS

GREEDY_TOKENS, BEAM_TOKENS = 20, 12
GREEDY_CASES = 5


class Inference:
    def __init__(self, family, vocabulary, model):
        self.family, self.vocabulary, self.model = family, vocabulary, model
        self.copies = Copies(model)
        config = model.config
        self.eos = config.eos_token_id
        self.pad = pad_id(config)
        self.tensors, self.golden = {}, {}

    def make(self):
        self.golden |= {"pad_token_id": self.pad, "eos_token_id": self.eos, "bos_token_id": getattr(self.model.config, "bos_token_id", None)}
        with torch.no_grad():
            self.logits()
            self.hidden()
            self.greedy()
            self.beam()
            self.sampling()
        return self.golden, self.tensors

    # ---- one pass -----------------------------------------------------------

    def batch(self, rows):
        """Rows as one batch: causal ones padded on the left, those of an encoder on the right."""
        width = max(map(len, rows))
        pads = [[self.pad] * (width - len(row)) for row in rows]
        masks = [([1] * len(row), [0] * len(pad)) for row, pad in zip(rows, pads)]
        if self.family.encodes:
            return [row + pad for row, pad in zip(rows, pads)], [real + none for real, none in masks]
        return [pad + row for row, pad in zip(rows, pads)], [none + real for real, none in masks]

    def run(self, model, ids, mask=None, decoder=None, **more):
        ids = torch.tensor(ids)
        mask = torch.ones_like(ids) if mask is None else torch.tensor(mask)
        if decoder is not None:
            more["decoder_input_ids"] = torch.tensor(decoder)
        elif "position_ids" in inspect.signature(model.forward).parameters:
            more["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
        return model(input_ids=ids, attention_mask=mask, **more)

    def logits(self):
        rows = [self.vocabulary.encode(p)[:n] for p, n in zip(PROMPTS, (8, 5, 7))]
        decoder = None
        if self.family.encodes:
            decoder = [[self.model.config.decoder_start_token_id] + self.vocabulary.plain(p)[:4] for p in PROMPTS[:3]]
        ids, mask = self.batch(rows)
        together = self.run(self.model, ids, mask, decoder).logits
        self.tensors["logits.batch"] = together
        if decoder is None:
            self.tensors["logits.batch"] = together * torch.tensor(mask)[:, :, None]
        errors = {"batch_vs_single_rel_err": [], "f32_vs_f64_rel_err": []}
        for i, row in enumerate(rows):
            alone = self.run(self.model, [row], decoder=decoder and [decoder[i]]).logits[0]
            self.tensors[f"logits.single.{i}"] = alone
            precise = self.run(self.copies.precise, [row], decoder=decoder and [decoder[i]]).logits[0]
            for other, of in zip((together[i, -len(alone):], precise), errors.values()):
                of.append(((other - alone).abs().max() / alone.abs().max()).item())
        errors = {name: max(of) for name, of in errors.items()}
        assert max(errors.values()) <= 5e-6, f"rounding changes logits: {errors}"
        self.golden["logits"] = {"prompts": PROMPTS[:3], "input_ids": rows, "batch": {"input_ids": ids, "attention_mask": mask}} | errors
        if decoder:
            self.golden["logits"]["decoder_input_ids"] = decoder

    def hidden(self):
        ids, decoder = self.vocabulary.encode(LONG_PROMPT)[:36], None
        self.golden["hidden"] = {"prompt": LONG_PROMPT, "input_ids": ids}
        if self.family.encodes:
            decoder = [[self.model.config.decoder_start_token_id] + self.vocabulary.plain(LONG_PROMPT)[:16]]
            self.golden["hidden"]["decoder_input_ids"] = decoder[0]
        out = self.run(self.model, [ids], decoder=decoder, output_hidden_states=True)
        stacks = {"encoder.": out.encoder_hidden_states, "decoder.": out.decoder_hidden_states} if decoder else {"": out.hidden_states}
        for prefix, states in stacks.items():
            for i, state in enumerate(states):
                self.tensors[f"hidden.{prefix}{i}"] = state[0]
        self.tensors["hidden.last_logits"] = out.logits[0, -1]

    # ---- decoding -----------------------------------------------------------

    def generate(self, model, rows, eos, tokens, **options):
        """What generate adds to rows: its ids, cut behind the first eos, and scores if there are any."""
        ids, mask = self.batch(rows)
        out = model.generate(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), max_new_tokens=tokens, eos_token_id=eos,
                             pad_token_id=self.pad, do_sample=False, output_scores=True, return_dict_in_generate=True, **options)
        skip = 1 if self.family.encodes else len(ids[0])
        new = [row[skip:] for row in out.sequences.tolist()]
        return [row[:row.index(eos) + 1] if eos in row else row for row in new], getattr(out, "sequences_scores", None)

    def greedy(self):
        cases = []
        for prompt in PROMPTS:
            ids = self.vocabulary.encode(prompt)
            new = self.copies.agreed(lambda m: self.generate(m, [ids], self.eos, GREEDY_TOKENS)[0][0])
            if new is not None and len(cases) < GREEDY_CASES:
                cases.append({"prompt": prompt, "input_ids": ids, "new_ids": new, "text": self.vocabulary.decode(new)})
        assert len(cases) == GREEDY_CASES, f"only {len(cases)} greedy cases bear noise"
        rows = [c["input_ids"] for c in cases]
        together = self.copies.agreed(lambda m: self.generate(m, rows, self.eos, GREEDY_TOKENS)[0])
        assert together == [c["new_ids"] for c in cases], "a batch differs from its rows"
        distinct = len({t for row in together for t in row})
        assert distinct >= 15, f"only {distinct} tokens in the greedy cases"

        # The token that ends most rows, and those late: its first places add up to most.
        score = lambda t: sum(row.index(t) for row in together if t in row)
        other = max(sorted({t for row in together for t in row} - {self.eos}), key=score)
        ended = self.copies.agreed(lambda m: self.generate(m, rows, other, GREEDY_TOKENS)[0])
        assert ended is not None and min(map(len, ended)) < GREEDY_TOKENS
        self.golden["greedy"] = {"max_new_tokens": GREEDY_TOKENS, "eos_token_id": self.eos, "cases": cases, "distinct_tokens": distinct,
                                 "other_eos": {"eos_token_id": other, "new_ids": ended}}

    def beams(self, rows, beams, returned, penalty, early, eos):
        """A case of beam search, or None where it does not bear noise."""
        options = {"num_beams": beams, "num_return_sequences": returned, "length_penalty": penalty, "early_stopping": early}
        search = lambda model, rows: self.generate(model, rows, eos, BEAM_TOKENS, **options)
        found, scores = search(self.model, rows)
        if self.copies.agreed(lambda model: search(model, rows)[0]) is None:
            return None
        precise = [search(self.copies.precise, [row]) for row in rows]
        if found != [s for new, _ in precise for s in new] or (scores - torch.cat([s for _, s in precise])).abs().max() > 2e-5:
            return None
        return {"input_ids": rows} | options | {
            "max_new_tokens": BEAM_TOKENS, "eos_token_id": eos, "sequences": [found[i:i + returned] for i in range(0, len(found), returned)],
            "sequences_scores": scores.view(len(rows), returned).tolist()}

    def beam(self):
        cases = []
        wanted = [  # prompts, beams, returned, length penalty, early stopping, whether the eos is the model's own
            (1, 10, 10, 1.0, False, True), (1, 10, 10, 1.0, False, False), (1, 10, 10, 0.6, True, False),
            (1, 3, 3, 1.0, False, False), (1, 3, 3, 1.0, True, False), (1, 3, 3, 1.0, "never", False),
            (1, 4, 2, 2.0, "never", False), (1, 5, 5, 0.0, False, False), (3, 4, 3, 0.8, False, False), (2, 2, 1, 1.0, True, True)]
        for count, *options, own in wanted:
            case = None
            for first in range(len(PROMPTS)):
                prompts = [PROMPTS[(first + len(cases) + i) % len(PROMPTS)] for i in range(count)]
                rows = [self.vocabulary.encode(p) for p in prompts]
                for eos in [self.eos] if own else self.endings(rows):
                    case = case or self.beams(rows, *options, eos)
                if case:
                    break
            assert case, f"no prompt bears noise in beam search {options}"
            cases.append({"prompts": prompts} | case)
        lengths = {len(s) for c in cases for p in c["sequences"] for s in p}
        assert len(lengths) >= 6, f"beams are {lengths} long"
        self.golden["beam"] = {"cases": cases}

    def endings(self, rows):
        """Tokens that would end hypotheses of rows, those first that end them at most different lengths."""
        places = {}
        for row in rows:
            new, _ = self.generate(self.model, [row], self.eos, BEAM_TOKENS, num_beams=6, num_return_sequences=6)
            for hypothesis in new:
                for i, token in enumerate(hypothesis):
                    places.setdefault(token, Counter())[i] += 1
        places.pop(self.eos, None)
        return sorted(places, key=lambda t: (-len(places[t]), t))[:3]

    def sampling(self):
        options = {"temperature": 0.8, "top_k": 40, "top_p": 0.9}
        warpers = [TemperatureLogitsWarper(0.8), TopKLogitsWarper(40), TopPLogitsWarper(0.9)]
        cases = []
        for prompt in PROMPTS:
            ids = self.vocabulary.encode(prompt)
            decoder = [[self.model.config.decoder_start_token_id]] if self.family.encodes else None
            last = lambda m: self.run(m, [ids], decoder=decoder).logits[:, -1]

            def probabilities(logits):
                for warper in warpers:
                    logits = warper(None, logits)
                return logits.softmax(-1)[0]

            kept = self.copies.agreed(lambda m: probabilities(last(m)).nonzero().flatten().tolist())
            if kept is None or len(kept) < 2 or len(cases) == 2:
                continue
            logits = last(self.model)
            self.tensors[f"sampling.{len(cases)}.logits"] = logits[0]
            self.tensors[f"sampling.{len(cases)}.probs"] = probabilities(logits)
            cases.append({"prompt": prompt, "input_ids": ids, "kept": len(kept)})
        assert len(cases) == 2
        self.golden["sampling"] = options | {"order": [type(w).__name__ for w in warpers], "cases": cases}
