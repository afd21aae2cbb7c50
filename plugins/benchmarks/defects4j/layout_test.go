package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

func TestLayouts(t *testing.T) {
	rename := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*properties)
		files   func(t *testing.T, bug string)
		tests   string // the label
		refused string
		problem string
	}{
		{name: "as it is exported", tests: "relevant"},
		{name: "no folders of classes", change: func(p *properties) { p.ClassesDir, p.TestClassesDir = "", "" }, tests: "relevant"},
		{name: "a relevant test that is not there", change: func(p *properties) { p.RelevantTests = list{"orchard.BasketTest", "orchard.NoSuchTest"} }, tests: "some"},
		{name: "generated sources in fixed", files: func(t *testing.T, bug string) {
			write(t, bug+"/fixed/target/generated/orchard/Parser.java", "package orchard; class Parser { }")
		}, tests: "relevant"},
		{name: "another JUnit by name", change: func(p *properties) { p.TestPath = list{"lib/ant-junit.jar"} }, files: func(t *testing.T, bug string) {
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
		{name: "a folder of sources that is not there", change: func(p *properties) { p.SourceDir = "src/java" }, refused: "dir.src.classes: there is no folder buggy/src/java"},
		{name: "a folder of tests that is not there", change: func(p *properties) { p.TestDir = "test" }, refused: "dir.src.tests: there is no folder buggy/test"},
		{name: "a folder outside", change: func(p *properties) { p.SourceDir = "../fixed/src/main/java" }, refused: "dir.src.classes must be a path below buggy/"},
		{name: "another bug's", change: func(p *properties) { p.ID = "Orchard-3" }, refused: `id is "Orchard-3" in the folder Orchard-2`},
		{name: "a fixed file at another path", files: func(t *testing.T, bug string) {
			rename(t, bug+"/fixed/src/main/java/orchard", bug+"/fixed/orchard")
		}, refused: "no Java file below fixed/src/main/java differs"},
		{name: "an ignored triggering test", change: func(p *properties) { p.FixedFailures = list{"orchard.BasketTest"} }, problem: "by baseline.fixed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := t.TempDir()
			exportOrchard(t, source, 2, false)
			exportOrchard(t, source, 3, false) // never hurt by its neighbour
			bug := filepath.Join(source, "Orchard-2")
			if c.change != nil {
				changeExport(t, bug, c.change)
			}
			if c.files != nil {
				c.files(t, bug)
			}
			config := fmt.Sprintf(`{"source": %q}`, source)
			b, dir := fetched(t, config)
			records := plugintest.Bugs(t, b, []byte(config), dir)
			if c.refused != "" {
				if len(records) != 2 || records[0].Bug.Id != "Orchard-2" || !strings.Contains(records[0].Unsound, c.refused) || records[1].Unsound != "" {
					t.Errorf("got %v", records)
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
			if reason := records[0].Unsound; !strings.Contains(reason, c.problem) || (c.problem == "") != (reason == "") {
				t.Errorf("unsound since %q, want %q", reason, c.problem)
			}
		})
	}
}
