package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
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
		"{}":                    `x.jsonl:1: there is neither a text ("text") nor a fix ("before"`,
		"\n{\"text\":3}":        `x.jsonl:2: the field "text" holds a number, not a text`,
		`["text"]`:              "x.jsonl:1: this is a JSON array, not an object",
		`{"text":"","id":true}`: `x.jsonl:1: the field "id" holds a truth value, not a text`,
		`{"text":"","id":1.5}`:  `x.jsonl:1: the field "id" holds a number, not a text`,
		`{"function":"a"}`:      `x.jsonl:1: the field "fixed_function" is missing`,
		"nonsense":              "x.jsonl:1: this is not JSON",
		`{"text":"a","function":"b","fixed_function":""}`:              "x.jsonl:1: the line is two things at a time",
		`{"before":"","buggy":"a","after":""}`:                         `x.jsonl:1: the field "fixed" is missing`,
		`{"text":"a","split":"test"}`:                                  `x.jsonl:1: the field "split" is "test"`,
		"{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}": `x.jsonl:2: the id "a" is that of line 1, too`,
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
	for _, content := range []string{"a", "b"} {
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
	all, err := samples(t, dir, config{Path: "x.jsonl", Fields: map[string]string{
		"function": "src", "fixed_function": "tgt", "id": "hash", "fixed": "right",
	}})
	if err != nil || len(all) != 1 || all[0].Id != "abc" || all[0].GetPair().GetFixed() != "  return 2;\n" {
		t.Fatalf("got %v, %v", all, err)
	}
	// A name that another field takes over is no longer one of its own.
	if all, err = samples(t, dir, config{Path: "x.jsonl", Fields: map[string]string{"text": "id", "fixed": "right"}}); err != nil || all[0].GetText() != "not this" || all[0].Id != "1" {
		t.Errorf("got %v, %v", all, err)
	}
	for want, fields := range map[string]map[string]string{
		"Unknown field":           {"bugy": "src"},
		"One name for two fields": {"before": "x", "after": "x"},
	} {
		if _, err := samples(t, dir, config{Path: "x.jsonl", Fields: fields}); err == nil || !strings.Contains(err.Error(), want) {
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
			(pair.Before+pair.Buggy+pair.After != ended(whole[0]) || pair.Before+pair.Fixed+pair.After != ended(whole[1])) {
			t.Errorf("%q became %v, which are not its functions", data, pair)
		}
	})
}
