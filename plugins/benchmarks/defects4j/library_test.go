package main

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
)

// The classes of an export's jars are found where it is compiled, here and in the box.
func TestLibrariesOfAnExport(t *testing.T) {
	fakeInstallation(t, "") // the programs that it needs are needed here, too
	source := t.TempDir()
	exportOrchard(t, source, 3, false)
	bug := filepath.Join(source, "Orchard-3")
	// Without this class neither the sources nor the tests compile.
	writeJar(t, filepath.Join(bug, "lib/seeds.jar"), "seeds.Seed", "package seeds; public class Seed { public static final Integer ONE = 1; }")
	changeExport(t, bug, func(p *properties) {
		p.CompilePath, p.TestPath = append(p.CompilePath, "lib/seeds.jar"), append(p.TestPath, "lib/seeds.jar")
	})
	for _, name := range []string{"main/java/orchard/Fruit.java", "test/java/orchard/LabelTest.java"} {
		edit(t, filepath.Join(bug, "buggy/src", name), "package orchard;", "package orchard;\n\nimport static seeds.Seed.ONE;\n")
	}
	edit(t, filepath.Join(bug, "buggy/src/test/java/orchard/LabelTest.java"), "cut(3)", "cut(2 + ONE)")
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
