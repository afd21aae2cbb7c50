package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/microbugs/bugs"
)

func TestDescription(t *testing.T) {
	plugintest.Describe(t, "benchmark", microbugs{})
}

func TestBugsOverTheWire(t *testing.T) {
	dir := fetched(t)
	records := plugintest.Bugs(t, microbugs{}, []byte("{}"), dir)
	all, err := bugs.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(all) {
		t.Fatalf("%d bugs, want %d", len(records), len(all))
	}
	for i, r := range records {
		if r.Bug.Id != all[i].ID || r.Bug.Text != all[i].Source || !slices.Equal(r.Fixes, all[i].Fixes()) {
			t.Errorf("bug %d is %s, want %s as it is kept", i, r.Bug.Id, all[i].ID)
		}
		if class := r.Bug.Labels["class"]; class != string(all[i].Class) {
			t.Errorf("%s has the class %q, want %q", r.Bug.Id, class, all[i].Class)
		}
		if r.Licence != "Apache-2.0" || !strings.HasSuffix(r.Origin, r.Bug.Path) {
			t.Errorf("%s has the licence %q and the origin %q", r.Bug.Id, r.Licence, r.Origin)
		}
		if strings.Contains(r.Bug.Text, "@Test") {
			t.Errorf("%s shows its tests", r.Bug.Id)
		}
	}
}

func TestCheckAsksForPatchAndTests(t *testing.T) {
	dir := fetched(t)
	b := plugintest.Benchmark(t, microbugs{})
	response, err := b.Check(t.Context(), &benchmark.CheckRequest{Dir: dir, Bug: "Gcd", Patched: "package micro;\n\nclass Gcd {}\n", LimitMs: 1500})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(response.Payload) {
		t.Fatalf("payload is not JSON: %q", response.Payload)
	}
	for _, want := range []string{"class Gcd {}", "micro/Gcd.java", "micro/GcdTest.java", "micro.GcdTest", `"wallMillis":1500`} {
		if !strings.Contains(string(response.Payload), want) {
			t.Errorf("the question lacks %q: %s", want, response.Payload)
		}
	}
	if _, err := b.Check(t.Context(), &benchmark.CheckRequest{Dir: dir, Bug: "../Gcd"}); err == nil {
		t.Error("an unknown bug: no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "Gcd", "bug.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Check(t.Context(), &benchmark.CheckRequest{Dir: dir, Bug: "Gcd"}); err == nil || !strings.Contains(err.Error(), "Gcd") {
		t.Errorf("a broken record: %v, want an error that names it", err)
	}
}

// fetched returns a folder with the fetched benchmark.
func fetched(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	b := plugintest.Benchmark(t, microbugs{})
	err := b.Fetch(t.Context(), &benchmark.FetchRequest{Config: []byte("{}"), Dir: dir}, func(*benchmark.FetchEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
