package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/plugintest"
)

func TestDescription(t *testing.T) { plugintest.Describe(t, "dataset", plugin{}) }

// defaults are what the host fills in.
func defaults(path string) config {
	return config{Path: path, Before: "before/*.java", After: "after/*.java"}
}

func read(t *testing.T, dir string, c config) (map[string]*dataset.Sample, []string, error) {
	t.Helper()
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*dataset.Sample{}
	var order []string
	err = plugintest.Dataset(t, plugin{}).Samples(t.Context(), &dataset.SamplesRequest{Config: encoded, BaseDir: dir}, func(s *dataset.Sample) error {
		all[s.Id] = s
		order = append(order, s.Id)
		return nil
	})
	return all, order, err
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func class(body string) string { return "class A {\n    int f() {\n        " + body + "\n    }\n}\n" }

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"set/before/b/A.java":      class("return 1;"),
		"set/after/b/A.java":       class("return 2;"),
		"set/before/a/B.java":      class("return 1;"),
		"set/after/a/B.java":       class("return 1; // so"),
		"set/before/Deleted.java":  class("return 1;"),
		"set/before/Binary.java":   class("return 1;\x00"),
		"set/after/Binary.java":    class("return 2;"),
		"set/before/Latin.java":    class("return '\xe4';"),
		"set/after/Latin.java":     class("return 2;"),
		"set/before/Huge.java":     class("return 1;"),
		"set/after/Huge.java":      class("return 2;") + strings.Repeat(" ", maxFile),
		"set/before/Link.java":     class("return 1;"),
		"secret/Link.java":         class("return 2;"),
		"set/before/README.md":     "x",
		"set/after/OnlyAfter.java": "x",
	})
	for link, target := range map[string]string{"set/after/Link.java": "../../secret/Link.java", "set/before/links": "../../secret"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	c := defaults("set")
	c.Licence = "MIT"
	all, order, err := read(t, dir, c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Binary", "Deleted", "Huge", "Latin", "Link", "a/B", "b/A"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	reasons := map[string]string{}
	for id, s := range all {
		if s.Skipped != "" {
			reasons[id] = s.Skipped
		}
		if s.Licence != "MIT" || s.Origin != "before/"+id+".java" || (s.Skipped == "") != (s.GetPair() != nil) {
			t.Errorf("got %v", s)
		}
	}
	want := map[string]string{
		"a/B": "differs only in comments and white space", "Deleted": "has no fixed file", "Binary": "is not text",
		"Latin": "is not text", "Huge": "is larger than 1 MiB", "Link": "has no fixed file",
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if pair := all["b/A"].GetPair(); pair.GetBefore() != "int f() {\n" || pair.GetBuggy() != "    return 1;\n" || pair.GetFixed() != "    return 2;\n" || pair.GetAfter() != "}\n" {
		t.Errorf("got %v", pair)
	}
}

func TestFilesBesideEachOther(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"x/A.java": class("return 1;"), "x/A.fixed.java": class("return 2;"), "B.java": class("return 1;"),
	})
	all, order, err := read(t, dir, config{Path: ".", Before: "*.java", After: "*.fixed.java"})
	if err != nil || len(order) != 2 || all["x/A"].GetPair().GetFixed() != "    return 2;\n" || all["B"].GetSkipped() != "has no fixed file" {
		t.Errorf("got %v, %v", all, err)
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "", "set/x": ""})
	for want, c := range map[string]config{
		"Folder is missing":           defaults("missing"),
		"Not a folder":                defaults("file"),
		"No files":                    defaults("set"),
		"Not one * in a name":         {Path: "set", Before: "before", After: "*"},
		"Same names before and after": {Path: "set", Before: "*.java", After: "*.java"},
	} {
		if _, _, err := read(t, dir, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestIdentityFollowsFiles(t *testing.T) {
	dir := t.TempDir()
	d := plugintest.Dataset(t, plugin{})
	identity := func() string {
		t.Helper()
		r, err := d.Resolve(t.Context(), &sdk.ResolveRequest{Config: []byte(`{"path":".","before":"before/*.java","after":"after/*.java"}`), BaseDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return r.GetIdentity()
	}
	write(t, dir, map[string]string{"before/A.java": "a", "after/A.java": "b"})
	first := identity()
	write(t, dir, map[string]string{"notes.txt": "x"})
	if identity() != first {
		t.Error("a file that is not read changes the identity")
	}
	write(t, dir, map[string]string{"after/A.java": "c"})
	if identity() == first {
		t.Error("another content has the same identity")
	}
}
