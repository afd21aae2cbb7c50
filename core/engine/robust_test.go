package engine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/engine"
	"harness/core/engine/xlaruntime"
	"harness/core/ir"
	"harness/core/needs"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// small is a random network of the CodeGen family that needs no checkpoint.
func small(t testing.TB) fixture {
	t.Helper()
	f := fixture{shared: setup(t)}
	m, err := f.host.Model(t.Context(), "codegen")
	if err != nil {
		t.Fatal(err)
	}
	f.built, err = m.Build(t.Context(), &harnesspb.BuildRequest{CheckpointConfig: []byte(
		`{"model_type": "codegen", "n_embd": 16, "n_head": 4, "n_layer": 2, "rotary_dim": 4, "vocab_size": 64, "eos_token_id": 1}`)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// checkpoint writes the small network's weights, changed, as a hub folder.
func checkpoint(t testing.TB, f fixture, change func(map[string]safetensors.Tensor)) string {
	t.Helper()
	p, err := ir.Expand(f.built.GetGraph())
	if err != nil {
		t.Fatal(err)
	}
	tensors := map[string]safetensors.Tensor{}
	for _, param := range p.Parameters {
		values, err := ir.Initialize(param, 1)
		if err != nil {
			t.Fatal(err)
		}
		var shape []int
		for _, d := range param.Shape {
			shape = append(shape, int(d))
		}
		tensors[param.Name] = safetensors.FromFloat32(param.Name, shape, values)
	}
	change(tensors)
	dir := t.TempDir()
	var list []safetensors.Tensor
	for _, tensor := range tensors {
		list = append(list, tensor)
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), list, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTiedTensorsMustAgree(t *testing.T) {
	f := fixture{shared: setup(t)}
	m, err := f.host.Model(t.Context(), "bloom")
	if err != nil {
		t.Fatal(err)
	}
	f.built, err = m.Build(t.Context(), &harnesspb.BuildRequest{CheckpointConfig: []byte(
		`{"model_type": "bloom", "hidden_size": 16, "n_head": 4, "n_layer": 1, "vocab_size": 64}`)})
	if err != nil {
		t.Fatal(err)
	}
	const table, head = "transformer.word_embeddings.weight", "lm_head.weight"
	for _, c := range []struct {
		name   string
		change func(map[string]safetensors.Tensor)
		want   []string
	}{
		{"the same", func(m map[string]safetensors.Tensor) {
			x := m[table]
			x.Name = head
			m[head] = x
		}, nil},
		{"only the head", func(m map[string]safetensors.Tensor) {
			x := m[table]
			x.Name = head
			m[head] = x
			delete(m, table)
		}, nil},
		{"different", func(m map[string]safetensors.Tensor) {
			m[head] = safetensors.FromFloat32(head, []int{64, 16}, make([]float32, 64*16))
		}, []string{table, head, "differ"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: checkpoint(t, f, c.change)}
			if c.want != nil {
				refused(t, f, m, c.want...)
				return
			}
			if _, err := f.engine.Forward(t.Context(), &harnesspb.ForwardRequest{Model: m, Sequences: []*harnesspb.TokenPrompt{{Ids: []int32{1}}}}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadWeightsAreErrorsThatNameTheTensor(t *testing.T) {
	f := small(t)
	const name = "transformer.h.1.attn.out_proj.weight"
	for _, c := range []struct {
		name   string
		change func(map[string]safetensors.Tensor)
		want   []string
	}{
		{"missing", func(m map[string]safetensors.Tensor) { delete(m, name) }, []string{name, "no tensor"}},
		{"another shape", func(m map[string]safetensors.Tensor) {
			m[name] = safetensors.FromFloat32(name, []int{8, 32}, make([]float32, 256))
		}, []string{name, "[8 32]", "[16 16]"}},
		{"NaN", func(m map[string]safetensors.Tensor) {
			values := make([]float32, 256)
			values[17] = float32(math.NaN())
			m[name] = safetensors.FromFloat32(name, []int{16, 16}, values)
		}, []string{name, "NaN", "17"}},
		{"integers", func(m map[string]safetensors.Tensor) {
			x := m[name]
			x.DType = safetensors.I32
			m[name] = x
		}, []string{name, "I32"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: checkpoint(t, f, c.change)}
			refused(t, f, m, c.want...)
		})
	}
	t.Run("cut short", func(t *testing.T) {
		dir := checkpoint(t, f, func(map[string]safetensors.Tensor) {})
		path := filepath.Join(dir, "model.safetensors")
		if err := os.Truncate(path, 3000); err != nil {
			t.Fatal(err)
		}
		refused(t, f, &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: dir}, path)
	})
	t.Run("no folder", func(t *testing.T) {
		refused(t, f, &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: "/nowhere/at/all"}, "/nowhere")
	})
	t.Run("trained weights of another network", func(t *testing.T) {
		m := &harnesspb.ModelState{Graph: f.built.GetGraph(), Trained: filepath.Join(t.TempDir(), "trained.safetensors")}
		if err := safetensors.Write(m.Trained, []safetensors.Tensor{safetensors.FromFloat32("x.weight", []int{1}, []float32{1})}, nil); err != nil {
			t.Fatal(err)
		}
		refused(t, f, m, `"x.weight"`)
	})
	t.Run("afterwards a good one works", func(t *testing.T) {
		m := &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: checkpoint(t, f, func(map[string]safetensors.Tensor) {})}
		f.forward(t, m, input{IDs: []int32{1, 2, 3}})
	})
}

// refused demands an error of Forward with all the parts.
func refused(t *testing.T, f fixture, m *harnesspb.ModelState, want ...string) {
	t.Helper()
	_, err := f.engine.Forward(t.Context(), &harnesspb.ForwardRequest{Model: m, Sequences: []*harnesspb.TokenPrompt{{Ids: []int32{1, 2, 3}}}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestBadRequestsAreErrors(t *testing.T) {
	f := small(t)
	model := &harnesspb.ModelState{Graph: f.built.GetGraph()}
	full := proto.Clone(model).(*harnesspb.ModelState)
	full.Rewrite = &ir.Rewrite{Train: []string{"*"}}
	good := func() *harnesspb.TrainStart {
		return &harnesspb.TrainStart{
			Model: full, StateOut: t.TempDir(), LearningRate: 1e-3,
			Recipe: &harnesspb.Recipe{BatchSize: 2, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
		}
	}
	example := []*harnesspb.TokenExample{{Ids: []int32{1, 2, 3}, PromptLength: 1}}
	train := func(change func(*harnesspb.TrainStart), examples []*harnesspb.TokenExample) error {
		start := good()
		change(start)
		return f.engine.Train(t.Context(), start, examples, nil, func(*harnesspb.TrainEvent) error { return nil })
	}
	decode := func(d *harnesspb.Decoding, ids ...int32) error {
		return f.engine.Decode(t.Context(), &harnesspb.DecodeRequest{Model: model, Decoding: d, Prompts: []*harnesspb.TokenPrompt{{Id: "p", Ids: ids}}},
			func(*harnesspb.DecodeResponse) error { return nil })
	}
	greedy := &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: 4}
	keep := func(*harnesspb.TrainStart) {}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"token beyond the vocabulary", decode(greedy, 1, 64), "outside the vocabulary of 64"},
		{"negative token", decode(greedy, -1), "token 0 is -1"},
		{"empty prompt", decode(greedy), `prompt "p" is empty`},
		{"unknown method", decode(&harnesspb.Decoding{Decode: "guess", MaxNewTokens: 4}, 1), `"guess"`},
		{"no new tokens", decode(&harnesspb.Decoding{Decode: "greedy"}, 1), "0 new tokens"},
		{"more candidates than beams", decode(&harnesspb.Decoding{Decode: "beam", Beams: 2, Candidates: 3, MaxNewTokens: 4}, 1), "3 candidates of 2 beams"},
		{"beams beyond the vocabulary", decode(&harnesspb.Decoding{Decode: "beam", Beams: 40, Candidates: 1, MaxNewTokens: 4}, 1), "vocabulary has 64"},
		{"unknown optimizer", train(func(s *harnesspb.TrainStart) { s.Recipe.Optimizer = "sgd" }, example), `"sgd"`},
		{"unknown schedule", train(func(s *harnesspb.TrainStart) { s.Recipe.Schedule = "step" }, example), `"step"`},
		{"NaN rate", train(func(s *harnesspb.TrainStart) { s.LearningRate = math.NaN() }, example), "learning rate NaN is out of range"},
		{"adafactor without a decay rate", train(func(s *harnesspb.TrainStart) {
			s.Recipe = &harnesspb.Recipe{BatchSize: 2, Schedule: "constant", Optimizer: "adafactor", Epsilon: 1e-30, ClipThreshold: 1}
		}, example), "adafactor's decay rate 0"},
		{"adafactor whose epsilon is zero in f32", train(func(s *harnesspb.TrainStart) {
			s.Recipe = &harnesspb.Recipe{BatchSize: 2, Schedule: "constant", Optimizer: "adafactor", Epsilon: 1e-50, DecayRate: -0.8, ClipThreshold: 1}
		}, example), "adafactor's epsilon 1e-50"},
		{"cosine without an end", train(func(s *harnesspb.TrainStart) { s.Recipe.Schedule = "cosine" }, example), "cosine over 0 steps"},
		{"no examples", train(keep, nil), "no training examples"},
		{"no label", train(keep, []*harnesspb.TokenExample{{Ids: []int32{1, 2}, PromptLength: 2}}), "leaves no label"},
		{"later epoch without a state", train(func(s *harnesspb.TrainStart) { s.Epoch = 1 }, example), "epoch 1"},
		{"state that is not there", train(func(s *harnesspb.TrainStart) { s.Epoch, s.StateIn = 1, t.TempDir() }, example), "optimizer state"},
		{"nothing trains", train(func(s *harnesspb.TrainStart) { s.Model = model }, example), "trains no parameter"},
		{"no folder for the result", train(func(s *harnesspb.TrainStart) { s.StateOut = filepath.Join(t.TempDir(), "a", "b") }, example), "a/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", c.err, c.want)
			}
		})
	}
}

func TestCancellationEndsBetweenSteps(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), Rewrite: &ir.Rewrite{Train: []string{"*"}}}
	var examples []*harnesspb.TokenExample
	for range 100 {
		examples = append(examples, &harnesspb.TokenExample{Ids: []int32{1, 2, 3, 4}, PromptLength: 1})
	}
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	err := f.engine.Train(ctx, &harnesspb.TrainStart{
		Model: m, StateOut: t.TempDir(), LearningRate: 1e-3,
		Recipe: &harnesspb.Recipe{BatchSize: 1, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
	}, examples, nil, func(*harnesspb.TrainEvent) error {
		if steps++; steps == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || steps != 3 {
		t.Errorf("error %v after %d steps, want cancellation after 3", err, steps)
	}
}

// A prompt's result must not depend on its company, to the last bit.
func TestUnknownBackendIsAnError(t *testing.T) {
	for _, c := range []struct{ backend, want string }{
		{"tpu9", `unknown backend "tpu9"`},
		{"xla:/nowhere/plugin.so", "/nowhere/plugin.so"},
		{"xla:" + text(t, "no library"), "not a complete shared library"},
	} {
		e := engine.New(engine.Options{Backend: c.backend})
		_, err := e.Device(t.Context(), &harnesspb.DeviceRequest{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("backend %s: error %v, want one with %q", c.backend, err, c.want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Run("cut short", func(t *testing.T) {
		runtime, _, err := xlaruntime.Find()
		if err != nil {
			needs.Part(t, "the XLA runtime ("+err.Error()+")", "make xla")
		}
		whole, err := os.ReadFile(runtime)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "plugin.so")
		if err := os.WriteFile(path, whole[:len(whole)/2], 0o755); err != nil {
			t.Fatal(err)
		}
		_, err = engine.New(engine.Options{Backend: "xla:" + path}).Device(t.Context(), &harnesspb.DeviceRequest{})
		if err == nil || !strings.Contains(err.Error(), "not a complete shared library") {
			t.Errorf("error %v, want one that says so", err)
		}
	})
}

// text writes a file and gives its path.
func text(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
