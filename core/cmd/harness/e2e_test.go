package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harness/core/needs"
)

// repo is the repository's root, from this package's folder.
const repo = "../../.."

// bin holds the program and all plugins.
var bin string

func TestMain(m *testing.M) { os.Exit(withPrograms(m)) }

func withPrograms(m *testing.M) int {
	dir, remove, err := needs.Programs()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer remove()
	bin = dir
	return m.Run()
}

// result is what a run of the program left.
type result struct {
	stdout, stderr string
	code           int
}

// harness runs the program to its end.
func harness(t *testing.T, args ...string) result { return harnessWith(t, nil, args...) }

func harnessWith(t *testing.T, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "harness"), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("harness %s: %v", strings.Join(args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// want fails the test unless the program ended with code.
func (r result) want(t *testing.T, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", r.code, code, r.stdout, r.stderr)
	}
	return r
}

// says fails the test unless stderr holds every text.
func (r result) says(t *testing.T, texts ...string) result {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.stderr)
		}
	}
	return r
}

// study writes a study file into a folder of its own and returns its path.
// CHECKPOINT in the text stands for the checkpoint that the repository ships.
func study(t *testing.T, text string) string {
	t.Helper()
	checkpoint, err := filepath.Abs(filepath.Join(repo, "studies/models/codegen-micro"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "study.hcl")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "CHECKPOINT", checkpoint)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// small is a study that goes through every kind of step in seconds.
const small = `
study "small" { seed = 7 }
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
adapter "lora" "lora" {
  rank  = 4
  alpha = 8
}
dataset "micropairs" "fixes" {
  count = 120
  split = { validation = 0.2 }
}
benchmark "microbugs" "microbugs" {
  bugs = ["Clamp", "Hamming", "Contains", "Power"]
}
prompt "with" { buggy_lines = true }
train {
  dataset    = dataset.micropairs.fixes
  batch_size = 8
  grid {
    learning_rate = [1e-3, 3e-3]
    epochs        = [1, 2]
  }
}
generate {
  decode         = "beam"
  beams          = 3
  candidates     = 3
  max_new_tokens = 48
}
sandbox "bubblewrap" {}
table "repairs" {
  rows    = ["model", "adapter"]
  columns = ["prompt"]
  values  = ["pass@1", "fixed@3"]
}
`
