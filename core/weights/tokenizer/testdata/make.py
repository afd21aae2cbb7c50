"""Writes parts.jsonl and trained.json, what Hugging Face's tokenizers 0.22.1 says:

    python make.py    # needs the package tokenizers

0.23.3 gives the same but for one thing: an added token that is normalized decodes to its normalized form there, so that
skip_special_tokens no longer finds it.
"""
import json
import pathlib
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
CORPUS = [
    "public static int gcd(int a, int b) {\n    if (b == 0) {\n        return a;\n    }\n    return gcd(b, a % b);\n}\n",
    "for (int i = 0; i < 10; i++) {\n\tSystem.out.println(\"it's \" + i);\n\t\ti += 1;\n}\n",
    "it's what they'll say we've done: don't, I'm, they're, he'd.  Two  spaces.   Three.\n\n\nLines.\n",
    "héllo wörld, naïve café; 中文 日本語 한국어 🙂 — “quoted” … 12 345 6789 ½ Ⅷ ٣\n",
] * 3
TEXTS = [
    "", " ", "   ", "\n", " \n x", "a\u00a0b", "int  x = 10;\n\t\treturn x;", "it's I'M they'LL we've 'quoted'", "x1 22 333 4444",
    "foo(bar)[baz]... !?", "e\u0301 é İ ſ ß Σς", "中文，日本。한국 🙂👩‍👩‍👧", "foofoo foo Bar  return   x=y", "<s>a</s> <0x41>▁b", "\u0000\u007f\u0085\u2028\u200b",
    "     leading and trailing     ", "aaa abab abcabc", "½ Ⅷ ٣ 𝟙", "\r\n\r\nx", "a_b c-d",
]
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def train(special):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return json.loads(t.to_str())


def split(pattern, behavior="Isolated", invert=False):
    return sequence({"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert})


def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": [*parts, BYTES]}


def added(n):
    def token(i, content, **kw):
        return {"id": n + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": False, **kw}
    return [token(0, "foo", single_word=True), token(1, "Bar", lstrip=True, rstrip=True), token(2, "return", rstrip=True),
            token(3, "é", normalized=True), token(4, "x=", lstrip=True, special=True), token(5, "</s>", special=True)]


def cases(base):
    behaviors = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
    yield "GPT-2's own pattern", {"pre_tokenizer": split({"Regex": GPT2})}
    yield "pattern of Llama 3", {"pre_tokenizer": split({"Regex": LLAMA3})}
    yield "pattern of GPT-4o", {"pre_tokenizer": split({"Regex": O200K})}
    yield "class in a class", {"pre_tokenizer": split({"Regex": r"[a-c[x-z]\d&]+|[^[^a]b]"})}
    yield "lazy, anchored", {"pre_tokenizer": split({"Regex": r"a.??b|\d{2,3}?|^\s+|\s+$"})}
    yield "possessive", {"pre_tokenizer": split({"Regex": r"\s++\S|[a-z]*+[0-9]"})}
    yield "empty matches", {"pre_tokenizer": split({"Regex": "x*"})}
    for b in behaviors:
        yield "words " + b, {"pre_tokenizer": split({"Regex": r"\w+|[^\w\s]+"}, b)}
        yield "no words " + b, {"pre_tokenizer": split({"Regex": r"\w+|[^\w\s]+"}, b, True)}
        yield "letter " + b, {"pre_tokenizer": split({"String": "a"}, b)}
        yield "punctuation " + b, {"pre_tokenizer": sequence({"type": "Punctuation", "behavior": b})}
    for each in [True, False]:
        yield f"digits, each {each}", {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": each})}
    yield "white space", {"pre_tokenizer": sequence({"type": "Whitespace"})}
    yield "split at white space", {"pre_tokenizer": sequence({"type": "WhitespaceSplit"})}
    yield "space before", {"pre_tokenizer": {**BYTES, "add_prefix_space": True, "use_regex": True}}
    for n in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase"]:
        yield n, {"normalizer": {"type": n}}
    yield "strip", {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}}
    yield "replace", {"normalizer": {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}}
    yield "added tokens", {"added_tokens": added(400)}
    yield "added tokens, normalized", {"added_tokens": added(400), "normalizer": {"type": "NFD"}}
    yield "no decoder", {"decoder": None}
    meta = [(s, p) for s in ["always", "never", "first"] for p in [True, False]]
    vocabulary = {"<unk>": 0, **{f"<0x{b:02X}>": b + 1 for b in range(256)}}
    for c in "▁abcdefghijklmnopqrstuvwxyz":
        vocabulary[c] = len(vocabulary)
    merges = [["▁", "▁"], ["a", "b"], ["▁", "a"], ["▁a", "b"], ["r", "e"], ["▁▁", "▁▁"]]
    for a, b in merges:
        vocabulary[a + b] = len(vocabulary)
    piece = {**base["model"], "unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True, "vocab": vocabulary, "merges": merges}
    for scheme, cut in meta:
        m = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}
        yield f"Metaspace {scheme}, split {cut}", {"model": piece, "pre_tokenizer": m, "decoder": m, "added_tokens": added(len(vocabulary))}
    llama = {
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}}
    yield "SentencePiece", {**llama, "model": piece}
    yield "unknown fused", {**llama, "model": {**piece, "byte_fallback": False}}
    yield "unknown each", {**llama, "model": {**piece, "byte_fallback": False, "fuse_unk": False}}
    yield "merges ignored", {"model": {**base["model"], "ignore_merges": True}}
    yield "template", {"post_processor": {"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "a", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "b", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"a": {"id": "a", "ids": [7, 8], "tokens": ["a", "a"]}, "b": {"id": "b", "ids": [9], "tokens": ["b"]}}}}
    yield "Bert's", {"post_processor": {"type": "BertProcessing", "sep": ["b", 9], "cls": ["a", 7]}}


def main():
    base = train([])
    with open(HERE / "parts.jsonl", "w") as out:
        out.write(json.dumps({"base": base}) + "\n")
        for name, change in cases(base):
            t = Tokenizer.from_str(json.dumps({**base, **change}))
            lines = []
            for text in TEXTS:
                ids = t.encode(text, add_special_tokens=False).ids
                lines.append({"kind": "encode", "text": text, "ids": t.encode(text).ids, "ids_plain": ids,
                              "decoded": t.decode(ids, skip_special_tokens=False)})
            out.write(json.dumps({"name": name, "change": change, "lines": lines}) + "\n")
    special = ["<|endoftext|>", "<pad>"]
    with open(HERE / "trained.json", "w") as out:
        json.dump({"texts": CORPUS, "special": special, "size": 400, "model": train(special)["model"]}, out, indent=0)


main()
