package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// grid is a study that only trains: three ways, three rates, two epochs. The
// last rate is so high that weight decay alone makes the weights overflow.
const grid = `
study "grid" { seed = 7 }
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "lora" "lora" { rank = 4 }
adapter "ia3" "ia3" {}
adapter "dora" "dora" { rank = 4 }
dataset "micropairs" "fixes" {
  count = 60
  split = { validation = 0.2 }
}
train {
  dataset      = dataset.micropairs.fixes
  batch_size   = 4
  weight_decay = 1
  together     = %s
  grid {
    learning_rate = [1e-3, 3e-3, 300]
    epochs        = [1, 2]
  }
}
table "losses" {
  rows    = ["adapter"]
  values  = ["validation.loss", "learning_rate", "epochs", "diverged"]
}
`

// trainedStep is what a finished training left, and what it was.
type trainedStep struct {
	dir    string
	Result struct {
		Epoch          int     `json:"epoch"`
		LearningRate   float64 `json:"learning_rate"`
		TrainLoss      float64 `json:"train_loss"`
		ValidationLoss float64 `json:"validation_loss"`
		Diverged       string  `json:"diverged"`
		Tokens         int64   `json:"tokens"`
		Together       int     `json:"together"`
		Seconds        float64 `json:"seconds"`
	}
	Step struct {
		Work struct {
			Network struct {
				Adapter struct{ Name string }
			}
		} `json:"work"`
	}
}

// trainings are those of a store, by adapter, rate and epoch.
func trainings(t *testing.T, store string) map[string]trainedStep {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(store, "steps/train-*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]trainedStep{}
	for _, dir := range dirs {
		s := trainedStep{dir: dir}
		for name, into := range map[string]any{"train.json": &s.Result, "step.json": &s.Step} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = json.Unmarshal(text, into)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		all[fmt.Sprintf("%s %g %d", s.Step.Work.Network.Adapter.Name, s.Result.LearningRate, s.Result.Epoch)] = s
	}
	return all
}

// TestRatesThatTrainTogether: a grid whose rates run side by side comes to the
// results of one that trains them one after the other, and where a result is
// missing it is made again with the same bits, beside vacant places.
func TestRatesThatTrainTogether(t *testing.T) {
	file, store := study(t, fmt.Sprintf(grid, "3")), filepath.Join(t.TempDir(), "together")
	var p struct {
		Together []struct {
			Adapter, Why string
			Width        int
		}
	}
	if err := json.Unmarshal([]byte(harness(t, "plan", file, "--store", store, "--format", "json").want(t, 0).stdout), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Together) != 3 || p.Together[0].Width != 3 || p.Together[1].Width != 3 || p.Together[2].Width != 1 || !strings.Contains(p.Together[2].Why, "dora") {
		t.Errorf("the plan says %+v", p.Together)
	}
	terminal := harness(t, "plan", file, "--store", store).want(t, 0).stdout
	for _, text := range []string{"micro/lora: up to 3 learning rates are trained together", "micro/dora: learning rates are trained one after the other: node"} {
		if !strings.Contains(terminal, text) {
			t.Errorf("the plan lacks %q:\n%s", text, terminal)
		}
	}

	ran := harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
	apart := filepath.Join(t.TempDir(), "apart")
	alone := harness(t, "run", study(t, fmt.Sprintf(grid, `"off"`)), "--store", apart, "--quiet").want(t, 0)
	if a, b := strings.Fields(ran.stdout), strings.Fields(alone.stdout); len(a) != len(b) {
		t.Errorf("tables differ:\n%s\nwant:\n%s", ran.stdout, alone.stdout)
	}
	got, want := trainings(t, store), trainings(t, apart)
	if len(got) != 3*3*2 || len(want) != len(got) {
		t.Fatalf("%d and %d trainings, expected 18", len(got), len(want))
	}
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			t.Errorf("%s was not trained", name)
			continue
		}
		width := 3
		if strings.HasPrefix(name, "dora") {
			width = 0
		}
		if g.Result.Together != width || w.Result.Together != 0 {
			t.Errorf("%s: %d together, want %d", name, g.Result.Together, width)
		}
		if strings.Contains(name, " 300 ") {
			if g.Result.Diverged == "" || g.Result.Diverged != w.Result.Diverged {
				t.Errorf("%s: diverged is %q, apart %q", name, g.Result.Diverged, w.Result.Diverged)
			}
			continue
		}
		for _, d := range []float64{g.Result.TrainLoss - w.Result.TrainLoss, g.Result.ValidationLoss - w.Result.ValidationLoss} {
			if !(math.Abs(d) <= 1e-4) {
				t.Errorf("%s: a loss differs by %v", name, d)
			}
		}
		if g.Result.Tokens != w.Result.Tokens || g.Result.Seconds <= 0 || g.Result.Diverged != "" {
			t.Errorf("%s: %+v, apart %+v", name, g.Result, w.Result)
		}
	}

	// One of the last epochs is lost, and comes back as it was.
	lost := got["lora 0.003 2"]
	names := []string{"trained.safetensors", "optimizer.safetensors", "steps.jsonl", "adapter/adapter_model.safetensors"}
	var before [][]byte
	for _, name := range names {
		before = append(before, read(t, filepath.Join(lost.dir, name)))
	}
	if err := os.RemoveAll(lost.dir); err != nil {
		t.Fatal(err)
	}
	harness(t, "run", file, "--store", store).want(t, 0).says(t, "1 steps run")
	if !slices.EqualFunc(names, before, func(name string, text []byte) bool { return bytes.Equal(read(t, filepath.Join(lost.dir, name)), text) }) {
		t.Error("a training has other bits beside vacant places")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
