package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

// What version control and tools leave of a project's later text is no part of a
// bug, whoever exported it.
func TestLeftoversAreLeftOut(t *testing.T) {
	source := t.TempDir()
	exportOrchard(t, source, 2, false)
	names := map[string]bool{
		"buggy/.svn/pristine/ab/abcd.svn-base":                 false,
		"buggy/src/main/java/.svn/text-base/Basket.java":       false,
		"buggy/.hg/store/data/x.i":                             false,
		"buggy/src/CVS/Base/Basket.java":                       false,
		"buggy/src/main/java/orchard/Basket.java.bak":          false,
		"buggy/src/main/java/orchard/Basket.java.orig":         false,
		"fixed/src/main/java/orchard/Basket.java.bak":          false,
		"lib/.bzr/x.pack":                                      false,
		"buggy/src/main/java/orchard/cvs/Basket.java.txt":      true,
		"buggy/src/main/resources/orchard/Basket.java.bak.txt": true,
	}
	for name := range names {
		write(t, filepath.Join(source, "Orchard-2", name), "the fix")
	}
	_, dir := fetched(t, fmt.Sprintf(`{"source": %q}`, source))
	for name, want := range names {
		if _, err := os.Stat(filepath.Join(dir, exportDir, "Orchard-2", name)); (err == nil) != want {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// Bugs that others export are laid out in many ways, and are the same bugs.
func TestLayouts(t *testing.T) {
	rename := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		members map[string]any
		files   func(t *testing.T, bug string)
		tests   string // the label
		refused string
		problem string
	}{
		{name: "as documented", tests: "relevant"},
		{name: "folders below buggy", members: map[string]any{"dir.src.classes": "buggy/src/main/java", "dir.src.tests": "Orchard-2/buggy/src/test/java/"}, tests: "relevant"},
		{name: "absolute folders", members: map[string]any{"dir.src.classes": "/x/Orchard-2/buggy/src/main/java", "dir.src.tests": "/tmp/orchard_2_buggy/src/test/java", "dir.bin.classes": "/tmp/elsewhere/out"}, tests: "relevant"},
		{name: "no folders of classes", members: map[string]any{"dir.bin.classes": nil, "dir.bin.tests": nil}, tests: "relevant"},
		{name: "relevant tests missing", members: map[string]any{"tests.relevant": nil}, tests: "triggering"},
		{name: "a relevant test that is not there", members: map[string]any{"tests.relevant": "orchard.BasketTest\norchard.NoSuchTest"}, tests: "some"},
		{name: "fixed relative to the sources", files: func(t *testing.T, bug string) {
			rename(t, bug+"/fixed/src/main/java/orchard", bug+"/fixed/orchard")
		}, tests: "relevant"},
		{name: "fixed without folders", files: func(t *testing.T, bug string) {
			rename(t, bug+"/fixed/src/main/java/orchard/Basket.java", bug+"/fixed/Basket.java")
		}, tests: "relevant"},
		{name: "generated sources in fixed", files: func(t *testing.T, bug string) {
			write(t, bug+"/fixed/target/generated/orchard/Parser.java", "package orchard; class Parser { }")
		}, tests: "relevant"},
		{name: "another JUnit by name", members: map[string]any{"cp.test": "lib/ant-junit.jar"}, files: func(t *testing.T, bug string) {
			write(t, bug+"/lib/ant-junit.jar", "PK\x05\x06"+strings.Repeat("\x00", 18)) // without entries
		}, tests: "relevant"},
		{name: "links out of the export", files: func(t *testing.T, bug string) {
			link(t, "/usr/share/dict", bug+"/buggy/src/dict")
			link(t, "../../../elsewhere", bug+"/buggy/elsewhere")
			link(t, "nowhere", bug+"/buggy/src/main/java/orchard/Nothing.java")
			link(t, "itself", bug+"/buggy/itself")
			link(t, "/usr/share/java", filepath.Dir(bug)+"/lib")
		}, tests: "relevant"},
		{name: "a source elsewhere", files: func(t *testing.T, bug string) {
			fruit := bug + "/buggy/src/main/java/orchard/Fruit.java"
			rename(t, fruit, bug+"/Fruit.java")
			link(t, bug+"/Fruit.java", fruit)
		}, problem: "Fruit.java to "},
		{name: "an export.json elsewhere", files: func(t *testing.T, bug string) {
			rename(t, bug+"/export.json", bug+"/properties.json")
			link(t, bug+"/properties.json", bug+"/export.json")
		}, refused: "such as Orchard-2/export.json to "},
		{name: "a bug elsewhere", files: func(t *testing.T, bug string) {
			elsewhere := filepath.Join(t.TempDir(), "bug")
			rename(t, bug, elsewhere)
			link(t, elsewhere, bug)
		}, refused: "such as Orchard-2 to "},
		{name: "a folder elsewhere", members: map[string]any{"dir.src.classes": "/etc"}, refused: "dir.src.classes"},
		{name: "a folder outside", members: map[string]any{"dir.src.classes": "../fixed/src/main/java"}, refused: "dir.src.classes"},
		{name: "a forgiven triggering test", members: map[string]any{"baseline.fixed": "orchard.BasketTest"}, problem: "by baseline.fixed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := t.TempDir()
			exportOrchard(t, source, 2, false)
			exportOrchard(t, source, 3, false) // never hurt by its neighbour
			bug := filepath.Join(source, "Orchard-2")
			content, err := os.ReadFile(bug + "/export.json")
			if err != nil {
				t.Fatal(err)
			}
			members := map[string]any{}
			if err := json.Unmarshal(content, &members); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.members {
				members[name] = value
			}
			if content, err = json.Marshal(members); err != nil {
				t.Fatal(err)
			}
			write(t, bug+"/export.json", string(content))
			if c.files != nil {
				c.files(t, bug)
			}
			config := fmt.Sprintf(`{"source": %q}`, source)
			b, dir := fetched(t, config)
			records := plugintest.Bugs(t, b, []byte(config), dir)
			if c.refused != "" {
				out, err := os.ReadFile(filepath.Join(dir, "skipped.json"))
				if err != nil || len(records) != 1 || !strings.Contains(string(out), c.refused) {
					t.Errorf("%d bugs; left out: %s, %v", len(records), out, err)
				}
				return
			}
			if len(records) != 2 {
				t.Fatalf("%d bugs", len(records))
			}
			got := records[0].Bug
			if got.Path != "src/main/java/orchard/Basket.java" || got.Labels["files"] != "1" || c.tests != "" && got.Labels["tests"] != c.tests {
				t.Errorf("got %s, labels %v", got.Path, got.Labels)
			}
			v, err := b.Verdict(t.Context(), &benchmark.VerdictRequest{Config: []byte(config), Dir: dir, Bug: "Orchard-2", Reply: []byte(`{}`)})
			if err != nil || !strings.Contains(v.Detail, c.problem) || c.problem == "" && !strings.Contains(v.Detail, "answered the outcome") {
				t.Errorf("the verdict: %v, %v", v, err)
			}
		})
	}
}
