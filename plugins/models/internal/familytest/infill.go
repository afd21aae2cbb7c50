package familytest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/sdk/model"
	"harness/core/weights/tokenizer"
)

// Infill demands of a family that fills in the middle that each of its tokens
// is one of the tokenizer of every golden checkpoint that it fits, that stops
// read as they do there, and that prompts become the ids that the reference
// implementation makes of their parts: the prefix as a text of its own, the
// suffix as one that goes on.
func Infill(t *testing.T, m model.Model) {
	tokens := m.Describe(t.Context()).GetPromptTokens()
	r, err := m.Prompt(t.Context(), &model.PromptRequest{Options: &model.PromptOptions{}, Bugs: []*model.Bug{Bug()}})
	if err != nil {
		t.Fatal(err)
	}
	prompt := r.GetPrompts()[0]
	fits := 0
	for _, dir := range checkpoints(t) {
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
		if os.Getenv("CI") == "true" && os.Getenv("HARNESS_FIXTURES") == "" { // others need not hold every family
			t.Fatal("no checkpoint of the fixtures has the tokens ", tokens)
		}
		t.Skip("NOT CHECKED: no checkpoint with the tokens ", tokens)
	}
}

// checkpoints are the folders of golden models.
func checkpoints(t *testing.T) []string {
	root := os.Getenv("HARNESS_FIXTURES")
	if root == "" {
		root = Shared("fixtures/models")
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "config.json"))
	if err != nil || len(found) == 0 {
		missing(t, "no model folders in "+root+"; set HARNESS_FIXTURES to the folder of golden models")
	}
	for i, path := range found {
		found[i] = filepath.Dir(path)
	}
	return found
}

// missing ends a test that lacks what it needs: in CI it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("NOT CHECKED: ", what)
}
