package gguf_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// spec is what a test needs of a tokenizer.json.
type spec struct {
	Added []struct {
		ID      int
		Content string
		Special bool
		LStrip  bool
	} `json:"added_tokens"`
	Model struct {
		Unknown string `json:"unk_token"`
		Vocab   map[string]int
		Merges  [][2]string
	}
	PreTokenizer json.RawMessage `json:"pre_tokenizer"`
	Normalizer   json.RawMessage
}

func readSpec(t *testing.T, dir string) spec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// vocabulary gives the tokens by id and their kinds.
func (s spec) vocabulary() ([]string, []int) {
	size := 0
	all := maps.Clone(s.Model.Vocab)
	for _, a := range s.Added {
		all[a.Content] = a.ID
	}
	for _, id := range all {
		size = max(size, id+1)
	}
	tokens, kinds := make([]string, size), make([]int, size)
	for token, id := range all {
		tokens[id], kinds[id] = token, 1
		if len(token) == 6 && strings.HasPrefix(token, "<0x") {
			kinds[id] = 6
		}
	}
	for _, a := range s.Added {
		kinds[a.ID] = map[bool]int{true: 3, false: 4}[a.Special]
		if a.Content == s.Model.Unknown {
			kinds[a.ID] = 2
		}
	}
	// What llama.cpp's converter fills the rows of a larger table with.
	return append(tokens, fmt.Sprintf("[PAD%d]", size)), append(kinds, 5)
}

// A llama's tokenizer, written into a GGUF file as llama.cpp's converter does,
// gives the same ids and texts.
func TestParityTokenizer(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "golden/tokenizer.jsonl") {
		s := readSpec(t, dir)
		tokens, kinds := s.vocabulary()
		w := writer{metadata: map[string]any{"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": kinds}}
		pre, sentencePiece := preName(string(s.PreTokenizer)), strings.Contains(string(s.Normalizer), "▁")
		switch {
		case s.strips():
			continue // GGUF cannot say that a token takes the blanks beside it
		case sentencePiece:
			w.metadata["tokenizer.ggml.model"] = "llama"
			w.metadata["tokenizer.ggml.scores"] = s.scores(tokens)
		case pre != "":
			w.metadata["tokenizer.ggml.model"] = "gpt2"
			w.metadata["tokenizer.ggml.pre"] = pre
			var merges []string
			for _, m := range s.Model.Merges {
				merges = append(merges, m[0]+" "+m[1])
			}
			w.metadata["tokenizer.ggml.merges"] = merges
		default:
			continue // its way of splitting has no name in GGUF
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			whole := tiny()
			for key := range whole.metadata {
				if strings.HasPrefix(key, "tokenizer.") {
					delete(whole.metadata, key)
				}
			}
			maps.Copy(whole.metadata, w.metadata)
			tok, err := tokenizer.Load(write(t, whole))
			if err != nil {
				t.Fatal(err)
			}
			checkGoldens(t, dir, tok)
			if token, ok := tok.Token(int32(len(tokens) - 1)); ok {
				t.Errorf("what fills the table is the token %q", token)
			}
		})
	}
}

func (s spec) strips() bool {
	for _, a := range s.Added {
		if a.LStrip {
			return true
		}
	}
	return false
}

// preName is llama.cpp's name for a pre-tokenizer.
func preName(preTokenizer string) string {
	switch {
	case strings.Contains(preTokenizer, `\\s?\\p{L}+`):
		return "deepseek-coder"
	case strings.Contains(preTokenizer, "Digits"):
		return "starcoder"
	case strings.Contains(preTokenizer, "Split"):
		return ""
	}
	return "gpt-2"
}

// scores gives each token the place of its merge, as training does.
func (s spec) scores(tokens []string) []float64 {
	scores := make([]float64, len(tokens))
	for i := range scores {
		scores[i] = -1e6
	}
	for rank, m := range slices.Backward(s.Model.Merges) {
		scores[s.Model.Vocab[m[0]+m[1]]] = -float64(rank)
	}
	return scores
}

func checkGoldens(t *testing.T, dir string, tok *tokenizer.Tokenizer) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "golden", "tokenizer.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var g struct {
			Kind     string
			Text     string
			IDsPlain []int32 `json:"ids_plain"`
			Decoded  string
		}
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		if g.Kind != "encode" {
			continue
		}
		if got := tok.Encode(g.Text, false); !slices.Equal(got, g.IDsPlain) {
			t.Errorf("ids of %q: %v, want %v", g.Text, got, g.IDsPlain)
		}
		if got := tok.Decode(g.IDsPlain, false); got != g.Decoded {
			t.Errorf("text of %v: %q, want %q", g.IDsPlain, got, g.Decoded)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTokenizerOfScores(t *testing.T) {
	w := tiny()
	dir := write(t, w)
	tok, err := tokenizer.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	// "ab" has the better score than "▁a".
	if got, want := tok.Encode("ab a</s>", true), []int32{1, 6, 5, 7, 2}; !slices.Equal(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
	if got := tok.Decode([]int32{1, 6, 5, 7}, true); got != "ab a" {
		t.Errorf("text is %q", got)
	}
	if eos, ok := tok.EOS(); !ok || eos != 2 {
		t.Errorf("the end token is %d", eos)
	}

	// A tokenizer.json beside the file counts instead.
	own := `{"model":{"type":"BPE","vocab":{"z":0},"merges":[]}}`
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	if tok, err = tokenizer.Load(dir); err != nil || tok.VocabSize() != 1 {
		t.Errorf("tokenizer.json was passed over (%v)", err)
	}
}

func TestTokenizersThatAreNotReadAreNamed(t *testing.T) {
	gpt2 := map[string]any{"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.merges": []string{"a b"}, "tokenizer.ggml.pre": "gpt-2"}
	tests := map[string]struct {
		base map[string]any
		key  string
		with any // nil: without the key
		want string
	}{
		"kind":              {nil, "tokenizer.ggml.model", "bert", `"bert"`},
		"no kind":           {nil, "tokenizer.ggml.model", nil, "tokenizer.ggml.model: is missing"},
		"no tokens":         {nil, "tokenizer.ggml.tokens", nil, "tokenizer.ggml.tokens: is missing"},
		"fewer kinds":       {nil, "tokenizer.ggml.token_type", []int{1}, "tokenizer.ggml.token_type"},
		"fewer scores":      {nil, "tokenizer.ggml.scores", []float64{1}, "tokenizer.ggml.scores"},
		"token that is not": {nil, "tokenizer.ggml.eos_token_id", 99, "tokenizer.ggml.eos_token_id is 99"},
		"one token twice":   {nil, "tokenizer.ggml.tokens", slices.Repeat([]string{"a"}, 8), `"a" comes twice`},
		"splitting":         {gpt2, "tokenizer.ggml.pre", "tekken", `"tekken"`},
		"no splitting":      {gpt2, "tokenizer.ggml.pre", nil, "tokenizer.ggml.pre is missing"},
		"no merges":         {gpt2, "tokenizer.ggml.merges", nil, "tokenizer.ggml.merges: is missing"},
		"merge of nothing":  {gpt2, "tokenizer.ggml.merges", []string{"a z"}, `"z"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := tiny()
			maps.Copy(w.metadata, test.base)
			if delete(w.metadata, test.key); test.with != nil {
				w.metadata[test.key] = test.with
			}
			_, err := tokenizer.Load(write(t, w))
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
}
