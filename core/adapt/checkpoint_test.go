package adapt_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/adapt"
	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// stored is a network whose checkpoint has a weight transposed, a table under
// two names, and a weight under its second name.
func stored(t *testing.T) *pb.Graph {
	t.Helper()
	b := ir.NewBuilder("n")
	table := b.Parameter("wte", []int64{3, 2}, ir.From("wte.weight"))
	w := b.Parameter("h.{i}.w", []int64{2, 2}, ir.Templated(2), ir.From("model.h.{i}.w", "h.{i}.w"), func(p *ir.Parameter) { p.Source.Transpose = true })
	d := b.Decoder()
	x := d.Embedding("embed", ir.Tokens, table)
	x = d.Repeat(2, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value { return n.Linear("h.{i}.q", x, w) })
	d.Output(d.Linear("lm_head", x, table))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// base writes the network's checkpoint, in bfloat16.
func base(t *testing.T) string {
	t.Helper()
	return baseWith(t, `{"model_type": "n", "dtype": "bfloat16", "zeta": 1.50}`)
}

// baseWith writes it with another config.json.
func baseWith(t *testing.T, config string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "base")
	var tensors []safetensors.Tensor
	for name, x := range map[string]safetensors.Tensor{
		"wte.weight": tensor("", 3, 2, 1), "lm_head.weight": tensor("", 3, 2, 1), // tied
		"h.0.w": tensor("", 2, 2, 10), "h.1.w": tensor("", 2, 2, 20), "h.0.mask": tensor("", 2, 2, 10),
	} {
		x.Name = name
		half, err := x.To(safetensors.BF16)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, half)
	}
	mask := safetensors.Tensor{Info: safetensors.Info{Name: "h.1.mask", DType: safetensors.Bool, Shape: []int{2}}, Data: []byte{0, 1}}
	err := snapshot.Write(dir, snapshot.Contents{
		Config: []byte(config), Tensors: set(t, append(tensors, mask)...),
		Files: map[string][]byte{"tokenizer.json": []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func values(t *testing.T, s *snapshot.Snapshot, name string) []float32 {
	t.Helper()
	x, err := s.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := x.Float32()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCheckpointsKeepWhatIsNotChanged(t *testing.T) {
	const dtyped = `{"model_type": "n", "dtype": "bfloat16", "zeta": 1.50}`
	for _, c := range []struct {
		name   string
		base   string // its config.json
		to     safetensors.DType
		want   safetensors.DType
		config string
	}{
		{"number types stay", dtyped, "", safetensors.BF16, dtyped},
		{"other number type", dtyped, safetensors.F32, safetensors.F32, "{\n  \"dtype\": \"float32\",\n  \"model_type\": \"n\",\n  \"zeta\": 1.50\n}\n"},
		{"in old words", `{"torch_dtype": "bfloat16"}`, safetensors.F32, safetensors.F32, "{\n  \"torch_dtype\": \"float32\"\n}\n"},
		{"a number type that was not said", `{"zeta": 1.50}`, "", safetensors.BF16, "{\n  \"dtype\": \"bfloat16\",\n  \"zeta\": 1.50\n}\n"},
		{"another that was not said", `{"zeta": 1.50}`, safetensors.F32, safetensors.F32, "{\n  \"dtype\": \"float32\",\n  \"zeta\": 1.50\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var done, total int64
			dir := filepath.Join(t.TempDir(), "merged")
			err := adapt.Checkpoint{
				Base: baseWith(t, c.base), Graph: stored(t), DType: c.to, Changed: set(t, tensor("h.1.w", 2, 2, 40), tensor("wte", 3, 2, 50)),
				Progress: func(d, n int64) { done, total = d, n },
			}.Write(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if done != total || total == 0 {
				t.Errorf("%d of %d bytes are written", done, total)
			}
			s, err := snapshot.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for name, want := range map[string][]float32{
				"h.0.w": {10, 11, 12, 13}, "h.0.mask": {10, 11, 12, 13},
				"h.1.w":          {40, 42, 41, 43}, // transposed
				"wte.weight":     {50, 51, 52, 53, 54, 55},
				"lm_head.weight": {50, 51, 52, 53, 54, 55}, // the same table
			} {
				got := values(t, s, name)
				for i := range want {
					if got[i] != want[i] {
						t.Errorf("%s is %v, want %v", name, got, want)
						break
					}
				}
				if info, _ := s.Info(name); info.DType != c.want {
					t.Errorf("%s is of the type %s, want %s", name, info.DType, c.want)
				}
			}
			if info, _ := s.Info("h.1.mask"); info.DType != safetensors.Bool {
				t.Errorf("the mask is of the type %s", info.DType)
			}
			if got := string(s.Config()); got != c.config {
				t.Errorf("config.json is %q, want %q", got, c.config)
			}
			if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestChangesThatNoCheckpointHolds(t *testing.T) {
	dir := base(t)
	for name, c := range map[string]struct {
		changed safetensors.Tensor
		to      safetensors.DType
		want    string
	}{
		"an adapter's own parameter": {tensor("h.0.w.lora_A", 1, 2, 0), "", "h.0.w.lora_A"},
		"another shape":              {tensor("h.0.w", 2, 3, 0), "", "shape [2 3], expected [2 2]"},
		"too large a number":         {tensor("h.0.w", 2, 2, 1e6), safetensors.F16, "--dtype"},
		"no float type":              {tensor("h.0.w", 2, 2, 0), safetensors.I32, "I32"},
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "merged")
			err := adapt.Checkpoint{Base: dir, Graph: stored(t), Changed: set(t, c.changed), DType: c.to}.Write(t.Context(), to)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if _, err := os.Stat(to); err == nil {
				t.Error("half a checkpoint was left")
			}
		})
	}
}

func TestCheckpointsThatAreGivenUpLeaveNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	to := filepath.Join(t.TempDir(), "merged")
	err := adapt.Checkpoint{
		Base: base(t), Graph: stored(t), Changed: set(t, tensor("h.0.w", 2, 2, 0)),
		Progress: func(done, total int64) { cancel() },
	}.Write(ctx, to)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(to)); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}
