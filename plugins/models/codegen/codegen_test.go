package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
)

const tiny = `{"model_type": "codegen", "n_embd": 16, "n_head": 4, "n_layer": 2, "rotary_dim": 4, "n_positions": 32,
	"vocab_size": 50, "eos_token_id": 3, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}`

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	r, err := codegen{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(tiny)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ir.Count(r.GetGraph(), &ir.Rewrite{Train: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	const e, v = 16, 50
	layer := int64(2*e + 3*e*e + e*e + 2*4*e*e + 4*e + e)
	if want := 2*layer + 2*v*e + v + 2*e; c.All != want || c.Trainable != want {
		t.Errorf("counts %+v, want %d", c, want)
	}
	if r.GetMaxPositions() != 32 || r.GetVocabulary() != v || r.GetEos()[0] != 3 {
		t.Errorf("positions %d, vocabulary %d, eos %v", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos())
	}
}

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{`"n_head": 5`, "n_head is 5"},
		{`"n_head": 0`, "n_head is 0"},
		{`"n_embd": 18`, "multiple of n_head"},
		{`"n_embd": -16`, "n_embd is -16"},
		{`"rotary_dim": 3`, "rotary_dim is 3"},
		{`"rotary_dim": null`, ""},
		{`"n_layer": 100000`, "n_layer is 100000"},
		{`"vocab_size": 3`, "eos_token_id is 3"},
		{`"activation_function": "mish"`, `"mish"`},
		{`"layer_norm_epsilon": 0`, "layer_norm_epsilon"},
		{`"embd_pdrop": 1`, "embd_pdrop is 1"},
		{`"model_type": "llama"`, `"llama"`},
		{`"n_inner": 0`, "n_inner is 0"},
		{`"vocab_size": "many"`, "vocab_size"},
	} {
		t.Run(c.change, func(t *testing.T) {
			var fields, change map[string]any
			if err := json.Unmarshal([]byte(tiny), &fields); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte("{"+c.change+"}"), &change); err != nil {
				t.Fatal(err)
			}
			for k, v := range change {
				fields[k] = v
			}
			text, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			_, err = codegen{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: text})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzBuild(f *testing.F) {
	f.Add([]byte(tiny))
	f.Add([]byte(`{"model_type": "codegen"}`))
	f.Add([]byte(`{"model_type": "codegen", "n_head": 4, "n_embd": 65536, "vocab_size": 4194304}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := codegen{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: text})
		if err == nil && ir.Check(r.GetGraph()) != nil {
			t.Error("built a graph that is not valid")
		}
	})
}

var bug = &model.Bug{
	Id: "b", Language: "java",
	Text:     "class A {\n    int f(int n) {\n        n--; // wrong\n        return n;\n    }\n}\n",
	Hunks:    []*model.Span{{Start: 3, End: 4}},
	Function: &model.Span{Start: 2, End: 6},
}

func TestPromptFormats(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *model.PromptOptions
		want string
	}{
		{"fine-tuned with buggy lines", &model.PromptOptions{FineTuned: true, BuggyLines: true},
			"int f(int n) {\n// bug start: \n    n--;\n// bug end \n    return n;\n}\n// fix: \n"},
		{"fine-tuned without", &model.PromptOptions{FineTuned: true},
			"int f(int n) {\n// bug start: \n// bug end \n    return n;\n}\n// fix: \n"},
		{"base with buggy lines", &model.PromptOptions{BuggyLines: true},
			"int f(int n) {\n// buggy line:    n--;"},
		{"base without", &model.PromptOptions{}, "int f(int n) {"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := prompt(bug, c.o).GetText(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestExamplesHaveThePromptsFormat(t *testing.T) {
	o := &model.PromptOptions{FineTuned: true, BuggyLines: true}
	r, err := codegen{}.Example(t.Context(), &model.ExampleRequest{Options: o, Samples: []*model.Sample{{Content: &harnesspb.Sample_Pair{
		Pair: &model.Pair{Before: "    int f(int n) {\n", Buggy: "        n--;\n", After: "        return n;\n    }\n", Fixed: "        n++;\n"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	x := r.GetExamples()[0]
	if want := prompt(bug, o).GetText(); x.GetPrompt() != want {
		t.Errorf("prompt %q, want that of the same bug, %q", x.GetPrompt(), want)
	}
	if x.GetTarget() != "    n++;\n" || !x.GetEnd() {
		t.Errorf("target %q, end %v", x.GetTarget(), x.GetEnd())
	}
	if _, err := (codegen{}).Example(t.Context(), &model.ExampleRequest{Samples: []*model.Sample{{Id: "empty"}}}); err == nil {
		t.Error("a sample without content is accepted")
	}
}

// benchmarkBug is a line of the shared benchmark files.
type benchmarkBug struct {
	ID       string `json:"id"`
	File     string `json:"file"`
	Fixed    string `json:"fixed_file"`
	Function span   `json:"function"`
	Hunks    []struct {
		span
		Fixed string `json:"fixed"`
	} `json:"hunks"`
}

type span struct{ Start, End int32 }

// A model that writes the reference fix must be taken at its word, in both
// formats, for every bug of the benchmarks.
func TestReferenceFixesSurviveTheWayBack(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "benchmarks")
	files, _ := filepath.Glob(filepath.Join(root, "*java.jsonl"))
	quixbugs := filepath.Join(root, "quixbugs.jsonl")
	if _, err := os.Stat(quixbugs); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("NOT CHECKED: ", err)
	}
	count := 0
	for _, path := range append(files, quixbugs) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var b benchmarkBug
			if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
				t.Fatal(err)
			}
			count++
			t.Run(b.ID, func(t *testing.T) { checkWayBack(t, b) })
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bugs", count)
}

func checkWayBack(t *testing.T, b benchmarkBug) {
	h := b.Hunks[0]
	bug := &model.Bug{
		Language: "java", Text: b.File,
		Hunks:    []*model.Span{{Start: h.Start, End: h.End}},
		Function: &model.Span{Start: b.Function.Start, End: b.Function.End},
	}
	fixed := code(b.Fixed)
	for _, fineTuned := range []bool{true, false} {
		output := h.Fixed
		if !fineTuned {
			m, err := java.Find(bug)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Before) == 0 {
				continue // refused as a prompt: nothing comes before the bug
			}
			output = h.Fixed + java.Text(m.After) + "\nvoid next() {\n"
		}
		r, err := codegen{}.Patch(t.Context(), &model.PatchRequest{
			Bug: bug, Options: &model.PromptOptions{FineTuned: fineTuned}, Outputs: []string{output},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := code(apply(b.File, r.GetPatches()[0])); got != fixed {
			t.Errorf("fine-tuned %v: patched file is\n%s\nwant\n%s", fineTuned, got, fixed)
		}
	}
}

// apply makes a patch's edit.
func apply(text string, p *model.Patch) string {
	lines := strings.SplitAfter(text, "\n")
	e := p.GetEdits()[0]
	return strings.Join(lines[:e.GetStart()-1], "") + e.GetText() + strings.Join(lines[e.GetEnd()-1:], "")
}

// code is the text without comments and any blanks.
func code(text string) string {
	return strings.Join(strings.Fields(java.Text(java.Clean(text))), " ")
}
