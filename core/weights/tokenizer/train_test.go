package tokenizer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/weights/tokenizer"
)

func train(t testing.TB, texts []string, size int, special []string, options ...tokenizer.TrainOption) ([]byte, *tokenizer.Tokenizer) {
	t.Helper()
	text, err := tokenizer.TrainBPE(slices.Values(texts), size, special, options...)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return text, tok
}

// corpus is what testdata/make.py trained on, and what came out.
func corpus(t testing.TB) (c struct {
	Texts   []string
	Special []string
	Size    int
	Model   struct {
		Vocab  map[string]int
		Merges [][2]string
	}
}) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "trained.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTrainedVocabularyIsTheLibrarys(t *testing.T) {
	c := corpus(t)
	text, _ := train(t, c.Texts, c.Size, c.Special)
	var got struct {
		Model struct {
			Vocab  map[string]int
			Merges []string
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Model.Vocab, got.Model.Vocab); diff != "" {
		t.Error(diff)
	}
	var want []string
	for _, m := range c.Model.Merges {
		want = append(want, m[0]+" "+m[1])
	}
	if diff := cmp.Diff(want, got.Model.Merges); diff != "" {
		t.Error(diff)
	}
}

func TestTrainingDoesNotDependOnTheOrderOfTexts(t *testing.T) {
	c := corpus(t)
	first, _ := train(t, c.Texts, 350, nil, tokenizer.SpaceRuns())
	slices.Reverse(c.Texts)
	if again, _ := train(t, c.Texts, 350, nil, tokenizer.SpaceRuns()); !bytes.Equal(first, again) {
		t.Error("bytes differ")
	}
}

func TestTokensArePlacedAsAskedFor(t *testing.T) {
	c := corpus(t)
	special := []string{"<|endoftext|>", "<pad>"}
	id := func(tok *tokenizer.Tokenizer, content string) int {
		id, ok := tok.TokenID(content)
		if !ok {
			t.Errorf("no token %q", content)
		}
		return int(id)
	}
	_, first := train(t, c.Texts, 400, special)
	if id(first, "<|endoftext|>") != 0 || id(first, "<pad>") != 1 || first.VocabSize() != 400 {
		t.Errorf("special tokens are not first in %d", first.VocabSize())
	}
	_, last := train(t, c.Texts, 400, special, tokenizer.SpecialLast(), tokenizer.SpaceRuns())
	got := []int{
		last.VocabSize(), id(last, "<|endoftext|>"), id(last, "<pad>"), id(last, strings.Repeat(" ", 31)), id(last, "  "), id(last, strings.Repeat("\t", 9)), id(last, "\t\t"),
	}
	if diff := cmp.Diff([]int{400, 360, 361, 362, 391, 392, 399}, got); diff != "" {
		t.Error(diff)
	}
	if ids := last.Encode("    <pad>", false); !slices.Equal(ids, []int32{389, 361}) {
		t.Errorf("ids are %v", ids)
	}
	if got := last.Decode([]int32{389, 361}, true); got != "    " {
		t.Errorf("without special tokens: %q", got)
	}
}

func TestTrainingEndsWhenThereIsNothingToJoin(t *testing.T) {
	_, tok := train(t, []string{"ab ab"}, 5000, nil)
	if got := tok.VocabSize(); got != 256+2 {
		t.Errorf("%d tokens, want the bytes, ab and Ġab", got)
	}
}

func TestImpossibleVocabulariesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		size    int
		special []string
		want    string
	}{
		"too small":      {256, []string{"<pad>"}, "256"},
		"token twice":    {400, []string{"<pad>", "<pad>"}, "<pad>"},
		"empty token":    {400, []string{""}, `""`},
		"token a letter": {400, []string{"a"}, `"a"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tokenizer.TrainBPE(slices.Values([]string{"x"}), c.size, c.special)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestAnyTextRoundTripsThroughATrainedTokenizer(t *testing.T) {
	c := corpus(t)
	_, plain := train(t, c.Texts, 400, c.Special)
	_, runs := train(t, c.Texts, 400, c.Special, tokenizer.SpecialLast(), tokenizer.SpaceRuns())
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		for _, tok := range []*tokenizer.Tokenizer{plain, runs} {
			if got := tok.Decode(tok.Encode(text, true), false); got != text {
				t.Fatalf("%q became %q", text, got)
			}
		}
	})
}
