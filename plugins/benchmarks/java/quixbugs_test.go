package java_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

const benchmarks = "../../../../shared/benchmarks/"

type quixbug struct {
	ID        string   `json:"id"`
	Path      string   `json:"path"`
	File      string   `json:"file"`
	FixedFile string   `json:"fixed_file"`
	Support   []string `json:"support"`
	Classes   []string `json:"test_classes"`
	Tests     []struct {
		Path string `json:"path"`
		Text string `json:"text"`
	} `json:"tests"`
	Needs struct {
		HeapMiB int `json:"heap_mib"`
	} `json:"needs"`
}

type support struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Text string `json:"text"`
}

func readLines[T any](t *testing.T, name string) (all []T) {
	t.Helper()
	f, err := os.Open(benchmarks + name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the benchmark data should lie in shared/ beside the checkout: %v", err)
		}
		t.Skip("NOT TESTED HERE: ", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestQuixBugs judges real programs: the buggy text must not pass, the reference
// must. Some programs by default, all with HARNESS_TEST_ALL=1.
func TestQuixBugs(t *testing.T) {
	chosen := map[string]bool{"BITCOUNT": true, "BREADTH_FIRST_SEARCH": true, "KNAPSACK": true, "QUICKSORT": true, "SHORTEST_PATHS": true, "WRAP": true}
	bugs := readLines[quixbug](t, "quixbugs.jsonl")
	helpers := map[string]support{}
	for _, s := range readLines[support](t, "quixbugs_support.jsonl") {
		helpers[s.Name] = s
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, b := range bugs {
			if !chosen[b.ID] && os.Getenv("HARNESS_TEST_ALL") == "" {
				continue
			}
			t.Run(b.ID, func(t *testing.T) {
				program := func(text string) java.Program {
					files := map[string]string{}
					for _, test := range b.Tests {
						files[test.Path] = test.Text
					}
					for _, name := range b.Support {
						files[helpers[name].Path] = helpers[name].Text
					}
					return java.Program{Path: b.Path, Text: text, Reference: b.FixedFile, Files: files, Tests: b.Classes, HeapMiB: b.Needs.HeapMiB, Wall: time.Minute}
				}
				want := benchmark.Failed
				switch b.ID {
				case "BREADTH_FIRST_SEARCH":
					want = benchmark.Uncompilable // a statement behind an endless loop
				case "BITCOUNT":
					want = benchmark.Timeout // endless loops
				}
				if got := judge(t, program(b.File)); got.Outcome != want {
					t.Errorf("buggy: %s: %s", got.Outcome, got.Detail)
				}
				if got := judge(t, program(b.FixedFile)); got.Outcome != benchmark.Passed {
					t.Errorf("reference: %s: %s", got.Outcome, got.Detail)
				}
			})
		}
	})
}
