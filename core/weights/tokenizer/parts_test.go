package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"harness/core/weights/tokenizer"
)

// Every kind of part, alone in an otherwise plain tokenizer, against what the
// library that defines them gives (testdata/make.py).
func TestPartsAgreeWithTheLibrary(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "parts.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	var base map[string]json.RawMessage
	for lines.Scan() {
		var c struct {
			Base, Change map[string]json.RawMessage
			Name         string
			Lines        []golden
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Base != nil {
			base = c.Base
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			spec := maps.Clone(base)
			maps.Copy(spec, c.Change)
			text, err := json.Marshal(spec)
			if err != nil {
				t.Fatal(err)
			}
			tok, err := tokenizer.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range c.Lines {
				g.check(t, tok)
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
