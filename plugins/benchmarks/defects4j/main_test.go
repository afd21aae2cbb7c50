package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

func TestDescription(t *testing.T) { plugintest.Describe(t, "benchmark", defects4j{}) }

// Exported bugs are read and judged, without Defects4J.
func TestExportedBugs(t *testing.T) {
	source := t.TempDir()
	for _, n := range orchardDefects {
		exportOrchard(t, source, n, n%2 == 0)
	}
	config := fmt.Sprintf(`{"source": %q}`, source)
	b, dir := fetched(t, config)
	var text strings.Builder
	for _, r := range plugintest.Bugs(t, b, []byte(config), dir) {
		fmt.Fprintln(&text, r.Bug.Id, r.Bug.Path, r.Bug.Labels, r.Licence, r.Origin)
		for i, h := range r.Bug.Hunks {
			fmt.Fprintf(&text, "\t%d-%d %q\n", h.Start, h.End, r.Fixes[i])
		}
		for _, m := range r.Methods {
			fmt.Fprintf(&text, "\t%q becomes %q\n", m.Buggy, m.Fixed)
		}
	}
	golden(t, "bugs.txt", []byte(text.String()))

	for subset, want := range map[string]int{singleHunk: 6, singleFunction: 5} {
		n := 0
		err := b.Bugs(t.Context(), &benchmark.BugsRequest{Config: fmt.Appendf(nil, `{"source": %q, "subset": %q}`, source, subset), Dir: dir}, func(*benchmark.BugRecord) error {
			n++
			return nil
		})
		if err != nil || n != want {
			t.Errorf("%s has %d bugs, not %d; %v", subset, n, want, err)
		}
	}

	eachDriver(t, config, b, dir, func(t *testing.T, b *bench) {
		b.judgeOrchard(t)
		b.judgeCandidates(t)
		t.Run("half of a fix passes by the rule of CLM", func(t *testing.T) {
			byCLM := *b
			byCLM.config = strings.Replace(config, "{", `{"rule": "clm", `, 1)
			buggy, fixed := byCLM.texts(t, "Orchard-1")
			half := strings.Replace(buggy, "* percent) / 100", "* percent + 50) / 100", 1)
			if v, _ := byCLM.judge(t, "Orchard-1", half, false); v.Outcome != benchmark.Passed {
				t.Errorf("half: %v: %s", v.Outcome, v.Detail)
			}
			worse := strings.Replace(half, "cents > other.cents", "cents < other.cents", 1)
			if v, _ := byCLM.judge(t, "Orchard-1", worse, false); v.Outcome != benchmark.Failed {
				t.Errorf("half, with a new failure: %v: %s", v.Outcome, v.Detail)
			}
			if v, _ := byCLM.judge(t, "Orchard-1", buggy, false); v.Outcome != benchmark.Failed {
				t.Errorf("the buggy version: %v: %s", v.Outcome, v.Detail)
			}
			if v, _ := byCLM.judge(t, "Orchard-1", fixed, true); v.Outcome != benchmark.Passed {
				t.Errorf("the fixed version: %v: %s", v.Outcome, v.Detail)
			}
		})
	})
}

func TestSourcesThatAreRefused(t *testing.T) {
	empty := t.TempDir()
	broken := t.TempDir()
	write(t, filepath.Join(broken, "Orchard-1", "export.json"), "{}")
	for _, c := range []struct{ name, config, want string }{
		{"no source", `{}`, "Give one of source"},
		{"two sources", `{"source": "a", "installation": "b"}`, "Give one of source"},
		{"an installation and an image", `{"image": "a", "installation": "b"}`, "Give one of source"},
		{"a JDK for exported bugs", `{"source": "a", "java_home": "/usr"}`, "java_home needs an installation"},
		{"an unknown subset", `{"source": "a", "subset": "v9"}`, "Unknown subset"},
		{"a folder that is not there", `{"source": "/no/such/folder"}`, "/no/such/folder"},
		{"a folder without bugs", fmt.Sprintf(`{"source": %q}`, empty), "no folder <Project>-<n>"},
		{"none that is asked for", fmt.Sprintf(`{"source": %q, "only": ["Lang"]}`, broken), "no folder <Project>-<n>"},
		{"none that can be read", fmt.Sprintf(`{"source": %q}`, broken), "Orchard-1: export.json: the member format is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := plugintest.Benchmark(t, defects4j{}).Fetch(t.Context(), &benchmark.FetchRequest{Config: []byte(c.config), Dir: t.TempDir()}, func(*benchmark.FetchEvent) {})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A bug that cannot be read, or does not compile, is unsound.
func TestBugsThatCannotBeUsed(t *testing.T) {
	source := t.TempDir()
	for n := 1; n <= 3; n++ {
		exportOrchard(t, source, n, false)
	}
	write(t, filepath.Join(source, "Orchard-1", "export.json"), "{")
	write(t, filepath.Join(source, "Orchard-2", "buggy/src/main/java/orchard/Broken.java"), "class Broken {")
	config := fmt.Sprintf(`{"source": %q}`, source)
	b, dir := fetched(t, config)
	var unsound []string
	for _, r := range plugintest.Bugs(t, b, []byte(config), dir) {
		unsound = append(unsound, r.Unsound)
	}
	if len(unsound) != 3 || !strings.Contains(unsound[0], "export.json: ") || !strings.Contains(unsound[1], "Broken.java") || unsound[2] != "" {
		t.Errorf("unsound: %q", unsound)
	}
	_, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: []byte(config), Dir: dir, Bug: "Orchard-2"})
	if err == nil || !strings.Contains(err.Error(), "bug Orchard-2 cannot be judged") {
		t.Errorf("a check gave %v", err)
	}
}
