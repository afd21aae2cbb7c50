package needs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
)

func TestProgramsAreThoseOfHarnessBin(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HARNESS_BIN", dir)
	if _, _, err := needs.Programs("harness-adapter-none"); err == nil || !strings.Contains(err.Error(), "harness-adapter-none") || !strings.Contains(err.Error(), "make build") {
		t.Errorf("a program that is not there: %v", err)
	}
	for name := range needs.Sources(t) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, remove, err := needs.Programs()
	if err != nil || got != dir {
		t.Fatalf("programs are in %q (%v), want %q", got, err, dir)
	}
	remove()
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("a folder that others made was deleted: %v", err)
	}
}

func TestProgramsAreBuilt(t *testing.T) {
	t.Setenv("HARNESS_BIN", "")
	dir, remove, err := needs.Programs("harness-adapter-none")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	out, err := exec.Command(filepath.Join(dir, "harness-adapter-none")).CombinedOutput()
	if !strings.Contains(string(out), "plugin") {
		t.Errorf("the plugin's own hint is missing: %v, %s", err, out)
	}
	remove()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
}

func TestEveryProgramHasASource(t *testing.T) {
	sources := needs.Sources(t)
	for _, name := range []string{"harness", "harness-engine-gomlx", "harness-model-llama", "harness-adapter-lora", "harness-benchmark-microbugs", "harness-dataset-jsonl"} {
		if sources[name] == "" {
			t.Errorf("no source of %s in %v", name, sources)
		}
	}
	for name, source := range sources {
		if _, err := os.Stat(filepath.Join(needs.Root(t), source, "main.go")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
