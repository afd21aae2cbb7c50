package study_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/protocol/harnesspb"
	"harness/core/study"
)

func TestLanguageIsDescribed(t *testing.T) {
	reference := study.Language()
	for _, b := range reference.Blocks {
		checkSentence(t, b.Type, b.Description)
		checkDescribed(t, b.Type, b.Body)
	}
	for _, f := range reference.Functions {
		if f.Description == "" {
			t.Errorf("function %s has no description", f.Name)
		}
	}
}

func checkDescribed(t *testing.T, where string, body study.BodyReference) {
	t.Helper()
	for _, a := range body.Attributes {
		checkSentence(t, where+"."+a.Name, a.Description)
		if a.Accepts == "any value" && a.Name != "default" { // a variable's
			t.Errorf("%s.%s does not say which values it accepts", where, a.Name)
		}
	}
	for _, b := range body.Blocks {
		checkSentence(t, where+"."+b.Name, b.Description)
		checkDescribed(t, where+"."+b.Name, b.Body)
	}
}

func checkSentence(t *testing.T, where, description string) {
	t.Helper()
	if !strings.HasSuffix(description, ".") {
		t.Errorf("%s: the description %q is not a sentence", where, description)
	}
}

// TestLanguageIsWhole: the reference has every type of block that Load knows, and no other.
func TestLanguageIsWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "study.hcl")
	if err := os.WriteFile(file, []byte("zzzzzzzzzzzz {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, text := load(t, file, study.Options{})
	m := regexp.MustCompile(`It has (.*)\.`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no list of blocks in\n%s", text)
	}
	var documented []string
	for _, b := range study.Language().Blocks {
		documented = append(documented, b.Type)
	}
	slices.Sort(documented)
	if diff := cmp.Diff(strings.Split(m[1], ", "), documented); diff != "" {
		t.Errorf("blocks (-known +documented):\n%s", diff)
	}
}

// TestDefaultsInWords: where a default depends on another setting the reference states it in words. A study that writes
// those words out must mean the same as one that leaves them away.
func TestDefaultsInWords(t *testing.T) {
	for name, c := range map[string]struct{ short, written string }{
		"adamw": {`optimizer = "adamw"`, `
  optimizer    = "adamw"
  betas        = [0.9, 0.999]
  epsilon      = 1e-8
  warmup_steps = 0`},
		"adafactor": {`optimizer = "adafactor"`, `
  optimizer      = "adafactor"
  epsilon        = 1e-30
  decay_rate     = -0.8
  clip_threshold = 1
  warmup_share   = 0`},
	} {
		t.Run(name, func(t *testing.T) { compareStudies(t, trainStudy(c.short), trainStudy(c.written)) })
	}
	for name, c := range map[string]struct{ short, written string }{
		"beam":       {``, "beams = 10\n  candidates = 10\n  length_penalty = 1\n  early_stopping = false"},
		"many beams": {"candidates = 12", "beams = 12\n  candidates = 12"},
		"few beams":  {"beams = 3", "beams = 3\n  candidates = 3"},
		"greedy":     {`decode = "greedy"`, "decode = \"greedy\"\n  candidates = 1"},
		"sample":     {`decode = "sample"`, "decode = \"sample\"\n  candidates = 10\n  temperature = 1\n  top_k = 0\n  top_p = 1"},
	} {
		t.Run(name, func(t *testing.T) { compareStudies(t, generateStudy(c.short), generateStudy(c.written)) })
	}
}

func compareStudies(t *testing.T, short, written string) {
	t.Helper()
	var texts []string
	for _, source := range []string{short, written} {
		file := filepath.Join(t.TempDir(), "study.hcl")
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		s, diagnostics := load(t, file, study.Options{})
		if s == nil {
			t.Fatal(diagnostics)
		}
		s.File, s.Dir = "", "/"
		texts = append(texts, marshal(t, s))
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		t.Errorf("the written defaults differ (-left away +written):\n%s", diff)
	}
}

func trainStudy(recipe string) string {
	return `
study "s" {}
model "codegen" "m" { source = "m" }
adapter "full" "full" {}
dataset "micropairs" "fixes" {}
train {
  dataset = dataset.micropairs.fixes
  ` + recipe + `
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
`
}

func generateStudy(generate string) string {
	return `
study "s" {}
model "codegen" "m" { source = "m" }
adapter "none" "base" {}
benchmark "microbugs" "b" {}
sandbox "auto" {}
generate {
  ` + generate + `
}
`
}

func TestPluginReference(t *testing.T) {
	number := func(x float64) *float64 { return &x }
	body, err := study.PluginReference(&harnesspb.Description{Kind: "adapter", Name: "lora", Trains: true, Schema: &harnesspb.Schema{
		Attributes: []*harnesspb.Attribute{
			{Name: "rank", Type: `"number"`, DefaultJson: "8", Minimum: number(1), Maximum: number(4096), Description: "Rank."},
			{Name: "targets", Type: `["list","string"]`, Required: true, Description: "Patterns."},
			{Name: "bias", Type: "string", DefaultJson: `"none"`, OneOf: []string{"none", "all"}, Description: "Bias."},
		},
		Blocks: []*harnesspb.Block{{Name: "pot", Description: "A pot.", Minimum: 1, Maximum: 2, Schema: &harnesspb.Schema{
			Attributes: []*harnesspb.Attribute{{Name: "share", Type: "number", DefaultJson: "0.5", Maximum: number(1)}},
		}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := study.BodyReference{
		Attributes: []study.AttributeReference{
			{Name: "rank", Accepts: "a number between 1 and 4096", Default: "8", Description: "Rank."},
			{Name: "targets", Accepts: "a list, each a text", Required: true, Description: "Patterns."},
			{Name: "bias", Accepts: `one of "none", "all"`, Default: `"none"`, Description: "Bias."},
		},
		Blocks: []study.NestedReference{{Name: "pot", Description: "A pot.", Minimum: 1, Maximum: 2, Body: study.BodyReference{
			Attributes: []study.AttributeReference{{Name: "share", Accepts: "a number of at most 1", Default: "0.5"}},
		}}},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
	_, err = study.PluginReference(&harnesspb.Description{Kind: "dataset", Name: "odd", Schema: &harnesspb.Schema{
		Attributes: []*harnesspb.Attribute{{Name: "limit", Type: "number"}},
	}})
	if err == nil || !strings.Contains(err.Error(), `dataset plugin "odd": its schema has "limit"`) {
		t.Errorf("a schema that takes a name of the language: %v", err)
	}
}
