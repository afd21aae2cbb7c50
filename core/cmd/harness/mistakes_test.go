package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
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

func TestTruncatedCheckpoint(t *testing.T) {
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.CopyFS(checkpoint, os.DirFS(filepath.Join(repo, "studies/models/codegen-micro"))); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(checkpoint, "model.safetensors")
	info, err := os.Stat(weights)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(weights, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	harness(t, "run", study(t, strings.ReplaceAll(small, "CHECKPOINT", checkpoint))).want(t, 1).says(t, "model.safetensors")
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
