package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harness/core/weights/peft"
)

// repairs is a study without training behind the model and its adapters.
const repairs = `
study "repairs" { seed = 7 }
%s
benchmark "microbugs" "microbugs" {
  bugs = ["Clamp", "Hamming"]
}
prompt "with" { buggy_lines = true }
generate {
  decode         = "beam"
  beams          = 3
  candidates     = 3
  max_new_tokens = 24
}
sandbox "bubblewrap" {}
table "repairs" {
  rows    = ["model", "adapter"]
  columns = ["prompt"]
  values  = ["pass@1"]
}
`

// tuned trains few steps, at a rate that shows.
const tuned = `
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "lora" "lora" {
  rank  = 4
  alpha = 8
}
dataset "micropairs" "fixes" {
  count = 100
  split = { validation = 0.2 }
}
train {
  dataset    = dataset.micropairs.fixes
  batch_size = 8
  grid {
    learning_rate = [5e-3]
    epochs        = [1]
  }
}
`

// TestMergedAdapterAnswersAsItDid merges an adapter that a study trained, and
// the same from the folder that was exported.
func TestMergedAdapterAnswersAsItDid(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	trained := study(t, fmt.Sprintf(repairs, tuned))
	harness(t, "adapters", "merge", trained, "--store", at("store"), "--to", at("merged")).want(t, 1).says(t, "not trained yet", "harness run")
	harness(t, "run", trained, "--store", at("store"), "--quiet").want(t, 0)
	harness(t, "adapters", "merge", trained, "--store", at("store"), "--dtype", "f32", "--to", at("merged")).want(t, 0)

	checkpoint, err := filepath.Abs(filepath.Join(repo, "studies/models/codegen-micro"))
	if err != nil {
		t.Fatal(err)
	}
	harness(t, "export", trained, "--store", at("store"), "--to", at("adapter")).want(t, 0)
	if base := baseOf(t, at("adapter")); base != checkpoint {
		t.Errorf("the exported adapter names the checkpoint %q, want %q as the study says it", base, checkpoint)
	}
	harness(t, "export", trained, "--store", at("store"), "--base", "org/name", "--to", at("hub")).want(t, 0)
	if base := baseOf(t, at("hub")); base != "org/name" {
		t.Errorf("the exported adapter names the checkpoint %q, want what --base said", base)
	}
	// A model is asked as a fine-tuned one only with an adapter.
	idle(t, at("adapter"), at("idle"))
	want := answers(t, at("store"))
	if got := answersOf(t, at("merged"), at("idle")); got != want {
		t.Errorf("the merged checkpoint answers\n%s\nnot as the adapter did:\n%s", got, want)
	}
	if answersOf(t, checkpoint, at("idle")) == want {
		t.Error("the adapter changes no answer: the test shows nothing")
	}

	merge := []string{"adapters", "merge", "--checkpoint", checkpoint, "--adapter", at("adapter"), "--dtype", "f32", "--to"}
	harness(t, append(merge, at("again"))...).want(t, 0)
	if diff := cmp.Diff(content(t, at("merged")), content(t, at("again"))); diff != "" {
		t.Errorf("merged from the folder, the checkpoint is another: %.500s", diff)
	}

	t.Run("a folder with something in it is refused", func(t *testing.T) {
		before := content(t, at("adapter"))
		harness(t, append(merge, at("adapter"))...).want(t, 1).says(t, "not empty")
		if !cmp.Equal(before, content(t, at("adapter"))) {
			t.Error("the folder changed")
		}
	})
	t.Run("a disk that fills up", func(t *testing.T) { fillsUp(t, merge) })
	t.Run("interrupted", func(t *testing.T) { interrupted(t, merge) })
}

// fillsUp merges into file systems that have no room for the weights that
// changed, or none for the whole checkpoint.
func fillsUp(t *testing.T, merge []string) {
	for _, size := range []string{"100000", "800000"} {
		full := t.TempDir()
		script := `"$@"; code=$?; find "$FULL" -mindepth 1; exit $code`
		args := []string{"--dev-bind", "/", "/", "--setenv", "FULL", full, "--size", size, "--tmpfs", full,
			"sh", "-c", script, "sh", filepath.Join(bin, "harness")}
		cmd := exec.Command("bwrap", append(append(args, merge...), filepath.Join(full, "merged"))...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run()
		result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}.want(t, 1).says(t, "no space left on device")
		if stdout.Len() > 0 {
			t.Errorf("%s bytes of room: left behind:\n%s", size, &stdout)
		}
	}
}

// interrupted ends a merge as soon as it begins to write.
func interrupted(t *testing.T, merge []string) {
	dir := t.TempDir()
	to := filepath.Join(dir, "merged")
	cmd := exec.Command(filepath.Join(bin, "harness"), append(merge, to)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			t.Fatalf("nothing was written:\n%s", &stderr)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	_ = cmd.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	switch code := cmd.ProcessState.ExitCode(); {
	case code == 130 && len(entries) == 0:
	case code == 0 && len(entries) == 1:
		t.Log("the merge was done before the signal came")
		content(t, to)
	default:
		t.Errorf("exit code %d, left behind: %v\n%s", code, entries, &stderr)
	}
}

func TestMergeSaysHowItIsUsed(t *testing.T) {
	file := study(t, fmt.Sprintf(repairs, tuned))
	untrained := study(t, fmt.Sprintf(repairs, `model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}`))
	to := filepath.Join(t.TempDir(), "merged")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":          {nil, "--to FOLDER"},
		"no result":        {[]string{file}, "--to FOLDER"},
		"no adapter":       {[]string{"--to", to}, "a study, or both --checkpoint and --adapter"},
		"half a pair":      {[]string{"--to", to, "--checkpoint", "x"}, "both --checkpoint and --adapter"},
		"both ways":        {[]string{file, "--to", to, "--checkpoint", "x", "--adapter", "y"}, "not both"},
		"trial of nothing": {[]string{"--to", to, "--checkpoint", "x", "--adapter", "y", "--trial", "a/b/c"}, "--trial"},
		"number type":      {[]string{file, "--to", to, "--dtype", "int8"}, "expected f32, bf16 or f16"},
		"two studies":      {[]string{file, file, "--to", to}, "--help"},
		"unknown trial":    {[]string{file, "--to", to, "--trial", "a/b/c"}, "a/b/c"},
		"trains nothing":   {[]string{untrained, "--to", to}, "trains nothing"},
		"unknown flag":     {[]string{file, "--into", to}, "--help"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"adapters", "merge", "--store", filepath.Join(t.TempDir(), "store")}, c.args...)
			harness(t, args...).want(t, 2).says(t, c.says)
		})
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("something was written")
	}
}

// idle writes an adapter that changes nothing: another with zeros in it.
func idle(t *testing.T, from, to string) {
	t.Helper()
	adapter, err := peft.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	for name, tensor := range adapter.Tensors {
		if strings.HasSuffix(name, "lora_B.weight") {
			clear(tensor.Data)
		}
	}
	if err := peft.Save(to, adapter); err != nil {
		t.Fatal(err)
	}
}

// answersOf decodes with a checkpoint and a finished adapter.
func answersOf(t *testing.T, checkpoint, adapter string) string {
	t.Helper()
	store := filepath.Join(t.TempDir(), "store")
	blocks := fmt.Sprintf("model \"codegen\" \"micro\" { source = %q }\nadapter \"lora\" \"idle\" { load = %q }", checkpoint, adapter)
	harness(t, "run", study(t, fmt.Sprintf(repairs, blocks)), "--store", store, "--quiet").want(t, 0)
	return answers(t, store)
}

// answers are the texts of all candidates in a store with one trial.
func answers(t *testing.T, store string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(store, "steps/generate-*/candidates.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("candidates of one trial: %v (%v)", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		var c struct {
			Bug     string
			Outputs []struct{ Text string }
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s: %q\n", c.Bug, c.Outputs)
	}
	return out.String()
}

// baseOf is the checkpoint that an adapter's configuration names.
func baseOf(t *testing.T, dir string) string {
	t.Helper()
	var config struct {
		Base string `json:"base_model_name_or_path"`
	}
	if err := json.Unmarshal([]byte(content(t, dir)["adapter_config.json"]), &config); err != nil {
		t.Fatal(err)
	}
	return config.Base
}

// content is the files of a folder.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}
