package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leaky is a study whose data set has ten honest samples, two of which are
// repeated, and four that know the benchmark's bug Clamp. SETTINGS stands for
// more of the data set's block.
const leaky = `
study "leaky" { seed = 7 }
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "lora" "lora" {
  rank  = 4
  alpha = 8
}
dataset "jsonl" "fixes" {
  path = "fixes.jsonl"
  SETTINGS
}
benchmark "microbugs" "microbugs" {
  bugs = ["Power"] # a choice that makes the others no less a benchmark's
}
train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
generate {
  decode         = "greedy"
  max_new_tokens = 4
}
sandbox "bubblewrap" {}
`

// pair is a line of the data set.
type pair struct {
	ID     string `json:"id"`
	Split  string `json:"split,omitempty"`
	Before string `json:"before"`
	Buggy  string `json:"buggy"`
	After  string `json:"after"`
	Fixed  string `json:"fixed"`
	Origin string `json:"origin,omitempty"`
}

func leakyStudy(t *testing.T, settings string) string {
	t.Helper()
	clamp := pair{
		Before: "public static int clamp(int x, int lo, int hi) {\n    if (x < lo) {\n", Buggy: "        return hi;\n",
		After: "    }\n    if (x > hi) {\n        return hi;\n    }\n    return x;\n}\n", Fixed: "        return lo;\n",
	}
	var pairs []pair
	for i := range 10 {
		pairs = append(pairs, pair{
			ID: fmt.Sprintf("honest-%d", i), Before: fmt.Sprintf("int f%d(int a) {\n", i), Buggy: fmt.Sprintf("    return a - %d;\n", i), After: "}\n",
			Fixed: fmt.Sprintf("    return a + %d;\n", i),
		})
	}
	pairs[0].Split = "validation"
	add := func(id string, p pair, change func(*pair)) {
		p.ID = id
		change(&p)
		pairs = append(pairs, p)
	}
	add("layout", clamp, func(p *pair) {
		p.Before = "/** Clamps. */\n" + strings.ReplaceAll(p.Before, "    ", "\t")
		p.Buggy = "return   hi ; // the upper end\n"
		p.Origin = "somewhere/Clamp.java"
	})
	add("validation", clamp, func(p *pair) { p.Split = "validation" })
	add("only-fixed", clamp, func(p *pair) { p.Buggy = "        throw new IllegalStateException();\n" })
	add("renamed", clamp, func(p *pair) { p.Before = strings.Replace(p.Before, "clamp", "limit", 1) })
	add("repeated", pairs[3], func(p *pair) { p.Fixed = "return a+3;\n" })
	add("repeated-validation", pairs[4], func(p *pair) { p.Split = "validation" })

	file := study(t, strings.Replace(leaky, "SETTINGS", settings, 1))
	var lines strings.Builder
	encoder := json.NewEncoder(&lines)
	for _, p := range pairs {
		if err := encoder.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "fixes.jsonl"), []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// found reads what the step that cleans says of samples, by their ids.
func found(t *testing.T, file, name string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".harness", "*", "clean-*", name))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are %d files %s, want 1 (%v)", len(files), name, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(content)) {
		var f struct {
			ID, Split, Why, Of, Version, Bug, Method, Origin string
			Similarity                                       float64
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all[f.ID] = strings.Join(strings.Fields(fmt.Sprintln(f.Split, f.Why, f.Of, f.Version, f.Bug, f.Method, f.Origin)), " ")
	}
	return all
}

func TestLeaksAreDropped(t *testing.T) {
	t.Parallel()
	file := leakyStudy(t, "")
	harness(t, "run", "--quiet", file).want(t, 0)
	want := map[string]string{
		"layout":              "train equal buggy Clamp buggy somewhere/Clamp.java",
		"validation":          "validation equal buggy Clamp buggy",
		"only-fixed":          "train equal fixed Clamp fixed",
		"renamed":             "train near fixed Clamp fixed",
		"repeated":            "train duplicate honest-3",
		"repeated-validation": "validation duplicate honest-4",
	}
	if diff := cmp.Diff(want, found(t, file, "dropped.jsonl")); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	leaks := "4 of 16 samples are like methods of the benchmarks (they equal or contain one, or have a similarity of 0.8 at least) and were dropped: 4 of microbugs (Clamp)"
	duplicates := "2 of 16 samples repeat an earlier one and were dropped"
	for _, command := range []string{"report", "plan"} {
		out := harness(t, command, file).want(t, 0).stdout
		for _, note := range []string{leaks, duplicates} {
			if !strings.Contains(out, note) {
				t.Errorf("%s lacks %q:\n%s", command, note, out)
			}
		}
	}
	var trained struct {
		Examples   int `json:"examples"`
		Validation int `json:"validation_examples"`
	}
	readStep(t, file, "train-*/train.json", &trained)
	if trained.Examples != 9 || trained.Validation != 1 {
		t.Errorf("trained on %d examples and %d for validation, want 9 and 1", trained.Examples, trained.Validation)
	}
}

func TestLeaksAreKept(t *testing.T) {
	t.Parallel()
	file := leakyStudy(t, "leakage = \"keep\"\nsimilarity = 0.9")
	out := harness(t, "run", "--quiet", file).want(t, 0).stdout
	for _, note := range []string{
		"3 of 16 samples repeat an earlier one and were dropped", // a leak among them
		"2 of 13 samples are like methods of the benchmarks (they equal or contain one, or have a similarity of 0.9 at least) and were trained on all the same",
	} {
		if !strings.Contains(out, note) {
			t.Errorf("the report lacks %q:\n%s", note, out)
		}
	}
	if len(found(t, file, "kept.jsonl")) != 2 {
		t.Errorf("kept.jsonl has %v, want 2 samples", found(t, file, "kept.jsonl"))
	}
}

func TestLeaksFailAStudy(t *testing.T) {
	t.Parallel()
	file := leakyStudy(t, `leakage = "fail"`)
	harness(t, "run", "--quiet", file).want(t, 1).says(t,
		"4 of 16 training samples are like methods of the study's benchmarks (layout and Clamp, equal, 1.00 alike;", `leakage = "drop"`, "kept.jsonl")
}

// TestTrainingDependsOnWhatIsDropped: another choice of the benchmark's bugs
// trains nothing anew, nor does another benchmark whose methods are kept.
func TestTrainingDependsOnWhatIsDropped(t *testing.T) {
	t.Parallel()
	train := func(settings, from, to string) string {
		file := leakyStudy(t, settings)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return strings.Join(planOf(t, file).keys()["train"], " ")
	}
	const bugs, benchmark, other = `["Power"]`, "sandbox", "benchmark \"microbugs\" \"again\" {}\nsandbox"
	if train("", "", "") != train("", bugs, `["Lcm"]`) {
		t.Error("another choice of bugs trains anew")
	}
	none := `benchmark "microbugs" "microbugs" {
  bugs = ["Power"] # a choice that makes the others no less a benchmark's
}`
	if train("", "", "") == train("", none, "") {
		t.Error("without the benchmark the same is trained, although its methods are dropped")
	}
	if train(`leakage = "keep"`, "", "") != train(`leakage = "keep"`, none, "") {
		t.Error("without the benchmark something else is trained, although its methods are kept")
	}
	for _, settings := range []string{`similarity = 0.7`, `leakage = "keep"`, `duplicates = "keep"`} {
		if train("", "", "") == train(settings, "", "") {
			t.Errorf("%s trains the same", settings)
		}
	}
	for _, settings := range []string{`similarity = 0.8`, `leakage = "drop"`, `duplicates = "drop"`} {
		if train("", "", "") != train(settings, "", "") {
			t.Errorf("the default %s trains something else", settings)
		}
	}
	if train("", benchmark, other) != train("", "", "") {
		t.Error("a benchmark that is there twice trains anew")
	}
}

func readStep(t *testing.T, file, pattern string, value any) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".harness", "*", pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are %d files %s, want 1 (%v)", len(files), pattern, err)
	}
	text, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}
