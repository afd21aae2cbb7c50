package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/engine/xlaruntime"
	"harness/core/needs"
)

// planned is what the tests read of `harness plan --format json`.
type planned struct {
	Device struct {
		Backend string `json:"backend"`
	} `json:"device"`
	Basis string `json:"basis"`
	Steps []struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
	} `json:"steps"`
	Totals struct {
		Epochs map[string]int `json:"epochs"`
	} `json:"totals"`
	Estimates []struct {
		Model      string `json:"model"`
		Adapter    string `json:"adapter"`
		Problem    string `json:"problem"`
		Parameters int64  `json:"parameters"`
		Trainable  int64  `json:"trainable"`
		Train      *struct {
			StepFLOPs float64          `json:"step_flops"`
			Seconds   float64          `json:"seconds"`
			Memory    map[string]int64 `json:"memory_bytes"`
			Disk      int64            `json:"disk_bytes"`
		} `json:"train"`
		Decode *struct {
			Measured   bool             `json:"measured"`
			Prompt     int64            `json:"prompt"`
			Bugs       int              `json:"bugs"`
			Seconds    float64          `json:"seconds"`
			TokenFLOPs float64          `json:"token_flops"`
			Memory     map[string]int64 `json:"memory_bytes"`
		} `json:"decode"`
	} `json:"estimates"`
}

func planOf(t *testing.T, file string, args ...string) planned {
	t.Helper()
	var p planned
	all := append([]string{"plan", file, "--format", "json", "--store", t.TempDir()}, args...)
	if err := json.Unmarshal([]byte(harness(t, all...).want(t, 0).stdout), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// keys are the steps' IDs by kind.
func (p planned) keys() map[string][]string {
	keys := map[string][]string{}
	for _, s := range p.Steps {
		keys[s.Kind] = append(keys[s.Kind], s.ID)
	}
	return keys
}

// variant is the study `small` with more settings in its train and generate
// blocks.
func variant(t *testing.T, train, generate string) planned {
	t.Helper()
	text := strings.Replace(small, "  batch_size = 8\n", "  batch_size = 8\n"+train+"\n", 1)
	text = strings.Replace(text, "  max_new_tokens = 48\n", "  max_new_tokens = 48\n"+generate+"\n", 1)
	return planOf(t, study(t, text))
}

// TestKeysFollowMeaning: a default that is spelled out changes no key, nor does
// a setting that decides nothing; whatever may change a result changes those of
// the steps that make it.
func TestKeysFollowMeaning(t *testing.T) {
	t.Parallel()
	base := variant(t, "", "").keys()
	same := variant(t, `
		optimizer = "adamw"
		betas = [0.9, 0.999]
		epsilon = 1e-8
		weight_decay = 0
		decay = "all" # of nothing
		schedule = "constant"
		warmup_steps = 0
		clip = 1.0
		max_length = 768
		packing = false
		padding = "right"
		precision = "f32"
		gradient_checkpointing = "auto"`, `
		length_penalty = 1
		early_stopping = false
		stop_strings = true
		precision = "f32"`).keys()
	if diff := cmp.Diff(base, same); diff != "" {
		t.Errorf("defaults spelled out change keys:\n%s", diff)
	}
	for _, change := range []struct{ train, generate string }{
		{train: `optimizer = "adafactor"`},
		{train: `schedule = "cosine"`},
		{train: `warmup_share = 0.1`},
		{train: `weight_decay = 0.1`},
		{train: "weight_decay = 0.1\ndecay = \"all\""},
		{train: `clip = 0`},
		{train: `max_prompt_length = 100`},
		{train: `micro_batch = 2`},
		{train: `packing = true`},
		{train: `padding = "left-counted"`},
		{train: `precision = "bf16"`},
		{train: `gradient_checkpointing = "off"`},
		{generate: `early_stopping = "never"`},
		{generate: `length_penalty = 0.5`},
		{generate: `max_prompt_length = 100`},
		{generate: `stop_strings = false`},
		{generate: `precision = "bf16"`},
	} {
		keys := variant(t, change.train, change.generate).keys()
		changed := func(kind string) bool {
			return !slices.ContainsFunc(keys[kind], func(key string) bool { return slices.Contains(base[kind], key) })
		}
		if trains := changed("train"); trains != (change.train != "") {
			t.Errorf("%s%s: training's keys change: %v", change.train, change.generate, trains)
		}
		if change.generate != "" && !changed("generate") {
			t.Errorf("%s: generation's keys stay", change.generate)
		}
	}
}

func TestPlanSaysWhatASchedulesCosts(t *testing.T) {
	t.Parallel()
	// One adapter, two rates, one and two epochs.
	for setting, want := range map[string]map[string]int{
		`schedule = "constant"`: {"trained": 4, "alone": 6, "constant": 4},
		`schedule = "linear"`:   {"trained": 6, "alone": 6, "constant": 4},
	} {
		if diff := cmp.Diff(want, variant(t, setting, "").Totals.Epochs); diff != "" {
			t.Errorf("%s: epochs (-want +got):\n%s", setting, diff)
		}
	}
}

func TestPlanEstimates(t *testing.T) {
	t.Parallel()
	p := variant(t, "", "")
	if len(p.Estimates) != 2 {
		t.Fatalf("%d estimates, expected those of base and lora", len(p.Estimates))
	}
	base, lora := p.Estimates[0], p.Estimates[1]
	if base.Problem+lora.Problem != "" || base.Train != nil || base.Trainable != 0 || base.Decode == nil || lora.Train == nil {
		t.Fatalf("estimates %+v and %+v", base, lora)
	}
	// LoRA of rank 4 on four layers' qkv_proj, 96 to 288.
	if want := int64(4 * 4 * (96 + 288)); lora.Trainable != want || lora.Parameters-base.Parameters != want {
		t.Errorf("%d parameters train, and there are %d more; expected %d", lora.Trainable, lora.Parameters-base.Parameters, want)
	}
	if lora.Train.StepFLOPs <= 0 || lora.Train.Disk <= 0 || lora.Train.Memory["weights"] < 4*base.Parameters {
		t.Errorf("training takes %+v", lora.Train)
	}
	// Decoding multiplies each weight once but for the table of tokens, which
	// it only looks up.
	if least := 2 * float64(base.Parameters) * 0.8; base.Decode.TokenFLOPs < least {
		t.Errorf("a token takes %v FLOPs, expected %v or more", base.Decode.TokenFLOPs, least)
	}
	terminal := harness(t, "plan", study(t, small), "--store", t.TempDir()).want(t, 0).stdout
	for _, text := range []string{"MEMORY TO TRAIN", "4 epochs are trained", "until then of those allowed"} {
		if !strings.Contains(terminal, text) {
			t.Errorf("the plan lacks %q:\n%s", text, terminal)
		}
	}
}

// TestPlanEstimatesWhatWasRead: once data and benchmarks are there, decoding is
// estimated for their prompts, and there are seconds.
func TestPlanEstimatesWhatWasRead(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file, store := study(t, small), filepath.Join(t.TempDir(), "store")
	plan := func() (p planned) {
		t.Helper()
		out := harness(t, "plan", file, "--format", "json", "--store", store).want(t, 0).stdout
		if err := json.Unmarshal([]byte(out), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := plan()
	harness(t, "run", file, "--quiet", "--store", store).want(t, 0)
	after := plan()
	for i := range before.Estimates {
		b, a := before.Estimates[i].Decode, after.Estimates[i].Decode
		if b.Measured || b.Seconds != 0 || !a.Measured || a.Bugs != 4 || a.Seconds <= 0 {
			t.Errorf("before the run decoding takes %+v, after it %+v; expected seconds for 4 bugs after it alone", b, a)
		}
		if a.Prompt >= b.Prompt || a.Memory["caches"] >= b.Memory["caches"] {
			t.Errorf("prompts of %d tokens, and of at most %d before they were known; expected fewer, and smaller caches", a.Prompt, b.Prompt)
		}
	}
	if b, a := before.Estimates[1].Train, after.Estimates[1].Train; b.Seconds != 0 || a.Seconds <= 0 || a.StepFLOPs >= b.StepFLOPs {
		t.Errorf("before the run training takes %+v, after it %+v", b, a)
	}
	if !strings.Contains(after.Basis, "GFLOP/s") {
		t.Errorf("the seconds rest on %q", after.Basis)
	}
	terminal := harness(t, "plan", file, "--store", store).want(t, 0).stdout
	if text := "It is estimated from " + after.Basis[:20]; !strings.Contains(terminal, text) {
		t.Errorf("the plan lacks %q:\n%s", text, terminal)
	}
}

// TestEngineBlock: what an engine computes on decides results, how it was chosen
// does not.
func TestEngineBlock(t *testing.T) {
	t.Parallel()
	plan := func(block string, args ...string) planned { return planOf(t, study(t, small+block), args...) }
	without := plan("")
	for _, c := range []struct {
		block   string
		args    []string
		backend string
	}{
		{`engine "gomlx" {}`, nil, without.Device.Backend},
		{`engine "gomlx" { backend = "go" }`, nil, "go"},
		{`engine "gomlx" { backend = "go" }`, []string{"--engine", "gomlx"}, "go"},
	} {
		p := plan(c.block, c.args...)
		if p.Device.Backend != c.backend {
			t.Errorf("%s %v computes on %s, want %s", c.block, c.args, p.Device.Backend, c.backend)
		}
		if same := slices.Equal(p.keys()["train"], without.keys()["train"]); same != (c.backend == without.Device.Backend) {
			t.Errorf("%s %v: the keys of training are the same: %v", c.block, c.args, same)
		}
	}
}

// TestRecipeOfTheReferenceStudy plans it on the smallest models: 6 families, each
// as it is and trained in 3 ways, 2 prompts.
func TestRecipeOfTheReferenceStudy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var sizes []string
	for _, family := range []string{"bloom", "codegen", "codellama", "codet5", "deepseekcoder", "starcoder"} {
		sizes = append(sizes, family+` = { micro = "`+family+`-micro" }`)
	}
	fixes := filepath.Join(folder, "fixes.jsonl")
	if err := os.WriteFile(fixes, []byte(`{"id": "a", "before": "", "buggy": "a\n", "after": "", "fixed": "b\n"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	models, err := filepath.Abs(filepath.Join(repo, "studies/models"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := filepath.Join(repo, "studies/recipe-2507.19909.hcl")
	vars := []string{
		"--var", "checkpoints=" + models, "--var", "fixes=" + fixes, "--var", "quixbugs=" + folder, "--var", "sizes={" + strings.Join(sizes, ", ") + "}",
	}
	harness(t, append([]string{"validate", recipe}, vars...)...).want(t, 0)
	p := planOf(t, recipe, vars...)
	if len(p.Estimates) != 6*4 {
		t.Errorf("%d networks, expected 6 families as they are and trained in 3 ways", len(p.Estimates))
	}
	for _, e := range p.Estimates {
		if e.Problem != "" {
			t.Errorf("%s/%s: %s", e.Model, e.Adapter, e.Problem)
		}
	}
	// Each of 5 rates and 2 prompts: 1 + … + 10 epochs, where 10 would do. The
	// two Llamas are one network with different prompts.
	want := map[string]int{"trained": 6 * 3 * 2 * 5 * 55, "alone": 6 * 3 * 2 * 5 * 55, "constant": 6 * 3 * 2 * 5 * 10}
	if diff := cmp.Diff(want, p.Totals.Epochs); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
}

// TestShippedStudies: every study in the repository says something that
// makes sense.
func TestShippedStudies(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(repo, "studies/*.hcl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no studies: %v", err)
	}
	needs := map[string][]string{
		"clm.hcl":               {"recordings=x"},
		"peft4apr.hcl":          {"recordings=x"},
		"recipe-2507.19909.hcl": {"checkpoints=x", "fixes=x"},
	}
	for _, file := range files {
		args := []string{"validate", file}
		for _, v := range needs[filepath.Base(file)] {
			args = append(args, "--var", v)
		}
		harness(t, args...).want(t, 0)
	}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		if !slices.ContainsFunc(files, func(file string) bool { return filepath.Base(file) == name }) {
			t.Errorf("there is no study %s", name)
		}
	}
}

// TestPlanEstimatesTheMemoryOfARun compares the estimates with the peak of the
// one process that trains all of a study. On a busy machine a process may take
// another block before the last one is freed: the least of a few runs counts.
// Compiling takes memory, which is estimated, too: no run finds compiled programs.
func TestPlanEstimatesTheMemoryOfARun(t *testing.T) {
	needSandbox(t)
	installed, err := xlaruntime.Dir()
	if err != nil {
		t.Fatal(err)
	}
	file := study(t, fmt.Sprintf(repairs, tuned+"adapter \"full\" \"full\" {}\nadapter \"ia3\" \"ia3\" {}\n"))
	measured, estimated := math.Inf(1), 0.0
	for range 3 {
		cache := t.TempDir()
		if err := os.Mkdir(filepath.Join(cache, "harness"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(installed, filepath.Join(cache, "harness", "xla")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_CACHE_HOME", cache)
		store := filepath.Join(t.TempDir(), "store")
		measured, estimated = min(measured, peakOfARun(t, file, store)), estimateOfARun(t, file, store)
		t.Logf("estimated %.0f MiB, measured %.0f MiB", estimated/(1<<20), measured/(1<<20))
		if estimated >= 0.75*measured {
			break
		}
	}
	if ratio := estimated / measured; ratio < 0.75 || ratio > 1.25 {
		t.Errorf("the estimate is %.2f of what was measured", ratio)
	}
}

// peakOfARun runs the study, and gives the bytes that its three trainings
// report.
func peakOfARun(t *testing.T, file, store string) float64 {
	t.Helper()
	harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
	results, err := filepath.Glob(filepath.Join(store, "steps/train-*/train.json"))
	if err != nil || len(results) != 3 {
		t.Fatalf("results of three methods: %v (%v)", results, err)
	}
	var peak float64
	for _, name := range results {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Peak float64 `json:"peak_memory_bytes"`
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		peak = max(peak, r.Peak)
	}
	if peak == 0 {
		needs.Part(t, "the memory that a process takes", "VmHWM in /proc/self/status, on Linux")
	}
	return peak
}

func estimateOfARun(t *testing.T, file, store string) float64 {
	t.Helper()
	var p planned
	r := harness(t, "plan", file, "--store", store, "--format", "json").want(t, 0)
	if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
		t.Fatal(err)
	}
	var estimated float64
	for _, e := range p.Estimates {
		var sum float64
		for _, part := range e.Train.Memory {
			sum += float64(part)
		}
		estimated = max(estimated, sum)
	}
	return estimated
}
