package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/plugintest"
)

func samples(t *testing.T, baseDir, path string) ([]*dataset.Sample, error) {
	t.Helper()
	c, err := json.Marshal(config{Path: path})
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
	content := `{"id":"a","split":"validation","before":"int f() {\n","buggy":"return 1;","after":"}\n","fixed":"","note":1}` + "\n" +
		`{"text":"class C {}"}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := samples(t, dir, "x.jsonl")
	if err != nil || len(all) != 2 {
		t.Fatalf("got %v, %v", all, err)
	}
	pair := all[0].GetPair()
	if all[0].Id != "a" || all[0].Split != "validation" || pair.Before != "int f() {\n" || pair.Buggy != "return 1;\n" || pair.Fixed != "" {
		t.Errorf("got %v", all[0])
	}
	if all[1].Id != "2" || all[1].GetText() != "class C {}" {
		t.Errorf("got %v", all[1])
	}
}

func TestMistakesNameFileAndLine(t *testing.T) {
	for content, want := range map[string]string{
		"{}":                                   `x.jsonl:1: there is neither "text" nor a fix`,
		"\n{\"text\":3}":                       `x.jsonl:2: the field "text" holds a number, not a string`,
		"nonsense":                             "x.jsonl:1: this is not JSON",
		`{"text":"a","buggy":"b"}`:             "x.jsonl:1: there are both",
		`{"before":"","buggy":"a","after":""}`: `x.jsonl:1: the field "fixed" is missing`,
		`{"text":"a","split":"test"}`:          `x.jsonl:1: the split is "test"`,
		"{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}": `x.jsonl:2: the id "a" is that of line 1, too`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := samples(t, dir, "x.jsonl"); err == nil || !strings.Contains(err.Error(), want) {
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
	dir := filepath.Join("..", "..", "..", "..", "shared", "train")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared data is missing: put it beside the checkout: %v", err)
		}
		t.Skipf("the shared data is missing: put it beside the checkout: %v", err)
	}
	all, err := samples(t, dir, "codrep.jsonl.gz")
	if err != nil || len(all) < 1000 {
		t.Fatalf("got %d samples, %v", len(all), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"a","before":"x","buggy":"y","after":"z","fixed":""}`))
	f.Add([]byte(`{"text":"t","split":"train"}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		sample, err := parse(1, data)
		if err == nil && (sample.GetId() == "" || sample.GetContent() == nil) {
			t.Errorf("%q became %v", data, sample)
		}
	})
}
