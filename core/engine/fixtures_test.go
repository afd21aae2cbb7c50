package engine_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harness/core/adapt"
	"harness/core/engine"
	"harness/core/ir"
	"harness/core/needs"
	"harness/core/pluginhost"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// families names the model plugin of each model_type.
var families = map[string]string{
	"bloom":       "bloom",
	"codegen":     "codegen",
	"gpt_bigcode": "starcoder",
	"llama":       "llama",
	"starcoder2":  "starcoder",
	"t5":          "codet5",
}

// shared is what all tests of the package use: the built plugins, and engines,
// whose start is the slowest part.
type shared struct {
	host   *pluginhost.Host
	engine *engine.Engine
}

// engines are as many as tests run side by side: most of a test is compiling, which
// keeps one processor busy.
const engines = 2

// turn counts the tests, which take the engines in turn.
var turn atomic.Int64

// cleanup undoes what start did, if a test needed it.
var cleanup = func() {}

var start = sync.OnceValues(func() ([]shared, error) {
	var names []string
	for _, family := range slices.Compact(slices.Sorted(maps.Values(families))) {
		names = append(names, "harness-model-"+family)
	}
	for _, name := range []string{"none", "lora", "dora", "ia3", "prefix", "vera", "full"} {
		names = append(names, "harness-adapter-"+name)
	}
	dir, remove, err := needs.Programs(names...)
	if err != nil {
		return nil, err
	}
	host := pluginhost.New(pluginhost.Options{Dirs: []string{dir}, StartTimeout: time.Minute})
	var all []shared
	for range engines {
		all = append(all, shared{host, engine.New(engine.Options{Backend: os.Getenv("GOMLX_BACKEND"), Logger: slog.Default()})})
	}
	cleanup = func() {
		for _, s := range all {
			s.engine.Close()
		}
		host.Close()
		remove()
	}
	return all, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	printParity()
	cleanup()
	os.Exit(code)
}

func setup(t testing.TB) shared {
	t.Helper()
	all, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return all[turn.Add(1)%engines]
}

// fixture is one model folder with golden outputs.
type fixture struct {
	shared
	dir   string
	built *harnesspb.BuildResponse
}

// kinds are golden models of all kinds of network: with ALiBi, rotary and learned
// positions, and with an encoder. On them alone is tested what the engine does
// alike with all networks; TestSlow… has the others.
var kinds = []string{"tiny-bloom", "tiny-codellama", "tiny-starcoder", "tiny-codet5"}

func eachKind(t *testing.T, run func(t *testing.T, f fixture)) {
	eachOf(t, func(name string) bool { return slices.Contains(kinds, name) }, run)
}

func eachOther(t *testing.T, run func(t *testing.T, f fixture)) {
	needs.Slow(t)
	eachOf(t, func(name string) bool { return !slices.Contains(kinds, name) }, run)
}

// eachFixture runs a subtest per model folder.
func eachFixture(t *testing.T, run func(t *testing.T, f fixture)) {
	eachOf(t, func(string) bool { return true }, run)
}

func eachOf(t *testing.T, wanted func(name string) bool, run func(t *testing.T, f fixture)) {
	for _, path := range needs.Goldens(t, "config.json") {
		dir := filepath.Dir(path)
		if !wanted(filepath.Base(dir)) {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			text := readFile(t, path)
			var c struct {
				ModelType string `json:"model_type"`
			}
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			family, ok := families[c.ModelType]
			if !ok {
				t.Fatalf("no model plugin for the model_type %q", c.ModelType)
			}
			f := fixture{shared: setup(t), dir: dir}
			m, err := f.host.Model(t.Context(), family)
			if err != nil {
				t.Fatal(err)
			}
			if f.built, err = m.Build(t.Context(), &harnesspb.BuildRequest{CheckpointConfig: text}); err != nil {
				t.Fatal(err)
			}
			withoutDropout(f.built.GetGraph())
			run(t, f)
		})
	}
}

// withoutDropout takes a graph's dropout away: the goldens trained without.
func withoutDropout(g *ir.Graph) {
	plain := func(n *ir.Node) {
		if d := n.GetDropout(); d != nil {
			d.Rate = 0
		}
		if a := n.GetAttention(); a != nil {
			a.Dropout = 0
		}
	}
	for _, s := range []*ir.Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				plain(n)
			}
			for _, n := range item.GetRepeat().GetNodes() {
				plain(n)
			}
		}
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// golden reads golden/<name>.json into v and gives golden/<name>.safetensors.
func (f fixture) golden(t testing.TB, name string, v any) safetensors.Set {
	t.Helper()
	if err := json.Unmarshal(readFile(t, filepath.Join(f.dir, "golden", name+".json")), v); err != nil {
		t.Fatal(err)
	}
	return readTensors(t, filepath.Join(f.dir, "golden", name+".safetensors"))
}

func readTensors(t testing.TB, path string) safetensors.Set {
	t.Helper()
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, err := safetensors.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func floats(t testing.TB, set safetensors.Set, name string) []float32 {
	t.Helper()
	tensor, err := set.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	values, err := tensor.Float32()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// model is the fixture without an adapter.
func (f fixture) model() *harnesspb.ModelState {
	return &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: f.dir}
}

// attach asks an adapter plugin for its rewrite.
func (f fixture) attach(t testing.TB, adapter, config string) *harnesspb.AttachResponse {
	t.Helper()
	a, err := f.host.Adapter(t.Context(), adapter)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.AttachTo(t.Context(), f.built, []byte(config), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// adapted is the fixture with one of its PEFT adapters.
func (f fixture) adapted(t testing.TB, kind, which string) (*harnesspb.ModelState, *harnesspb.AttachResponse) {
	t.Helper()
	dir := filepath.Join(f.dir, "adapters", kind, which)
	a, err := f.host.Adapter(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.AttachTo(t.Context(), f.built, nil, readFile(t, filepath.Join(dir, "adapter_config.json")))
	if err != nil {
		t.Fatal(err)
	}
	layout, err := adapt.LayoutOf(f.built.GetGraph(), r)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := layout.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := f.model()
	m.Rewrite = r.GetRewrite()
	m.Trained = filepath.Join(t.TempDir(), "trained.safetensors")
	if err := safetensors.WriteSource(m.Trained, trained, nil); err != nil {
		t.Fatal(err)
	}
	return m, r
}

// input is a sequence for Forward; Decoder beside an encoder only.
type input struct {
	IDs     []int32 `json:"input_ids"`
	Decoder []int32 `json:"decoder_input_ids"`
}

// forward gives the logits of sequences, one slice a sequence.
func (f fixture) forward(t testing.TB, m *harnesspb.ModelState, sequences ...input) [][]float32 {
	t.Helper()
	return f.forwardIn(t, "f32", m, sequences...)
}

// forwardIn is forward in a precision.
func (f fixture) forwardIn(t testing.TB, precision string, m *harnesspb.ModelState, sequences ...input) [][]float32 {
	t.Helper()
	r := &harnesspb.ForwardRequest{Model: m, Precision: precision}
	for _, s := range sequences {
		r.Sequences = append(r.Sequences, &harnesspb.TokenPrompt{Ids: s.IDs, DecoderIds: s.Decoder})
	}
	got, err := f.engine.Forward(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	longest, v := int(got.Shape[1]), int(got.Shape[2])
	out := make([][]float32, len(sequences))
	for i, s := range sequences {
		n := len(s.IDs)
		if s.Decoder != nil {
			n = len(s.Decoder)
		}
		out[i] = got.Logits[i*longest*v:][:n*v]
	}
	return out
}

// closeTo demands max |got - want| ≤ tolerance · max |want|.
func closeTo(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	var difference, largest float64
	for i := range want {
		difference = max(difference, math.Abs(float64(got[i])-float64(want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	record(t, difference/largest)
	t.Logf("%s: relative error %.1e", what, difference/largest)
	if !(difference <= tolerance*largest) {
		t.Errorf("%s: relative error %.2e exceeds %.0e", what, difference/largest, tolerance)
	}
}
