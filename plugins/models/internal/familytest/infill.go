package familytest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sdk/model"
	"harness/core/weights/tokenizer"
)

// Infill checks a family that fills in the middle, with the tokenizer of every
// golden checkpoint that it fits: each of the family's tokens is a token there,
// stops are spelled as in decoded output, and prompts have the ids of the
// reference implementation, which encodes the prefix as a separate text and the
// suffix as a continuation.
func Infill(t *testing.T, m model.Model) {
	tokens := m.Describe(t.Context()).GetPromptTokens()
	r, err := m.Prompt(t.Context(), &model.PromptRequest{Options: &model.PromptOptions{}, Bugs: []*model.Bug{Bug()}})
	if err != nil {
		t.Fatal(err)
	}
	prompt := r.GetPrompts()[0]
	fits := 0
	for _, dir := range needs.Checkpoints(t, "config.json") {
		tok, err := tokenizer.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range tokens {
			if id, ok := tok.TokenID(token); ok {
				ids = append(ids, id)
			}
		}
		if len(ids) != 3 {
			continue // another family's
		}
		fits++
		t.Run(filepath.Base(dir), func(t *testing.T) {
			got := tok.Encode(prompt.GetText(), true)
			for _, rest := range prompt.GetRest() {
				got = append(got, tok.EncodeNext(rest)...)
			}
			want := tok.Encode("", true)
			want = append(append(want, ids[0]), tok.Encode("int f(int n) {\n", false)...)
			want = append(append(want, ids[1]), tok.EncodeNext("    return n;\n}\n")...)
			want = append(want, ids[2])
			if !slices.Equal(got, want) {
				t.Errorf("the prompt's ids are %v, want %v", got, want)
			}
			for _, id := range ids {
				text := string(tok.TokenBytes(id))
				if !slices.ContainsFunc(prompt.GetStop(), func(stop string) bool { return strings.Contains(text, stop) }) {
					t.Errorf("no stop is in %q", text)
				}
			}
		})
	}
	if fits == 0 {
		needs.Part(t, fmt.Sprint("a golden checkpoint with the tokens ", tokens), "add one to the fixtures")
	}
}
