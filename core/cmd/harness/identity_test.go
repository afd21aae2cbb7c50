package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"

	"github.com/google/go-cmp/cmp"
)

// identified is a study in which every kind of step is small. Words in capitals
// are what tests change.
const identified = `
study "identified" { seed = SEED }
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
adapter "lora" "lora" {
  rank  = 2
  alpha = 4
}
dataset "jsonl" "fixes" {
  path  = "FIXES"
  split = { validation = 0.3 }
}
benchmark "microbugs" "microbugs" { bugs = [BUGS] }
MORE
prompt "with" { buggy_lines = true }
train {
  dataset    = dataset.jsonl.fixes
  batch_size = 4
  grid {
    learning_rate = [RATES]
    epochs        = [1]
  }
}
generate {
  beams          = 2
  candidates     = 2
  max_new_tokens = 8
}
sandbox "DRIVER" {}
table "repairs" {
  rows    = ["adapter"]
  columns = ["benchmark"]
  values  = ["fixed@1"]
}
`

// fixes are training pairs, a JSON line each.
func fixes(t *testing.T) []byte {
	t.Helper()
	var lines bytes.Buffer
	for i := range 16 {
		text, err := json.Marshal(map[string]string{
			"before": fmt.Sprintf("  int pick%d(int a, int b) {\n", i), "after": "  }\n",
			"buggy": fmt.Sprintf("    return a - b * %d;\n", i), "fixed": fmt.Sprintf("    return a + b * %d;\n", i),
		})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(text, '\n'))
	}
	return lines.Bytes()
}

// identity is a study that was run to its end, in a store that its variants
// share.
type identity struct {
	t     *testing.T
	dir   string
	words map[string]string
	bin   string
	env   []string
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	needSandbox(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fixes.jsonl"), fixes(t), 0o644); err != nil {
		t.Fatal(err)
	}
	copyDir(t, filepath.Join(repo, "studies/models/codegen-micro"), filepath.Join(dir, "checkpoint"))
	return &identity{t: t, dir: dir, bin: bin, words: map[string]string{
		"SEED": "7", "CHECKPOINT": "checkpoint", "FIXES": "fixes.jsonl", "BUGS": `"Clamp", "Hamming"`, "MORE": "", "RATES": "1e-3", "DRIVER": "bubblewrap",
	}}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// file writes the study.
func (i *identity) file() string {
	i.t.Helper()
	text := identified
	for word, value := range i.words {
		text = strings.ReplaceAll(text, word, value)
	}
	file := filepath.Join(i.dir, "study.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		i.t.Fatal(err)
	}
	return file
}

func (i *identity) harness(args ...string) result {
	i.t.Helper()
	cmd := exec.Command(filepath.Join(i.bin, "harness"), args...)
	cmd.Env = append(os.Environ(), i.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		i.t.Fatalf("harness %v: %v\n%s", args, err, stderr.String())
	}
	return result{stdout.String(), stderr.String(), 0}
}

// run runs the study and counts the steps that ran by their kinds.
func (i *identity) run() map[string]int {
	i.t.Helper()
	ran := map[string]int{}
	for line := range strings.Lines(i.harness("run", i.file()).stderr) {
		if label, ok := strings.CutPrefix(line, "begin  "); ok {
			kind, _, _ := strings.Cut(label, " ")
			if strings.HasPrefix(label, "generate") && strings.Contains(label, "· base ·") {
				kind = "generate base"
			}
			ran[kind]++
		}
	}
	return ran
}

// records counts the lines of a kind of records.
func (i *identity) records(kind string) int {
	i.t.Helper()
	text, err := os.ReadFile(filepath.Join(i.dir, ".harness/records", kind+".jsonl"))
	if err != nil {
		i.t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}

// otherBuild makes programs whose bytes differ and that do the same, but for
// plugins built from a source in which one text is replaced.
func (i *identity) otherBuild(replaced map[string][2]string) {
	i.t.Helper()
	dir := i.t.TempDir()
	for program, source := range needs.Sources(i.t) {
		to := filepath.Join(dir, program)
		if change, ok := replaced[program]; ok {
			i.build(to, source, change)
			continue
		}
		text, err := os.ReadFile(filepath.Join(i.bin, program))
		if err != nil {
			i.t.Fatal(err)
		}
		if err := os.WriteFile(to, append(text, "another build"...), 0o755); err != nil {
			i.t.Fatal(err)
		}
	}
	i.bin = dir
}

func (i *identity) build(to, source string, change [2]string) {
	i.t.Helper()
	main, err := filepath.Abs(filepath.Join(repo, source, "main.go"))
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := os.ReadFile(main)
	if err != nil || !bytes.Contains(text, []byte(change[0])) {
		i.t.Fatalf("%s does not hold %q: %v", main, change[0], err)
	}
	dir := i.t.TempDir()
	changed, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1), 0o644); err != nil {
		i.t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {main: changed}})
	if err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		i.t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-overlay", overlay, "-o", to, source)
	cmd.Dir = repo
	if out, err := cmd.CombinedOutput(); err != nil {
		i.t.Fatalf("build %s: %v\n%s", source, err, out)
	}
}

// versionLine is the line of a plugin's source that declares its version.
func versionLine(t *testing.T, source string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repo, source, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "Version:") {
			return line
		}
	}
	t.Fatalf("%s declares no version", source)
	return ""
}

// TestWhatDecidesAResult changes one thing at a time in a finished study, and
// counts the steps that run again.
func TestWhatDecidesAResult(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	if ran := i.run(); ran["train"] != 1 || ran["generate base"] != 1 || ran["validate"] != 2 {
		t.Fatalf("the first run ran %v", ran)
	}
	first, words, programs := i.dir, maps.Clone(i.words), i.bin
	write := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(i.dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	none := map[string]int{}
	for _, c := range []struct {
		name   string
		change func(t *testing.T)
		want   map[string]int
	}{
		{"the same again", func(*testing.T) {}, none},
		{"all programs rebuilt", func(*testing.T) { i.otherBuild(nil) }, none},
		{"a README in the checkpoint's folder", func(*testing.T) {
			write("checkpoint/README.md", []byte("about"))
			write("checkpoint/.DS_Store", []byte("x"))
		}, none},
		{"a step.json in the checkpoint's folder", func(*testing.T) { write("checkpoint/step.json", []byte("{}")) }, none},
		{"the checkpoint by a symbolic link", func(t *testing.T) {
			if err := os.Symlink("checkpoint", filepath.Join(i.dir, "link")); err != nil {
				t.Fatal(err)
			}
			i.words["CHECKPOINT"] = "link"
		}, none},
		{"the sandbox that auto would take", func(*testing.T) { i.words["DRIVER"] = "auto" }, none},
		{"a data set's file renamed", func(*testing.T) {
			write("other.jsonl", fixes(t))
			i.words["FIXES"] = "other.jsonl"
		}, map[string]int{"dataset": 1}},
		{"a data set's file compressed", func(t *testing.T) {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			if _, err := w.Write(fixes(t)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			write("fixes.jsonl.gz", packed.Bytes())
			i.words["FIXES"] = "fixes.jsonl.gz"
		}, map[string]int{"dataset": 1}},
		{"the judge changed", func(t *testing.T) {
			i.otherBuild(map[string][2]string{"harness-benchmark-microbugs": {versionLine(t, "plugins/benchmarks/microbugs"), `Version: "99.0.0",`}})
		}, map[string]int{"benchmark": 1, "baseline": 1, "validate": 2}},
		{"a benchmark added", func(t *testing.T) {
			i.words["MORE"] = fmt.Sprintf("benchmark \"quixbugs\" \"three\" { source = %q }", portable(t))
		}, map[string]int{"benchmark": 1, "clean": 1, "bugs": 1, "baseline": 1, "generate base": 1, "generate": 1, "validate": 2, "score": 2}},
		{"a bug added", func(*testing.T) { i.words["BUGS"] += `, "Power"` },
			map[string]int{"bugs": 1, "baseline": 1, "generate base": 1, "generate": 1, "validate": 2, "score": 2}},
		{"a learning rate added", func(*testing.T) { i.words["RATES"] = "1e-9, 1e-3" }, map[string]int{"train": 1, "select": 1, "score": 1}},
		{"another seed", func(*testing.T) { i.words["SEED"] = "8" },
			map[string]int{"dataset": 1, "clean": 1, "examples": 1, "train": 1, "select": 1, "generate": 1, "score": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i.t, i.dir, i.words, i.bin = t, first, maps.Clone(words), programs
			decoded := i.records("candidates")
			c.change(t)
			ran := i.run()
			if c.name == "another seed" {
				delete(ran, "validate") // the other weights may write the same patches
			}
			if diff := cmp.Diff(c.want, ran); diff != "" {
				t.Errorf("steps that ran (-want +got):\n%s", diff)
			}
			if c.name == "a bug added" {
				if n := i.records("candidates") - decoded; n != 2 {
					t.Errorf("%d answers were decoded, want one from each of two networks", n)
				}
			}
			if c.name == "all programs rebuilt" {
				plan := i.harness("plan", i.file()).stdout
				if !strings.Contains(plan, "adapter lora: ") || !strings.Contains(plan, "finished by another build of this version") {
					t.Errorf("the plan does not say that another build finished steps:\n%s", plan)
				}
			}
		})
	}
	t.Run("learning rates reordered", func(t *testing.T) {
		i.t, i.words, i.bin = t, maps.Clone(words), programs
		i.words["RATES"] = "1e-3, 1e-9"
		if diff := cmp.Diff(none, i.run()); diff != "" {
			t.Errorf("steps that ran (-want +got):\n%s", diff)
		}
	})
}

// TestAPreReleaseCountsWithItsChecksum: what 0.3.0-dev computes is not known from
// its name.
func TestAPreReleaseCountsWithItsChecksum(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	line := versionLine(t, "plugins/adapters/lora")
	i.otherBuild(map[string][2]string{"harness-adapter-lora": {line, `Version: "9.0.0-dev",`}})
	i.run()
	if ran := i.run(); len(ran) != 0 {
		t.Errorf("the same build ran %v again", ran)
	}
	i.otherBuild(nil)
	if ran := i.run(); ran["train"] != 1 || ran["generate base"] != 0 || ran["examples"] != 0 {
		t.Errorf("after another build of a pre-release ran %v", ran)
	}
}

// TestTheLockFileRefusesOtherBuilds, of plugins to run and of those that made
// results.
func TestTheLockFileRefusesOtherBuilds(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.run()
	i.harness("plugins", "lock", i.file())
	text, err := os.ReadFile(filepath.Join(i.dir, "harness.lock.hcl"))
	if err != nil || !strings.Contains(string(text), `plugin "adapter" "lora"`) {
		t.Fatalf("the lock file is\n%s\n%v", text, err)
	}
	if ran := i.run(); len(ran) != 0 {
		t.Errorf("with the lock file ran %v", ran)
	}
	i.otherBuild(nil)
	cmd := exec.Command(filepath.Join(i.bin, "harness"), "run", i.file())
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "harness.lock.hcl accepts another build") {
		t.Errorf("another build ran: %v\n%s", err, out)
	}
	i.harness("plugins", "lock", i.file())
	cmd = exec.Command(filepath.Join(i.bin, "harness"), "run", i.file())
	out, err = cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "was computed by") {
		t.Errorf("results of another build were taken: %v\n%s", err, out)
	}
}

// TestTheStoreKeepsItsOwnCopy of a checkpoint that the user writes over in place.
func TestTheStoreKeepsItsOwnCopy(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.run()
	kept, err := filepath.Glob(filepath.Join(i.dir, ".harness/steps/snapshot-*/model.safetensors"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the snapshot's weights: %v, %v", kept, err)
	}
	before, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(i.dir, "checkpoint/model.safetensors")
	f, err := os.OpenFile(source, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0, 0, 0, 0}, int64(len(before)-100)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(kept[0])
	if err != nil || !bytes.Equal(before, after) {
		t.Fatalf("the store's copy changed with the user's file: %v", err)
	}
	if ran := i.run(); ran["snapshot"] != 1 || ran["generate base"] != 1 {
		t.Errorf("with other weights ran %v", ran)
	}
}

// TestAReportNeedsNoPluginAndNoData once the study was run.
func TestAReportNeedsNoPluginAndNoData(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.run()
	want := i.harness("report", i.file()).stdout
	for _, gone := range []string{"checkpoint", "fixes.jsonl"} {
		if err := os.RemoveAll(filepath.Join(i.dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	program, err := os.ReadFile(filepath.Join(i.bin, "harness"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "harness"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	i.bin = dir
	if got := i.harness("report", i.file()).stdout; got != want {
		t.Errorf("without plugins and data the report is\n%s\nand was\n%s", got, want)
	}
}

// TestReadingCommandsMakeNoStore.
func TestReadingCommandsMakeNoStore(t *testing.T) {
	file, store := study(t, small), filepath.Join(t.TempDir(), "typo")
	for _, args := range [][]string{{"report", file}, {"compare", file}} {
		harness(t, append(args, "--store", store)...).want(t, 1).says(t, "there is no store at "+store, "harness run")
	}
	harness(t, "export", file, "--to", filepath.Join(t.TempDir(), "out"), "--store", store).want(t, 1).says(t, "not trained yet")
	harness(t, "plan", file, "--store", store).want(t, 0)
	if _, err := os.Stat(store); err == nil {
		t.Error("a command that only reads made a store")
	}
}

// TestAFlippedBitIsNoticed in a result that a later step reads.
func TestAFlippedBitIsNoticed(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.run()
	weights, err := filepath.Glob(filepath.Join(i.dir, ".harness/steps/train-*/trained.safetensors"))
	if err != nil || len(weights) != 1 {
		t.Fatalf("trained weights: %v, %v", weights, err)
	}
	text, err := os.ReadFile(weights[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-10] ^= 1
	if err := os.WriteFile(weights[0], text, 0o644); err != nil {
		t.Fatal(err)
	}
	i.words["BUGS"] += `, "Power"` // to be decoded with these weights
	cmd := exec.Command(filepath.Join(i.bin, "harness"), "run", i.file())
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "trained.safetensors has another content") || !strings.Contains(string(out), "is damaged") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestWhy explains a cell down to digests of files, and a step that would run.
func TestWhy(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.run()
	text := i.harness("why", i.file(), "adapter=lora").stdout
	for _, want := range []string{"score micro · lora · with", "select ", "train ", "clean fixes", "snapshot micro", "model.safetensors", "with adapter lora", "made on", "in boxes of bubblewrap", "on xla:cpu"} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation lacks %q:\n%s", want, text)
		}
	}
	i.words["RATES"] = "2e-3"
	text = i.harness("why", i.file(), "select micro · lora · with").stdout
	for _, want := range []string{"to do", "because its input candidate is to be made first", "no run of this study has got to it"} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation lacks %q:\n%s", want, text)
		}
	}
	i.words["RATES"] = "1e-3"
	if err := os.WriteFile(filepath.Join(i.dir, "fixes.jsonl"), append(fixes(t), fixes(t)[:bytes.IndexByte(fixes(t), '\n')+1]...), 0o644); err == nil {
		text = i.harness("why", i.file(), "dataset fixes").stdout
		if !strings.Contains(text, "because its setting plugin.identity: ") {
			t.Errorf("the explanation does not say that the file changed:\n%s", text)
		}
	}
}

// TestSamplesBeyondThePositions of a network are not trained on, and a note says
// so.
func TestSamplesBeyondThePositions(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	long, err := json.Marshal(map[string]string{
		"before": "  int far() {\n" + strings.Repeat("    count = count + step(count);\n", 200), "after": "  }\n",
		"buggy": "    return 0;\n", "fixed": "    return count;\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(i.dir, "fixes.jsonl"), append(append(fixes(t), long...), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	i.words["RATES"] = "1e-3"
	text := strings.Replace(identified, "  batch_size = 4\n", "  batch_size = 4\n  max_length = 100000\n", 1)
	file := filepath.Join(i.dir, "long.hcl")
	for word, value := range i.words {
		text = strings.ReplaceAll(text, word, value)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	const note = "micro, prompt with: 1 of 17 samples are longer than the model's 512 positions and were not trained on"
	if r := i.harness("run", file); !strings.Contains(r.stdout, note) {
		t.Errorf("the report does not say %q:\n%s", note, r.stdout)
	}
}
