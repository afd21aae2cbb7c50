package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harness/core/sdk/benchmark"
)

// edit changes a file, and makes it newer than what has been compiled of it.
func edit(t *testing.T, name, old, new string) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	write(t, name, strings.Replace(string(content), old, new, 1))
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(name, later, later); err != nil {
		t.Fatal(err)
	}
}

// The verdict of a candidate does not depend on which files are compiled with it.
func TestWhatIsCompiledWithACandidate(t *testing.T) {
	source := t.TempDir()
	exportOrchard(t, source, 2, false)
	tests := filepath.Join(source, "Orchard-2", "buggy", "src/test/java/orchard/BasketTest.java")
	// More steps than a candidate may take, if tests counted them.
	edit(t, tests, "Basket basket = new Basket();", "for (int i = 0; i < 50000000; i++) { }\n        Basket basket = new Basket();")
	// A class that cannot be made, and one of which every test fails, as ever.
	edit(t, tests, "public class BasketTest {", `public class BasketTest {
    public static class Unmade {
        public Unmade() { throw new IllegalStateException(); }
        @Test public void one() { }
        @Test public void two() { }
    }

    public static class Lost {
        @Test public void one() { throw new IllegalStateException(); }
        @Test public void two() { throw new IllegalStateException(); }
    }
`)
	// All is compiled as no module, as Defects4J's own builds do.
	write(t, filepath.Join(source, "Orchard-2", "buggy", "src/main/java/module-info.java"), "module orchard { }\n")
	changeExport(t, filepath.Join(source, "Orchard-2"), func(p *properties) {
		p.FixedFailures = list{"orchard.BasketTest$Unmade", "orchard.BasketTest$Lost"}
		p.RelevantTests = append(list{"orchard.BasketTest$Unmade", "orchard.BasketTest$Lost"}, p.RelevantTests...)
	})
	config := fmt.Sprintf(`{"source": %q}`, source)
	plugin, dir := fetched(t, config)
	edit(t, filepath.Join(dir, exportDir, "Orchard-2/buggy/src/main/java/orchard/Fruit.java"), "package", "a newer source beside an older class; package")
	eachDriver(t, config, plugin, dir, func(t *testing.T, b *bench) {
		if b.driver != "bubblewrap" {
			return // it is the service's affair, whatever the box is
		}
		_, fixed := b.texts(t, "Orchard-2")
		if v, _ := b.judge(t, "Orchard-2", fixed, true); v.Outcome != benchmark.Passed {
			t.Errorf("fixed, alone: %v: %s", v.Outcome, v.Detail)
		}
		edit(t, filepath.Join(dir, exportDir, "Orchard-2/buggy/src/main/java/orchard/Fruit.java"), "a newer source beside an older class; package", "package")
		more := strings.Replace(fixed, "public int count(", "public void more() { }\n\n    public int count(", 1)
		if v, _ := b.judge(t, "Orchard-2", more, false); v.Outcome != benchmark.Passed {
			t.Errorf("fixed, with another method: %v: %s", v.Outcome, v.Detail)
		}
	})
}
