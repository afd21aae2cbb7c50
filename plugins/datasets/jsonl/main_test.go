package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/status"
	"harness/core/needs"

	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/plugintest"
)

func samples(t *testing.T, baseDir string, from config) ([]*dataset.Sample, error) {
	t.Helper()
	c, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	var all []*dataset.Sample
	err = plugintest.Dataset(t, plugin{}).Samples(t.Context(), &dataset.SamplesRequest{Config: c, BaseDir: baseDir}, func(s *dataset.Sample) error {
		all = append(all, s)
		return nil
	})
	return all, err
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "dataset", plugin{}) }

func TestSamples(t *testing.T) {
	dir := t.TempDir()
	content := `{"id":"a","split":"validation","before":"int f() {\n","buggy":"return 1;","after":"}\n","fixed":"","note":1,"licence":"MIT","origin":"a/b"}` + "\n" +
		`{"text":"class C {}","split":null}` + "\n" +
		`{"id":7,"function":"int f() {\n  return 1;\n}","fixed_function":"int f() {\n  check();\n  return 1;\n}"}` + "\n" +
		`{"function":"int f() {}","fixed_function":"int f() {}\n"}` + "\n" +
		`{"before":"","buggy":"int f() {}","after":"","fixed":"int f() {}\n"}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := samples(t, dir, config{Path: "x.jsonl"})
	if err != nil || len(all) != 5 {
		t.Fatalf("got %v, %v", all, err)
	}
	pair := all[0].GetPair()
	if all[0].Id != "a" || all[0].Split != "validation" || pair.Before != "int f() {\n" || pair.Buggy != "return 1;\n" || pair.Fixed != "" || all[0].Licence != "MIT" || all[0].Origin != "a/b" {
		t.Errorf("got %v", all[0])
	}
	if pair := all[2].GetPair(); all[2].Id != "7" || pair.GetBefore() != "int f() {\n" || pair.GetBuggy() != "" || pair.GetAfter() != "  return 1;\n}\n" || pair.GetFixed() != "  check();\n" {
		t.Errorf("got %v", all[2])
	}
	for _, same := range all[3:] {
		if same.Content != nil || same.Skipped == "" {
			t.Errorf("got %v", same)
		}
	}
	if all[1].Id != "2" || all[1].GetText() != "class C {}" {
		t.Errorf("got %v", all[1])
	}
}

func TestMistakesNameFileAndLine(t *testing.T) {
	for content, want := range map[string]string{
		"{}":                    `x.jsonl:1: the line lacks both a text ("text") and a fix ("before"`,
		"\n{\"text\":3}":        `x.jsonl:2: the field "text" holds a number, not a text`,
		`["text"]`:              "x.jsonl:1: this is a JSON array, not an object",
		`{"text":"","id":true}`: `x.jsonl:1: the field "id" holds a truth value, not a text`,
		`{"text":"","id":1.5}`:  `x.jsonl:1: the field "id" holds a number, not a text`,
		`{"function":"a"}`:      `x.jsonl:1: the field "fixed_function" of a fix is missing`,
		"nonsense":              "x.jsonl:1: this is not JSON",
		`{"text":"a","function":"b","fixed_function":""}`:              "x.jsonl:1: the line mixes forms",
		`{"before":"","buggy":"a","after":""}`:                         `x.jsonl:1: the field "fixed" of a fix is missing`,
		`{"text":"a","split":"test"}`:                                  `x.jsonl:1: the field "split" must be "train" or "validation"; found "test"`,
		"{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}": `x.jsonl:2: the id "a" is also that of line 1`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := samples(t, dir, config{Path: "x.jsonl"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", content, err, want)
		}
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	d := plugintest.Dataset(t, plugin{})
	resolve := func() (string, error) {
		r, err := d.Resolve(t.Context(), &sdk.ResolveRequest{Config: []byte(`{"path":"x.jsonl"}`), BaseDir: dir})
		return r.GetIdentity(), err
	}
	if _, err := resolve(); err == nil || !strings.Contains(err.Error(), "File is missing") {
		t.Errorf("got %v", err)
	}
	identities := map[string]bool{}
	for _, content := range []string{`{"text":"a"}`, `{"text":"b"}`} {
		if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		identity, err := resolve()
		if err != nil {
			t.Fatal(err)
		}
		identities[identity] = true
	}
	if len(identities) != 2 {
		t.Errorf("two files have the identities %v", identities)
	}
}

// What is wrong with the first lines shows before any work, at its attribute.
func TestResolveLooksAtTheFirstLines(t *testing.T) {
	const fix = `{"src":"int f() {}","tgt":"int f() { g(); }","hash":"abc"}`
	for name, test := range map[string]struct{ content, config, want string }{
		"fields that are there":      {fix, `{"path":"x.jsonl","fields":{"function":"src","fixed_function":"tgt","id":"hash","text":null}}`, ""},
		"a field of some lines":      {`{"text":"a"}` + "\n" + `{"text":"b","spdx":"MIT"}`, `{"path":"x.jsonl","fields":{"licence":"spdx"}}`, ""},
		"a field of no line":         {fix, `{"path":"x.jsonl","fields":{"function":"source","fixed_function":"target"}}`, `fields.fixed_function: No such field in the file: The first lines of DIR/x.jsonl have no field "target". They have hash, src, tgt.; fields.function: No such field in the file: The first lines of DIR/x.jsonl have no field "source". They have hash, src, tgt.`},
		"lines of another form":      {fix, `{"path":"x.jsonl"}`, `path: Unexpected content: DIR/x.jsonl:1: the line lacks both a text ("text") and a fix ("before", "buggy", "after", "fixed", or "function" and "fixed_function")`},
		"a line that is not JSON":    {"{}\nnonsense", `{"path":"x.jsonl"}`, "path: Unexpected content: DIR/x.jsonl:2: this is not JSON: invalid character 'o' in literal null (expecting 'u')"},
		"no line":                    {"\n", `{"path":"x.jsonl"}`, "path: File is empty: There is no line in DIR/x.jsonl."},
		"a mistake in a later line":  {strings.Repeat(`{"text":"a"}`+"\n", 100) + "nonsense", `{"path":"x.jsonl"}`, ""},
		"a number as a field's name": {fix, `{"path":"x.jsonl","fields":{"text":3}}`, "decoding configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := plugintest.Dataset(t, plugin{}).Resolve(t.Context(), &sdk.ResolveRequest{Config: []byte(test.config), BaseDir: dir})
			got := strings.ReplaceAll(diagnoses(err), dir, "DIR")
			if test.want == "" && err != nil || test.want != "" && !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// diagnoses are the diagnostics in an error with their paths, or its text.
func diagnoses(err error) string {
	if err == nil {
		return ""
	}
	var texts []string
	for _, detail := range status.Convert(err).Details() {
		if found, ok := detail.(*harnesspb.Diagnostics); ok {
			for _, d := range found.Diagnostics {
				texts = append(texts, strings.Join(d.Path, ".")+": "+d.Summary+": "+d.Detail)
			}
		}
	}
	if len(texts) == 0 {
		return err.Error()
	}
	return strings.Join(texts, "; ")
}

// A mistake that only shows among the samples keeps its attribute, too.
func TestSamplesDiagnoseTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(`{"text":3}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := samples(t, dir, config{Path: "x.jsonl"})
	if got, want := diagnoses(err), `path: Unexpected content: `+dir+`/x.jsonl:1: the field "text" holds a number, not a text`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSharedTrainingData(t *testing.T) {
	dir := needs.Shared(t, "train")
	all, err := samples(t, dir, config{Path: "codrep.jsonl.gz"})
	if err != nil || len(all) < 1000 {
		t.Fatalf("got %d samples, %v", len(all), err)
	}
}

func TestFieldsAreRenamed(t *testing.T) {
	dir := t.TempDir()
	content := `{"fixed":1,"src":"int f() {\n  return 1;\n}","tgt":"int f() {\n  return 2;\n}","id":"not this","hash":"abc"}`
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	renamed := func(names map[string]string) map[string]*string {
		fields := map[string]*string{"licence": nil} // as the study's language sends what is not renamed
		for field, name := range names {
			fields[field] = &name
		}
		return fields
	}
	all, err := samples(t, dir, config{Path: "x.jsonl", Fields: renamed(map[string]string{
		"function": "src", "fixed_function": "tgt", "id": "hash", "fixed": "right",
	})})
	if err != nil || len(all) != 1 || all[0].Id != "abc" || all[0].GetPair().GetFixed() != "  return 2;\n" {
		t.Fatalf("got %v, %v", all, err)
	}
	// A name that another field takes over is no longer one of its own.
	if all, err = samples(t, dir, config{Path: "x.jsonl", Fields: renamed(map[string]string{"text": "id", "fixed": "right"})}); err != nil || all[0].GetText() != "not this" || all[0].Id != "1" {
		t.Errorf("got %v, %v", all, err)
	}
	for want, fields := range map[string]map[string]string{
		"Unknown field":           {"bugy": "src"},
		"One name for two fields": {"before": "x", "after": "x"},
		"Empty name":              {"before": ""},
	} {
		if _, err := samples(t, dir, config{Path: "x.jsonl", Fields: renamed(fields)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", fields, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"a","before":"x","buggy":"y","after":"z","fixed":""}`))
	f.Add([]byte(`{"id":3,"function":"x\ny\nz","fixed_function":"x\nw\nz\n"}`))
	f.Add([]byte(`{"text":"t","split":"train"}`))
	f.Add([]byte(`[`))
	fields, err := config{}.names()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sample, err := fields.parse(1, data)
		if err != nil {
			return
		}
		if sample.GetId() == "" || (sample.GetContent() == nil) == (sample.GetSkipped() == "") {
			t.Errorf("%q became %v", data, sample)
		}
		var l line
		if err := json.Unmarshal(data, &l); err != nil {
			t.Fatal(err)
		}
		whole, isWhole, err := fields.texts(l, fieldFunction, fieldFixedFunction)
		if pair := sample.GetPair(); pair != nil && isWhole && err == nil &&
			(pair.Before+pair.Buggy+pair.After != withLineEnd(whole[0]) || pair.Before+pair.Fixed+pair.After != withLineEnd(whole[1])) {
			t.Errorf("%q became %v, which are not its functions", data, pair)
		}
	})
}
