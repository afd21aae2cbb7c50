package main_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	harnessWith(t, env, "validate", file).want(t, 2).says(t, "broken", "study.hcl line 3")
}
