package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// golden is a line of golden/tokenizer.jsonl.
type golden struct {
	Kind               string
	Text               string
	IDs                []int32
	IDsPlain           []int32 `json:"ids_plain"`
	Decoded            string
	DecodedFull        *string `json:"decoded_full"`
	DecodedSkipSpecial *string `json:"decoded_skip_special"`
}

func goldens(t testing.TB, dir string) []golden {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "golden", "tokenizer.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []golden
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// check compares a tokenizer with what Hugging Face's gave.
func (g golden) check(t *testing.T, tok *tokenizer.Tokenizer) {
	t.Helper()
	text := func(what string, ids []int32, skip bool, want string) {
		t.Helper()
		if got := tok.Decode(ids, skip); got != want {
			t.Errorf("%s of %v: %q, want %q", what, ids, got, want)
		}
	}
	plain := g.IDs
	switch g.Kind {
	case "encode":
		plain = g.IDsPlain
		if got := tok.Encode(g.Text, false); !slices.Equal(got, g.IDsPlain) {
			t.Errorf("plain ids of %q: %v, want %v", g.Text, got, g.IDsPlain)
		}
		if got := tok.Encode(g.Text, true); !slices.Equal(got, g.IDs) {
			t.Errorf("ids of %q: %v, want %v", g.Text, got, g.IDs)
		}
	case "decode":
	default:
		t.Fatalf("unknown kind %q", g.Kind)
	}
	text("decoded", plain, false, g.Decoded)
	if g.DecodedFull != nil {
		text("decoded full", g.IDs, false, *g.DecodedFull)
	}
	if g.DecodedSkipSpecial != nil {
		text("decoded without special tokens", g.IDs, true, *g.DecodedSkipSpecial)
	}
}

func TestParityTokenizer(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "golden/tokenizer.jsonl") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tok, err := tokenizer.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			lines := goldens(t, dir)
			if len(lines) == 0 {
				t.Fatal("no golden lines")
			}
			for _, g := range lines {
				g.check(t, tok)
			}
		})
	}
}
