"""The texts that goldens are made of: what tokenizers are trained on and tried with, prompts, and pairs to train on."""

CORPUS = """\
public class Account {
    private final String owner;
    private long balance;

    public Account(String owner, long balance) {
        this.owner = owner;
        this.balance = balance;
    }

    public long withdraw(long amount) {
        if (amount > balance) {
            throw new IllegalArgumentException("not enough: " + balance);
        }
        balance -= amount;
        return balance;
    }

    public static int indexOf(int[] values, int wanted) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}

def total(values):
    result = 0
    for value in values:
        if value is not None:
            result += value
    return result

/* Grüße, señor: naïve text — with “quotes” and 漢字. */
int x = 10; String s = "a\\tb"; while (x > 0) { x--; } // 3.14, 0xFF, 1e9
"""

PLAIN = [
    "", " ", "   ", "\n", "\t\t", "\r\n", "x", " x", "x ", "ü", "u\u0308", "🦀",
    "public int size() {\n    return size;\n}\n",
    "public int size() {\r\n\treturn size;\r\n}\r\n",
    "if (left == null || right >= 0 && !seen) { n--; }",
    "            twelve spaces",
    "\t\t\t\tint y = 1;\n\t",
    "                                                  far right",
    "\n\n\n  \n\t\n",
    "String grüße = \"ÀÖ÷ø ÿ\"; // señor",
    "漢字、かな。 한글 العربية",
    "👩‍🚀 and 🇨🇭",
    "nbsp\u00a0thin\u2009zero\u200bwidth",
    "we'll can't I'VE 'x' it's",
    "9876543210 2.71828 0xCAFE 1_000L 6e-3",
    "camelCase snake_case HTTPServer x1y2",
    "a+=b--c**d//e^~f>>>g<<h?i:j",
    "▁already ▁ marked▁",
    "\x00\x1b[0m\x7f",
    "\ufeffmark",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    "¿qué? ¡no! …。，",
    "one  two   three    four",
    "¾ ³ Ⅳ ٤",
    "\\u0041 is \\n escaped",
    "<b>bold</b> <s >",
    "e\u0301\u0323 ﬀ Å",
]

# What each family's added tokens are tried with.
ADDED = {
    "codegen": ["a<|endoftext|>b", "  x\n     y\n                               z", "\t\t\t\t\t\t\t\t\t\t\tw"],
    "codet5": ["a <extra_id_0> b<extra_id_99>", "<s>x</s>", "if (<mask>)  <extra_id_10>;"],
    "starcoder": ["<fim_prefix>int a<fim_suffix>;<fim_middle>", "<|endoftext|>", "x<fim_pad> y"],
    "bloom": ["<s>x</s>", " <pad> <unk>", "f(x),g[y]!z?"],
    "codellama": ["▁<PRE>a▁<SUF>b▁<MID>", "<s>x", "<PRE> is text</s> y"],
    "deepseekcoder": ["<｜fim▁begin｜>a<｜fim▁hole｜>b<｜fim▁end｜>", "üöø", "<｜end▁of▁sentence｜> <|EOT|>x"],
}

PROMPTS = [
    "public static int",
    "if (x == null) {\n    return",
    "for (int i = 0; i <",
    "private final String",
    "balance -= amount;",
    "return values[i]",
    "def total(values):",
    "while (low < high)",
    "this.owner = owner;\n",
    "throw new",
    "int[] counts = new int",
    "// 3.14",
]

LONG_PROMPT = "public long withdraw(long amount) {\n    if (amount > balance) {\n        return 0;\n    }\n    balance -= amount;"

# What was wrong, and the repair.
PAIRS = [
    ("int mid = low + high;\n", "int mid = (low + high) / 2;\n"),
    ("return balance;", "return -balance;"),
    ("if (amount > balance) {", "if (amount >= balance) {"),
    ("i < values.length", "i <= values.length"),
    ("result = value\n", "result += value\n"),
    ("n--;", "n++;"),
]
