"""Tokenizers of the families, trained on the spot, as tokenizer.json and its companions describe them."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import ADDED, CORPUS, PLAIN

MERGES = 48  # more would only make the files larger


class Vocabulary:
    """A tokenizer and what stands beside it in a checkpoint's folder."""

    def __init__(self, tokenizer, *, texts, config, begin=None, legacy=False):
        self.tokenizer = tokenizer  # tokenizers.Tokenizer
        self.texts = PLAIN + ADDED[texts]
        self.config = config  # tokenizer_config.json
        self.begin = begin  # a token that the configuration puts before every text, not tokenizer.json
        self.legacy = legacy  # vocab.json and merges.txt say the same

    @property
    def size(self):
        return self.tokenizer.get_vocab_size(with_added_tokens=True)

    def id(self, token):
        found = self.tokenizer.token_to_id(token)
        assert found is not None, token
        return found

    def encode(self, text):
        ids = self.tokenizer.encode(text, add_special_tokens=True).ids
        return ids if self.begin is None else [self.id(self.begin)] + ids

    def plain(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids, skip=False):
        return self.tokenizer.decode(ids, skip_special_tokens=skip)

    def save(self, folder):
        self.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        write(folder / "tokenizer_config.json", self.config)
        names = ("bos_token", "eos_token", "unk_token", "sep_token", "cls_token", "pad_token", "mask_token")
        write(folder / "special_tokens_map.json", {k: self.config[k] for k in names if self.config.get(k)})
        if not self.legacy:
            return
        model = json.loads(self.tokenizer.to_str())["model"]
        write(folder / "vocab.json", model["vocab"])
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"]), encoding="utf-8")
        added = {t.content: i for i, t in self.tokenizer.get_added_tokens_decoder().items() if t.content not in model["vocab"]}
        if added and "additional_special_tokens" not in self.config:
            write(folder / "added_tokens.json", added)


def write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def train(pre_tokenizer, *, first=(), alphabet=None, unknown=None):
    """A byte-level BPE whose first ids are special tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizer
    letters = sorted(pre_tokenizers.ByteLevel.alphabet() if alphabet is None else alphabet)
    tokenizer.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=len(first) + len(letters) + MERGES, initial_alphabet=letters, special_tokens=list(first), show_progress=False))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def gpt2():
    return pre_tokenizers.ByteLevel(add_prefix_space=False)


def codegen():
    tokenizer = train(gpt2())
    tokenizer.add_special_tokens(["<|endoftext|>"])
    runs = [" " * n for n in range(31, 1, -1)] + ["\t" * n for n in range(9, 1, -1)]
    tokenizer.add_tokens([AddedToken(run, normalized=True) for run in runs])
    end = "<|endoftext|>"
    return Vocabulary(tokenizer, texts="codegen", legacy=True, config={
        "add_bos_token": False, "add_prefix_space": False, "tokenizer_class": "CodeGenTokenizer",
        "bos_token": end, "eos_token": end, "unk_token": end, "model_max_length": 128})


def codet5():
    tokenizer = train(gpt2(), first=["<pad>", "<s>", "</s>", "<unk>", "<mask>"], unknown="<unk>")
    holes = [f"<extra_id_{n}>" for n in range(99, -1, -1)]
    tokenizer.add_special_tokens([AddedToken(hole, lstrip=True, normalized=True) for hole in holes])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), add_prefix_space=False)
    return Vocabulary(tokenizer, texts="codet5", legacy=True, config={
        "add_prefix_space": False, "tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
        "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>", "pad_token": "<pad>", "mask_token": "<mask>",
        "additional_special_tokens": holes, "model_max_length": 128})


def starcoder():
    names = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<filename>", "<gh_stars>",
             "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>", "<jupyter_code>",
             "<jupyter_output>", "<empty_output>", "<commit_before>", "<commit_msg>", "<commit_after>", "<reponame>"]
    tokenizer = train(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2()]), first=names)
    return Vocabulary(tokenizer, texts="starcoder", config={
        "add_prefix_space": False, "tokenizer_class": "GPT2Tokenizer", "bos_token": names[0], "eos_token": names[0],
        "unk_token": names[0], "additional_special_tokens": names, "model_max_length": 128})


def bloom():
    split = pre_tokenizers.Split(Regex(r" ?[^(\s|[.,!?…。，、।۔،])]+"), behavior="isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer = train(pre_tokenizers.Sequence([split, bytes_]), first=["<unk>", "<s>", "</s>", "<pad>"])
    return Vocabulary(tokenizer, texts="bloom", config={
        "add_prefix_space": False, "tokenizer_class": "BloomTokenizerFast", "unk_token": "<unk>", "bos_token": "<s>",
        "eos_token": "</s>", "pad_token": "<pad>", "padding_side": "left", "model_max_length": 128})


def deepseekcoder():
    # The letters of bytes that UTF-8 never has are added tokens, as published.
    never = "õ÷ÁýÀÿøúþüùöû"
    parts = [pre_tokenizers.Split(Regex(r), behavior="isolated") for r in ("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+")]
    parts += [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    tokenizer = train(pre_tokenizers.Sequence(parts), alphabet=set(pre_tokenizers.ByteLevel.alphabet()) - set(never))
    tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.add_tokens([AddedToken(c, normalized=True) for c in never])
    begin, end = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
    tokenizer.add_special_tokens([begin, end])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in ("<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>")])
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in ("<|User|>", "<|Assistant|>", "<|EOT|>")])
    return Vocabulary(tokenizer, texts="deepseekcoder", begin=begin, config={
        "add_bos_token": True, "add_eos_token": False, "bos_token": begin, "eos_token": end, "pad_token": end,
        "clean_up_tokenization_spaces": False, "legacy": True, "model_max_length": 128,
        "tokenizer_class": "LlamaTokenizerFast", "unk_token": None})


def codellama():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    letters = sorted(set(c for c in CORPUS if c.isascii() and c.isprintable() and c != " ") | {"▁"})
    trained.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=len(letters) + MERGES, initial_alphabet=letters, limit_alphabet=len(letters), show_progress=False))
    merges = [tuple(m) for m in json.loads(trained.to_str())["model"]["merges"]]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokens += list(dict.fromkeys([a + b for a, b in merges] + letters))
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", "▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return Vocabulary(tokenizer, texts="codellama", config={
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False, "eot_token": "▁<EOT>", "fill_token": "<FILL_ME>", "legacy": None,
        "middle_token": "▁<MID>", "prefix_token": "▁<PRE>", "suffix_token": "▁<SUF>", "pad_token": None,
        "sp_model_kwargs": {}, "tokenizer_class": "CodeLlamaTokenizer", "use_default_system_prompt": False,
        "model_max_length": 128})


def cases(vocabulary, rng):
    """The lines of golden/tokenizer.jsonl."""
    lines = []
    for text in vocabulary.texts:
        ids, plain = vocabulary.encode(text), vocabulary.plain(text)
        lines.append({"kind": "encode", "text": text, "ids": ids, "ids_plain": plain, "decoded": vocabulary.decode(plain),
                      "decoded_full": vocabulary.decode(ids), "decoded_skip_special": vocabulary.decode(ids, skip=True)})
    for n in range(6, 16):
        ids = [rng.randrange(vocabulary.size) for _ in range(n)]
        lines.append({"kind": "decode", "ids": ids, "decoded": vocabulary.decode(ids),
                      "decoded_skip_special": vocabulary.decode(ids, skip=True)})
    return lines
