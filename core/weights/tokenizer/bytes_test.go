package tokenizer_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// broken matches what stands for bytes that are not UTF-8; how many of them a
// run becomes is Decode's business.
var broken = regexp.MustCompile("\uFFFD+")

// The bytes of a text's tokens are the text.
func TestParityTokenBytes(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "golden/tokenizer.jsonl") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tok, err := tokenizer.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range goldens(t, dir) {
				if g.Kind != "encode" {
					continue
				}
				var got strings.Builder
				for _, id := range g.IDsPlain {
					got.Write(tok.TokenBytes(id))
				}
				// A family may drop a space that it put at the start itself.
				text := broken.ReplaceAllString(strings.ToValidUTF8(got.String(), "\uFFFD"), "\uFFFD")
				if want := broken.ReplaceAllString(g.Decoded, "\uFFFD"); text != want && text != " "+want {
					t.Errorf("bytes of %v: %q, text %q", g.IDsPlain, text, want)
				}
			}
		})
	}
}

func TestTokenBytes(t *testing.T) {
	const llama = `{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}`
	tests := map[string]struct {
		decoder string
		want    map[string]string
	}{
		"byte fallback": {llama, map[string]string{"▁a": " a", "a": "a", "<0xE4>": "\xe4", "<0x0A>": "\n", "é": "é", "<s>": "<s>"}},
		"byte level":    {`{"type":"ByteLevel"}`, map[string]string{"Ġa": " a", "é": "\xe9", "Ċ": "\n", "▁a": "▁a", "<s>": "<s>"}},
		"metaspace":     {`{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}`, map[string]string{"▁a": " a", "<0xE4>": "<0xE4>"}},
		"suffix":        {`{"type":"BPEDecoder","suffix":"▁"}`, map[string]string{"a▁": "a ", "a": "a"}},
		"no decoder":    {`null`, map[string]string{"▁a": "▁a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tok, err := tokenizer.Parse([]byte(`{"decoder":` + test.decoder + `,"added_tokens":[{"id":9,"content":"<s>","special":true}],
				"model":{"type":"BPE","merges":[],"vocab":{"a":0,"▁a":1,"<0xE4>":2,"<0x0A>":3,"é":4,"Ġa":5,"Ċ":6,"a▁":7}}}`))
			if err != nil {
				t.Fatal(err)
			}
			for token, want := range test.want {
				id, ok := tok.TokenID(token)
				if !ok {
					t.Fatalf("no token %q", token)
				}
				if got := string(tok.TokenBytes(id)); got != want {
					t.Errorf("token %q gives %q, want %q", token, got, want)
				}
			}
			if got := tok.TokenBytes(1000); got != nil {
				t.Errorf("an unknown id gives %q", got)
			}
		})
	}
}
