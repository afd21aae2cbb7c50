package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
)

// An export that names everything in its own way is judged as one that does not: its
// classes are compiled, and find their jars and their charset, here and in the box.
func TestForeignExport(t *testing.T) {
	standIn(t, "") // what it asks for is needed here, too
	source := t.TempDir()
	exportOrchard(t, source, 3, false)
	bug := filepath.Join(source, "Orchard-3")
	if err := os.Rename(filepath.Join(bug, "fixed/src/main/java/orchard"), filepath.Join(bug, "fixed/orchard")); err != nil {
		t.Fatal(err)
	}
	// A class that is in no folder, without which neither the sources nor the tests compile.
	writeJar(t, filepath.Join(bug, "lib/seeds.jar"), "seeds.Seed", "package seeds; public class Seed { public static final Integer ONE = 1; }")
	for _, name := range []string{"main/java/orchard/Fruit.java", "test/java/orchard/LabelTest.java"} {
		edit(t, filepath.Join(bug, "buggy/src", name), "package orchard;", "package orchard;\n\nimport static seeds.Seed.ONE;\n")
	}
	edit(t, filepath.Join(bug, "buggy/src/test/java/orchard/LabelTest.java"), "cut(3)", "cut(2 + ONE)")
	content, err := json.Marshal(map[string]any{"export": map[string]any{
		"properties": map[string]any{
			"dir.src.classes": "buggy/src/main/java", "dir.src.tests": "buggy/src/test/java/",
			"dir.bin.classes": "buggy/target/classes", "dir.bin.tests": "buggy/target/test-classes",
			"cp.compile": "buggy/target/classes:lib/*", "cp.test": []string{"buggy/target/classes", "buggy/target/test-classes", "lib/*"},
			"tests.relevant": "orchard.LabelTest\n", "tests.trigger": "orchard.LabelTest#testCutsToTheWidth",
		},
		"source":   map[string]any{"level": "1.8", "encoding": "ISO8859-1"},
		"baseline": map[string]any{"failures": map[string]any{"buggy": "testCutsToTheWidth(orchard.LabelTest)", "fixed": "none"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(bug, "export.json"), string(content))
	config := fmt.Sprintf(`{"source": %q}`, source)
	plugin, dir := fetched(t, config)
	eachDriver(t, config, plugin, dir, func(t *testing.T, b *bench) {
		buggy, fixed := b.texts(t, "Orchard-3")
		if v, _ := b.judge(t, "Orchard-3", buggy, false); v.Outcome != benchmark.Failed || !strings.Contains(v.Detail, "testCutsToTheWidth") {
			t.Errorf("the buggy version: %v: %s", v.Outcome, v.Detail)
		}
		if v, _ := b.judge(t, "Orchard-3", fixed, true); v.Outcome != benchmark.Passed {
			t.Errorf("the fixed version: %v: %s", v.Outcome, v.Detail)
		}
	})
}

// writeJar compiles a class into a jar.
func writeJar(t *testing.T, name, class, text string) {
	t.Helper()
	path := strings.ReplaceAll(class, ".", "/")
	dir := t.TempDir()
	write(t, filepath.Join(dir, path+".java"), text)
	if out, err := exec.Command("javac", "-nowarn", "--release", "8", "-d", dir, filepath.Join(dir, path+".java")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	compiled, err := os.ReadFile(filepath.Join(dir, path+".class"))
	if err != nil {
		t.Fatal(err)
	}
	var jar strings.Builder
	archive := zip.NewWriter(&jar)
	entry, err := archive.Create(path + ".class")
	if err == nil {
		_, err = entry.Write(compiled)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, name, jar.String())
}
