package tokenizer_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, files map[string]string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// spec is a tokenizer.json of a few letters with some field replaced.
func spec(field, value string) string {
	fields := map[string]json.RawMessage{
		"added_tokens": json.RawMessage(`[{"id":4,"content":"<s>","special":true},{"id":5,"content":"</s>","special":true}]`),
		"model":        json.RawMessage(`{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"▁":3},"merges":["a b"]}`),
		"decoder":      json.RawMessage(`{"type":"Fuse"}`),
	}
	if field != "" {
		fields[field] = json.RawMessage(value)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestWhatIsNotKnownIsNamed(t *testing.T) {
	tests := map[string]struct{ field, value, want string }{
		"model":                  {"model", `{"type":"Unigram","vocab":[["a",0]]}`, "Unigram"},
		"no model":               {"model", `null`, "no model"},
		"model's field":          {"model", `{"type":"BPE","vocab":{},"merges":[],"novelty":1}`, "novelty"},
		"dropout":                {"model", `{"type":"BPE","vocab":{},"merges":[],"dropout":0.1}`, "dropout"},
		"merge of strangers":     {"model", `{"type":"BPE","vocab":{"a":0},"merges":["a b"]}`, `"b"`},
		"merge without a result": {"model", `{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}`, `"ab"`},
		"merge of three":         {"model", `{"type":"BPE","vocab":{"a":0},"merges":["a a a"]}`, "a a a"},
		"one id for two":         {"model", `{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}`, "share the id 0"},
		"negative id":            {"model", `{"type":"BPE","vocab":{"a":-1},"merges":[]}`, "-1"},
		"unknown token":          {"model", `{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"<unk>"}`, "<unk>"},
		"normalizer":             {"normalizer", `{"type":"Precompiled"}`, "Precompiled"},
		"normalizer inside":      {"normalizer", `{"type":"Sequence","normalizers":[{"type":"Nmt"}]}`, "Nmt"},
		"normalizer's field":     {"normalizer", `{"type":"Prepend","prepend":"x","novelty":1}`, "novelty"},
		"pre-tokenizer":          {"pre_tokenizer", `{"type":"UnicodeScripts"}`, "UnicodeScripts"},
		"split behavior":         {"pre_tokenizer", `{"type":"Split","pattern":{"String":"a"},"behavior":"Doubled"}`, "Doubled"},
		"look-behind":            {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?<=a)b"},"behavior":"Isolated"}`, "(?<=a)b"},
		"repeated group":         {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(ab)*"},"behavior":"Isolated"}`, "(ab)*"},
		"letters that fold":      {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?i:ss)"},"behavior":"Isolated"}`, "another case"},
		"a letter that folds":    {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?i:[Ø-ö])"},"behavior":"Isolated"}`, "several letters"},
		"back reference":         {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(a)\\1"},"behavior":"Isolated"}`, `\1`},
		"property":               {"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"\\p{Novel}"},"behavior":"Isolated"}`, "Novel"},
		"decoder":                {"decoder", `{"type":"CTC"}`, "CTC"},
		"post-processor":         {"post_processor", `{"type":"Novel"}`, "Novel"},
		"template's token":       {"post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}`, "<s>"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tokenizer.Load(folder(t, map[string]string{"tokenizer.json": spec(test.field, test.value)}))
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "tokenizer.json") {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
	if _, err := tokenizer.Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "vocab.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestBeginAndEndTokensGoByTheFlags(t *testing.T) {
	const template = `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[4]}}}`
	const roles = `"bos_token":"<s>","eos_token":{"content":"</s>"}`
	tests := map[string]struct {
		config   string
		template bool
		want     []int32
	}{
		"nothing said":                 {`{` + roles + `}`, false, []int32{2}},
		"template alone":               {`{` + roles + `}`, true, []int32{4, 2}},
		"flag alone":                   {`{"add_bos_token":true,` + roles + `}`, false, []int32{4, 2}},
		"both are no two":              {`{"add_bos_token":true,` + roles + `}`, true, []int32{4, 2}},
		"end token":                    {`{"add_eos_token":true,` + roles + `}`, true, []int32{4, 2, 5}},
		"Llama begins unless told":     {`{"tokenizer_class":"LlamaTokenizerFast",` + roles + `}`, false, []int32{4, 2}},
		"Llama told not to":            {`{"tokenizer_class":"LlamaTokenizer","add_bos_token":false,` + roles + `}`, true, []int32{2}},
		"others keep what they always": {`{"tokenizer_class":"Other","add_bos_token":false,` + roles + `}`, true, []int32{4, 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			field := ""
			if test.template {
				field = "post_processor"
			}
			tok := load(t, map[string]string{"tokenizer.json": spec(field, template), "tokenizer_config.json": test.config})
			if got := tok.Encode("ab", true); !slices.Equal(got, test.want) {
				t.Errorf("ids are %v, want %v", got, test.want)
			}
			if got := tok.Encode("ab", false); !slices.Equal(got, []int32{2}) {
				t.Errorf("plain ids are %v", got)
			}
		})
	}
	_, err := tokenizer.Load(folder(t, map[string]string{"tokenizer.json": spec("", ""), "tokenizer_config.json": `{"add_bos_token":true}`}))
	if err == nil || !strings.Contains(err.Error(), "bos_token") {
		t.Errorf("a flag without a token: %v", err)
	}
}

func TestIDsOfSpecialTokens(t *testing.T) {
	tok := load(t, map[string]string{
		"tokenizer.json":          spec("", ""),
		"tokenizer_config.json":   `{"bos_token":"<s>","pad_token":null,"middle_token":"ab","fill_token":"nowhere"}`,
		"special_tokens_map.json": `{"bos_token":"a","eos_token":{"content":"</s>"}}`,
	})
	got := map[string]int32{}
	for role, find := range map[string]func() (int32, bool){
		"bos": tok.BOS, "eos": tok.EOS, "pad": tok.PAD,
		"middle": func() (int32, bool) { return tok.Role("middle_token") },
		"fill":   func() (int32, bool) { return tok.Role("fill_token") },
	} {
		if id, ok := find(); ok {
			got[role] = id
		}
	}
	if diff := cmp.Diff(map[string]int32{"bos": 0, "eos": 5, "middle": 2, "fill": 6}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"</s>", "<s>", "a", "ab", "nowhere"}, tok.Special()); diff != "" {
		t.Error(diff)
	}
	if n := tok.VocabSize(); n != 7 {
		t.Errorf("%d tokens, want 7", n)
	}
}

// What the files beside tokenizer.json say of special tokens counts as it does
// in transformers 5, whose ids these are.
func TestSpecialTokensBesideTokenizerJSON(t *testing.T) {
	tests := map[string]struct {
		files   map[string]string // without .json
		text    string
		want    []int32
		decoded string // without special tokens
	}{
		"a role's token that is only in the vocabulary": {map[string]string{"tokenizer_config": `{"eos_token":"ab"}`}, "b ab", []int32{1, 2}, "b"},
		"a role's token that is new":                    {map[string]string{"tokenizer_config": `{"pad_token":"bb"}`}, "bba", []int32{6, 0}, "a"},
		"a list's token":                                {map[string]string{"tokenizer_config": `{"additional_special_tokens":["bb"]}`}, "bba", []int32{6, 0}, "a"},
		"an object's token":                             {map[string]string{"tokenizer_config": `{"extra_special_tokens":{"new_token":"bb"}}`}, "bba", []int32{6, 0}, "a"},
		"ids go by the order of roles": {
			map[string]string{"tokenizer_config": `{"pad_token":"aa","eos_token":"bb","b_token":"bab","a_token":"aba"}`}, "aabbbababa", []int32{7, 6, 8, 9}, "",
		},
		"the map has the last word": {
			map[string]string{"tokenizer_config": `{"eos_token":"bb"}`, "special_tokens_map": `{"eos_token":"aa"}`}, "bbaa", []int32{1, 1, 6}, "bb",
		},
		"but not beside a list of all added tokens": {
			map[string]string{"tokenizer_config": `{"eos_token":"bb","added_tokens_decoder":{}}`, "special_tokens_map": `{"eos_token":"aa"}`}, "bbaa", []int32{6, 0, 0}, "aa",
		},
		"that list has the last word on how tokens are matched": {
			map[string]string{"tokenizer_config": `{"added_tokens_decoder":{"4":{"content":"<s>","rstrip":true,"special":true},"9":{"content":"bb"}}}`},
			"<s>  abb", []int32{4, 0, 6}, "abb",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"tokenizer.json": spec("", "")}
			for name, content := range test.files {
				files[name+".json"] = content
			}
			tok := load(t, files)
			got := tok.Encode(test.text, false)
			if !slices.Equal(got, test.want) {
				t.Errorf("ids of %q are %v, want %v", test.text, got, test.want)
			}
			if text := strings.ReplaceAll(tok.Decode(got, true), " ", ""); text != test.decoded {
				t.Errorf("%v without special tokens is %q, want %q", got, text, test.decoded)
			}
		})
	}
	for _, key := range []string{"split_special_tokens", "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output"} {
		_, err := tokenizer.Load(folder(t, map[string]string{"tokenizer.json": spec("", ""), "tokenizer_config.json": `{"` + key + `":true}`}))
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestBothFilesSayTheSameOfTheFirstBlank(t *testing.T) {
	const (
		none, prepend = "", `{"type":"Prepend","prepend":"▁"}`
		bytes         = `{"type":"ByteLevel","add_prefix_space":false}`
	)
	for _, c := range []struct {
		class, flag, part, value string
		ok                       bool
	}{
		{"GPT2Tokenizer", "false", "pre_tokenizer", bytes, true},
		{"GPT2Tokenizer", "null", "pre_tokenizer", bytes, true},
		{"GPT2TokenizerFast", "true", "pre_tokenizer", bytes, false},
		{"GPT2Tokenizer", "true", "pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":true}]}`, true},
		{"PreTrainedTokenizerFast", "true", "pre_tokenizer", bytes, true},
		{"LlamaTokenizerFast", "true", "pre_tokenizer", bytes, true},
		{"LlamaTokenizer", "true", "normalizer", prepend, true},
		{"LlamaTokenizer", "false", "normalizer", prepend, false},
		{"CodeLlamaTokenizer", "true", none, none, false},
		{"LlamaTokenizer", "false", "pre_tokenizer", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}`, false},
	} {
		_, err := tokenizer.Load(folder(t, map[string]string{
			"tokenizer.json":        spec(c.part, c.value),
			"tokenizer_config.json": `{"bos_token":"<s>","tokenizer_class":"` + c.class + `","add_prefix_space":` + c.flag + `}`,
		}))
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "add_prefix_space") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestTheFirstBlankBehindANormalizer(t *testing.T) {
	for normalizer, ok := range map[string]bool{
		`{"type":"Replace","pattern":{"String":" "},"content":"▁"}`:    true,
		`{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}`: false,
		`{"type":"Strip","strip_left":true,"strip_right":false}`:       false,
		`{"type":"Sequence","normalizers":[{"type":"NFKC"}]}`:          false,
		`{"type":"Sequence","normalizers":[{"type":"Lowercase"}]}`:     true,
	} {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(spec("normalizer", normalizer)), &fields); err != nil {
			t.Fatal(err)
		}
		fields["pre_tokenizer"] = json.RawMessage(`{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}`)
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tokenizer.Parse(text); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "prepend_scheme") {
			t.Errorf("%s: %v", normalizer, err)
		}
	}
}

func TestAddedTokensThatAreTheSameOnceNormalizedAreRefused(t *testing.T) {
	_, err := tokenizer.Load(folder(t, map[string]string{
		"tokenizer.json":        spec("normalizer", `{"type":"NFC"}`),
		"tokenizer_config.json": `{"added_tokens_decoder":{"6":{"content":"e\u0301"},"7":{"content":"\u00e9"}}}`,
	}))
	if err == nil || !strings.Contains(err.Error(), "normalized") {
		t.Errorf("two tokens that are one: %v", err)
	}
}

// A token may take the blanks that the next one starts with.
func TestAddedTokensShareBlanks(t *testing.T) {
	tok := load(t, map[string]string{"tokenizer.json": spec("added_tokens", `[
		{"id":4,"content":"<s>","rstrip":true,"special":true},{"id":5,"content":" <x>","lstrip":true,"special":true}]`)})
	if got, want := tok.Encode("<s> <x>a", false), []int32{4, 5, 0}; !slices.Equal(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
}

// Of a token that is listed twice, the last entry counts.
func TestAddedTokenListedTwice(t *testing.T) {
	tok := load(t, map[string]string{"tokenizer.json": spec("added_tokens", `[
		{"content":"<s>","rstrip":true,"special":true},{"content":"<s>","normalized":true,"special":true}]`)})
	if got, want := tok.Encode("<s> <s>a", false), []int32{4, 4, 0}; !slices.Equal(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
}

func TestBytesThatAreNotUTF8CountAsReplacements(t *testing.T) {
	_, tok := train(t, nil, 256, nil)
	for in, want := range map[string]string{
		"a\xffb":            "a\uFFFDb",
		"\xe2\x82":          "\uFFFD",
		"\xe2\x82\xe2\x82":  "\uFFFD\uFFFD",
		"\xf0\x9f\x99":      "\uFFFD",
		"\xed\xa0\x80":      "\uFFFD\uFFFD\uFFFD",
		"\xf4\x90\x80\x80x": "\uFFFD\uFFFD\uFFFD\uFFFDx",
		"\xc0\xafé":         "\uFFFD\uFFFDé",
	} {
		if got := tok.Decode(tok.Encode(in, false), false); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// A folder without tokenizer.json, as old checkpoints are, gives the same
// where tokenizer.json has nothing that the other files cannot say.
func TestParityVocabularyAndMerges(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "vocab.json") {
		if !plainByteLevel(t, dir) {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			files := map[string]string{}
			for _, name := range []string{"vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"} {
				content, err := os.ReadFile(filepath.Join(dir, name))
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				files[name] = string(content)
			}
			tok := load(t, files)
			for _, g := range goldens(t, dir) {
				g.check(t, tok)
			}
		})
	}
}

// plainByteLevel says whether a folder's tokenizer.json splits as GPT-2 does,
// which is all that vocab.json and merges.txt stand for.
func plainByteLevel(t *testing.T, dir string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Normalizer   any
		PreTokenizer struct{ Type string } `json:"pre_tokenizer"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Normalizer == nil && file.PreTokenizer.Type == "ByteLevel"
}

func TestSpecialTokensGoByTheirFlags(t *testing.T) {
	files := map[string]string{
		"vocab.json":              `{"<s>":0,"</s>":1,"a":2,"Ġ":3}`,
		"merges.txt":              "#version: 0.2\n",
		"tokenizer_config.json":   `{"tokenizer_class":"RobertaTokenizer","cls_token":"<s>","sep_token":"</s>","mask_token":"<m>"}`,
		"special_tokens_map.json": `{"mask_token":{"content":"<mask>","lstrip":true,"rstrip":true},"additional_special_tokens":[{"content":"<x>","rstrip":true},"<y>","<extra_id_0>"]}`,
		"added_tokens.json":       `{"<y>":9,"<z>":8}`,
	}
	tests := map[string][]int32{
		"a <mask> a":       {2, 12, 2},
		"a <x> a":          {2, 3, 13, 2},
		"a <y> a":          {2, 3, 9, 3, 2},
		"a <z> a":          {2, 3, 8, 3, 2},
		"a <extra_id_0> a": {2, 14, 3, 2},
	}
	tok := load(t, files)
	for text, want := range tests {
		if got := tok.Encode(text, false); !slices.Equal(got, want) {
			t.Errorf("ids of %q: %v, want %v", text, got, want)
		}
	}
	if diff := cmp.Diff([]string{"</s>", "<extra_id_0>", "<mask>", "<pad>", "<s>", "<unk>", "<x>", "<y>"}, tok.Special()); diff != "" {
		t.Error(diff)
	}
}

// vocab.json and merges.txt mean something only together with the class, which
// also has special tokens that no file needs to name.
func TestClassOfAVocabulary(t *testing.T) {
	files := map[string]string{"vocab.json": `{"a":0,"<|endoftext|>":1}`, "merges.txt": "#version: 0.2\n"}
	tok := load(t, files)
	if got, want := tok.Encode("a<|endoftext|>", false), []int32{0, 1}; !slices.Equal(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
	if got := tok.Decode([]int32{0, 1}, true); got != "a" {
		t.Errorf("without special tokens %q", got)
	}
	files["tokenizer_config.json"] = `{"tokenizer_class":"Qwen2Tokenizer"}`
	if _, err := tokenizer.Load(folder(t, files)); err == nil || !strings.Contains(err.Error(), "Qwen2Tokenizer") {
		t.Errorf("a class that normalizes: %v", err)
	}
}

func TestVocabularyOfRoberta(t *testing.T) {
	tok := load(t, map[string]string{
		"vocab.json":            `{"<s>":0,"</s>":1,"a":2,"b":3,"ab":4}`,
		"merges.txt":            "#version: 0.2\na b\n",
		"tokenizer_config.json": `{"tokenizer_class":"RobertaTokenizer","cls_token":"<s>","sep_token":"</s>","additional_special_tokens":["<x>","<y>"]}`,
	})
	if got, want := tok.Encode("ab<y><x>", true), []int32{0, 4, 9, 8, 1}; !slices.Equal(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
	if got := tok.Decode([]int32{0, 4, 6, 5, 1}, true); got != "ab" {
		t.Errorf("text is %q", got)
	}
}

// No file makes a text take forever or grow without end.
func TestHostileFilesDoNotHang(t *testing.T) {
	split := func(pattern string) string {
		text, err := json.Marshal(pattern)
		if err != nil {
			t.Fatal(err)
		}
		return spec("pre_tokenizer", `{"type":"Split","pattern":{"Regex":`+string(text)+`},"behavior":"Isolated"}`)
	}
	long := strings.Repeat("a", 2000)
	for name, pattern := range map[string]string{
		"alternatives": strings.Repeat("(?:a|a)", 60) + "b",
		"options":      strings.Repeat("(?:a?|a?)", 60) + "b",
		"counted":      "(?:a|a){60}b",
		"lazy":         strings.Repeat("a*?", 60) + "b",
		"greedy":       strings.Repeat("a*", 60) + "b",
		"look-ahead":   "(?=" + strings.Repeat("(?:a|aa)", 50) + "b)a",
	} {
		t.Run(name, func(t *testing.T) {
			tok, err := tokenizer.Parse([]byte(split(pattern)))
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.Decode(tok.Encode(long, false), false); got != long {
				t.Errorf("the text became %d bytes", len(got))
			}
		})
	}
	double := `{"type":"Replace","pattern":{"String":"a"},"content":"aa"}`
	bytes := `{"type":"ByteLevel"}`
	idle := `{"type":"Digits"}`
	list := func(part string, n int) string { return strings.Repeat(part+",", n-1) + part }
	for name, test := range map[string]struct{ field, value, want string }{
		"doubling":    {"normalizer", `{"type":"Sequence","normalizers":[` + list(double, 60) + `]}`, "times as long"},
		"spelling":    {"pre_tokenizer", `{"type":"Sequence","pretokenizers":[` + list(bytes, 60) + `]}`, "times as long"},
		"many parts":  {"pre_tokenizer", `{"type":"Sequence","pretokenizers":[` + list(idle, 1000) + `]}`, "1001 parts"},
		"replacement": {"normalizer", `{"type":"Replace","pattern":{"String":"a"},"content":"` + long + `"}`, "2000 bytes"},
		"prefix":      {"normalizer", `{"type":"Prepend","prepend":"` + long + `"}`, "2000 bytes"},
		"added token": {"added_tokens", `[{"id":9,"content":"` + long + `"}]`, "2000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tokenizer.Parse([]byte(spec(test.field, test.value))); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not name %s", err, test.want)
			}
		})
	}
}

func TestManyGoroutinesShareATokenizer(t *testing.T) {
	c := corpus(t)
	_, tok := train(t, c.Texts, 400, c.Special)
	text := strings.Join(c.Texts, "")
	_, fresh := train(t, c.Texts, 400, c.Special)
	want := fresh.Encode(text, false)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := tok.Encode(text, false); !slices.Equal(got, want) {
				t.Error("ids differ")
			}
			if got := tok.Decode(want, false); got != text {
				t.Error("texts differ")
			}
		})
	}
	all.Wait()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(spec("", "")), "ab")
	f.Add([]byte(spec("normalizer", `{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"NFKC"}]}`)), " a")
	f.Add([]byte(spec("pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?i:a|b){1,2}|[^\\s[x]]+(?!\\S)"},"behavior":"MergedWithNext","invert":true}`)), "aBb c")
	f.Add([]byte(spec("pre_tokenizer", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}`)), "a b")
	f.Add([]byte(spec("decoder", `{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Strip","content":"a","start":1,"stop":1}]}`)), "a")
	f.Add([]byte(spec("added_tokens", `[{"id":9,"content":"b","lstrip":true,"rstrip":true,"single_word":true,"normalized":true}]`)), " b b ")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		if len(text) > 50 {
			text = text[:50]
		}
		tok, err := tokenizer.Parse(file)
		if err != nil {
			return
		}
		ids := tok.Encode(text, true)
		for _, skip := range []bool{true, false} {
			if out := tok.Decode(ids, skip); !utf8.ValidString(out) {
				t.Errorf("decoded text %q is not UTF-8", out)
			}
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	c := corpus(f)
	_, plain := train(f, c.Texts, 400, c.Special)
	_, runs := train(f, c.Texts, 400, c.Special, tokenizer.SpecialLast(), tokenizer.SpaceRuns())
	f.Add("  it's\n\t\tx 中文 🙂<pad>")
	f.Add("\u0085\u00a0 \u2028'll")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		for _, tok := range []*tokenizer.Tokenizer{plain, runs} {
			if got := tok.Decode(tok.Encode(text, false), false); got != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}
