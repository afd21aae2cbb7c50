package main_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/safetensors"
)

func TestTenMistakesAreToldTogether(t *testing.T) {
	file := study(t, `
study "mistakes" {}
model "codegen" "micro" { source = 7 + "x" }
model "codegn" "other" { source = "x" }
adapter "lora" "lora" { rank = "many" }
adapter "lora" "lora" {}
adapter "lora" "narrow" { rnak = 4 }
dataset "micropairs" "fixes" {}
benchmark "microbugs" "microbugs" {}
train {
  dataset = dataset.micropairs.nothing
  grid {
    learning_rate = []
    epochs        = [0]
  }
}
generate { candidates = -1 }
sandbox "docker" { memory = "much" }
table "t" {
  rows    = ["modle"]
  columns = ["prompt"]
  value   = "pass"
}
`)
	r := harness(t, "validate", file).want(t, 2)
	if r.stdout != "" {
		t.Errorf("mistakes went to standard output:\n%s", r.stdout)
	}
	r.says(t, "codegn", "codegen", "rnak", "rank", "nothing", "learning_rate", "epochs", "much", "modle", "count", "study.hcl line ")
	if n := strings.Count(r.stderr, "Error: "); n < 10 {
		t.Errorf("%d errors were told, want at least 10:\n%s", n, r.stderr)
	}
}

// TestMistakes runs the commands that the first lines of testdata/mistakes/*.hcl
// name. Each has to end with 2 and to say what the file NAME.txt says: all the
// mistakes of the study, each once, and nothing of work that was begun.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	env := []string{"HARNESS_PLUGINS=" + brokenPlugins(t), "DOCKER_HOST=unix:///nonexistent/docker.sock"}
	models, err := filepath.Abs(filepath.Join(repo, "studies/models"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hcl"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), `sandbox "bubblewrap"`) {
				needSandbox(t)
			}
			copied := study(t, strings.ReplaceAll(string(text), "MODELS", models))
			folder := filepath.Dir(copied)
			writeFixes(t, filepath.Join(folder, "fixes.jsonl"))
			commands := 0
			for line := range strings.Lines(string(text)) {
				command, ok := strings.CutPrefix(strings.TrimSpace(line), "# harness ")
				if !ok {
					continue
				}
				commands++
				r := harnessWith(t, env, append(strings.Fields(command), copied)...).want(t, 2)
				said := strings.NewReplacer(models, "MODELS", folder, "FOLDER").Replace(r.stderr)
				compareText(t, strings.TrimSuffix(file, ".hcl")+".txt", unwrapped(said))
			}
			if commands == 0 {
				t.Error("the case names no command")
			}
		})
	}
}

// TestGridOnDataWithoutValidation: only the data tell that there is nothing to
// choose by, and they do so before anything is trained.
func TestGridOnDataWithoutValidation(t *testing.T) {
	t.Parallel()
	file := study(t, `
study "unsplit" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "full" "full" {}
dataset "jsonl" "fixes" { path = "fixes.jsonl" }
train {
  dataset = dataset.jsonl.fixes
  grid {
    learning_rate = [1e-3, 1e-4]
    epochs        = [1]
  }
}
`)
	line := `{"id":"a","before":"","buggy":"int f() { return 1; }\n","after":"","fixed":"int f() { return 2; }\n"}` + "\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "fixes.jsonl"), []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	r := harness(t, "run", file, "--quiet").want(t, 1).says(t, "FAILED examples micro", "no validation examples", "validation = 0.05", "a step failed, as said above")
	if n := strings.Count(r.stderr, "no validation examples"); n != 1 {
		t.Errorf("the cause is said %d times:\n%s", n, r.stderr)
	}
	if strings.Contains(r.stderr, "FAILED train") {
		t.Errorf("training began:\n%s", r.stderr)
	}
}

// brokenPlugins is a folder of plugins whose answers cannot be used.
func brokenPlugins(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "harness-adapter-misfit")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/broken").CombinedOutput(); err != nil {
		t.Fatalf("build testdata/broken: %v\n%s", err, out)
	}
	for _, name := range []string{"harness-adapter-unsaved", "harness-engine-slow"} {
		if err := os.Link(program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// writeFixes writes samples of which only the last is malformed: behind the lines
// that are looked at before any work.
func writeFixes(t *testing.T, file string) {
	t.Helper()
	line := `{"src":"int f() {\n  return 1;\n}","tgt":"int f() {\n  return 2;\n}"}` + "\n"
	if err := os.WriteFile(file, []byte(strings.Repeat(line, 200)+"{\"src\":3}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// unwrapped joins the lines of each paragraph but of those that quote a study:
// where they were wrapped depends on the length of paths.
func unwrapped(text string) string {
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if !strings.HasPrefix(p, "  on ") {
			paragraphs[i] = strings.Join(strings.Fields(p), " ")
		}
	}
	return strings.Join(paragraphs, "\n\n") + "\n"
}

func compareText(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; -update rewrites it):\n%s", golden, diff)
	}
}

// A checkpoint that no family reads is said to be so once, not by every plugin.
func TestCheckpointOfNoFamily(t *testing.T) {
	write := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	adapter := write("adapter_config.json", `{"peft_type":"LORA"}`)
	for name, c := range map[string]struct{ config, want string }{
		"of another family":            {`{"model_type":"gpt2"}`, `its model_type is "gpt2", which no installed model plugin reads; they read bloom, codegen, gpt_bigcode, llama, starcoder2, t5`},
		"of no family":                 {`{"hidden_size":64}`, `its config.json names no model_type, which no installed model plugin reads`},
		"of a family, but not like it": {`{"model_type":"llama","num_attention_heads":7}`, `its model_type is "llama", which the model plugins codellama, deepseekcoder, llama read, but not this one:`},
	} {
		t.Run(name, func(t *testing.T) {
			checkpoint := write("config.json", c.config)
			if err := safetensors.Write(filepath.Join(checkpoint, "model.safetensors"), nil, nil); err != nil {
				t.Fatal(err)
			}
			r := harness(t, "adapters", "merge", "--checkpoint", checkpoint, "--adapter", adapter, "--to", filepath.Join(t.TempDir(), "merged")).want(t, 1).says(t, checkpoint, c.want)
			for _, other := range []string{"bloom:", "codegen:", "codet5:", "starcoder:"} {
				if strings.Contains(r.stderr, other) {
					t.Errorf("the plugin of another family is quoted, %s\n%s", other, r.stderr)
				}
			}
			if n := strings.Count(r.stderr, "config.json: "); n > 1 {
				t.Errorf("one complaint is told %d times:\n%s", n, r.stderr)
			}
		})
	}
}

func TestCommandLineMistakes(t *testing.T) {
	for name, args := range map[string][]string{
		"no such command":       {"frobnicate"},
		"no such flag":          {"run", "--fast", "x.hcl"},
		"no study":              {"run"},
		"no such study":         {"run", filepath.Join(t.TempDir(), "none.hcl")},
		"no such format":        {"report", "x.hcl", "--format", "pdf"},
		"a variable without =":  {"validate", "x.hcl", "--var", "x"},
		"plugins without verb":  {"plugins", "lsit"},
		"export without folder": {"export", "x.hcl"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := harness(t, args...).want(t, 2); r.stderr == "" {
				t.Error("nothing was said")
			}
		})
	}
}

func TestMissingReplayFolder(t *testing.T) {
	file := study(t, `
study "replay" {}
model "replay" "m" {
  folder = "recordings-that-are-not-there"
  files  = { lora = "*.jsonl.gz" }
}
adapter "recorded" "lora" {}
benchmark "microbugs" "microbugs" {}
sandbox "bubblewrap" {}
`)
	harness(t, "run", file).want(t, 2).says(t, "recordings-that-are-not-there", "study.hcl line 4")
}

// Checkpoints that do not fit are found by their headers and configurations,
// before any work.
func TestCheckpointsThatDoNotFit(t *testing.T) {
	t.Parallel()
	rewrite := func(t *testing.T, dir string, change func(safetensors.Set)) {
		t.Helper()
		path := filepath.Join(dir, "model.safetensors")
		file, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		set, err := safetensors.ReadAll(file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		change(set)
		if err := safetensors.WriteSource(path, set, nil); err != nil {
			t.Fatal(err)
		}
	}
	configure := func(t *testing.T, dir, name string, change map[string]any) {
		t.Helper()
		path := filepath.Join(dir, name)
		fields := map[string]any{}
		if text, err := os.ReadFile(path); err == nil {
			if err := json.Unmarshal(text, &fields); err != nil {
				t.Fatal(err)
			}
		}
		maps.Copy(fields, change)
		text, err := json.Marshal(fields)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   []string
	}{
		"truncated": {func(t *testing.T, dir string) {
			weights := filepath.Join(dir, "model.safetensors")
			info, err := os.Stat(weights)
			if err == nil {
				err = os.Truncate(weights, info.Size()/2)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, []string{"model.safetensors"}},
		"a tensor that nothing reads": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(set safetensors.Set) {
				set["transformer.h.99.ln_1.weight"] = safetensors.FromFloat32("transformer.h.99.ln_1.weight", []int{96}, make([]float32, 96))
			})
		}, []string{"transformer.h.99.ln_1.weight", "reads"}},
		"a tensor missing": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(set safetensors.Set) { delete(set, "lm_head.bias") })
		}, []string{`"lm_head.bias"`}},
		"of another family": {func(t *testing.T, dir string) {
			configure(t, dir, "config.json", map[string]any{"model_type": "gptj"})
		}, []string{"gptj", "codegen"}},
		"a setting of another network": {func(t *testing.T, dir string) {
			configure(t, dir, "config.json", map[string]any{"scale_attn_weights": false})
		}, []string{"scale_attn_weights"}},
		"generation that is not done": {func(t *testing.T, dir string) {
			configure(t, dir, "generation_config.json", map[string]any{"repetition_penalty": 1.2})
		}, []string{"generation_config.json", "repetition_penalty"}},
		"an adapter beside it": {func(t *testing.T, dir string) {
			configure(t, dir, "adapter_config.json", map[string]any{"peft_type": "LORA"})
		}, []string{"adapter_config.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			checkpoint := filepath.Join(t.TempDir(), "checkpoint")
			if err := os.CopyFS(checkpoint, os.DirFS(filepath.Join(repo, "studies/models/codegen-micro"))); err != nil {
				t.Fatal(err)
			}
			c.damage(t, checkpoint)
			file := study(t, strings.ReplaceAll(small, "CHECKPOINT", checkpoint))
			for _, verb := range []string{"plan", "run"} {
				harness(t, verb, file).want(t, 2).says(t, append(c.want, "study.hcl line 3")...)
			}
		})
	}
}

func TestTextFileAsPlugin(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "harness-model-broken")
	if err := os.WriteFile(broken, []byte("this is no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	env := []string{"HARNESS_PLUGINS=" + dir}
	r := harnessWith(t, env, "plugins", "list", "--format", "json").want(t, 1).says(t, "broken", broken)
	var list []struct{ Name, Kind, Version, Checksum, Path, Error string }
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
		t.Fatalf("plugins list: %v\n%s", err, r.stdout)
	}
	fine := 0
	for _, p := range list {
		switch {
		case p.Name == "broken" && p.Error == "":
			t.Error("the broken plugin is listed without an error")
		case p.Name != "broken" && (p.Error != "" || p.Version == "" || len(p.Checksum) != 64):
			t.Errorf("plugin %+v", p)
		case p.Name != "broken":
			fine++
		}
	}
	if fine < len(needs.Sources(t))-1 {
		t.Errorf("%d plugins are fine, want %d", fine, len(needs.Sources(t))-1)
	}
	file := study(t, strings.Replace(small, `model "codegen"`, `model "broken"`, 1))
	told := harnessWith(t, env, "validate", file).want(t, 2).says(t, "study.hcl line 3")
	if n := strings.Count(told.stderr, `model plugin "broken"`); n != 1 {
		t.Errorf("the plugin is named %d times:\n%s", n, told.stderr)
	}
}
