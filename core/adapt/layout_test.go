package adapt_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/adapt"
	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// network has two layers of one weight.
func network(t testing.TB) *pb.Graph {
	t.Helper()
	b := ir.NewBuilder("n")
	table := b.Parameter("wte", []int64{9, 2}, ir.From("wte.weight"))
	w := b.Parameter("h.{i}.q.weight", []int64{2, 2}, ir.Templated(2), ir.From("h.{i}.q.weight"))
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

const config = `{"peft_type":"LORA","r":1,"target_modules":["q"],"bias":"none"}`

// attached is a low-rank product, as a plugin answers.
func attached() *pb.AttachResponse {
	b := ir.NewRewrite()
	down := b.Parameter("h.{i}.q.A", []int64{1, 2}, ir.Templated(2), ir.Constant(1))
	up := b.Parameter("h.{i}.q.B", []int64{2, 1}, ir.Templated(2), ir.Constant(0))
	b.Replace("h.{i}.q", func(n *ir.Nodes, original ir.Value) ir.Value {
		return n.Add("h.{i}.q.sum", original, n.Linear("h.{i}.q.b", n.Linear("h.{i}.q.a", "h", down), up))
	})
	return &pb.AttachResponse{Rewrite: b.Rewrite(), Peft: &pb.PeftFormat{AdapterConfig: []byte(config), Tensors: map[string]string{
		"h.{i}.q.A": "base_model.model.h.{i}.q.lora_A.weight",
		"h.{i}.q.B": "base_model.model.h.{i}.q.lora_B.weight",
	}}}
}

// joined keeps two parameters a layer in one tensor, as prefix tuning does.
func joined() *pb.AttachResponse {
	a := attached()
	a.Peft = &pb.PeftFormat{AdapterConfig: []byte(`{"peft_type":"PREFIX_TUNING"}`), Joined: []*pb.PeftJoin{
		{Tensor: "prompt_embeddings", Parameters: []string{"h.{i}.q.key", "h.{i}.q.value"}, Axis: 1},
	}}
	b := ir.NewRewrite()
	b.Parameter("h.{i}.q.key", []int64{1, 2}, ir.Templated(2), ir.Constant(1))
	b.Parameter("h.{i}.q.value", []int64{1, 2}, ir.Templated(2), ir.Constant(1))
	a.Rewrite = b.Rewrite()
	return a
}

// shared scales a matrix that both layers share and that never trains.
func shared(start ir.ParameterOption) *pb.AttachResponse {
	b := ir.NewRewrite()
	matrix := b.Frozen("shared", []int64{2, 2}, start)
	scale := b.Parameter("h.{i}.q.scale", []int64{2, 1}, ir.Templated(2), ir.Constant(0))
	b.Replace("h.{i}.q", func(n *ir.Nodes, original ir.Value) ir.Value {
		scaled := n.Multiply("h.{i}.q.scaled", n.Linear("h.{i}.q.product", "h", matrix), n.Reshape("h.{i}.q.vector", scale, 2))
		return n.Add("h.{i}.q.sum", original, scaled)
	})
	return &pb.AttachResponse{Rewrite: b.Rewrite(), Peft: &pb.PeftFormat{AdapterConfig: []byte(`{"peft_type":"VERA"}`), Tensors: map[string]string{
		"shared": "base_model.shared", "h.{i}.q.scale": "base_model.model.h.{i}.q.scale",
	}}}
}

// unsaved is an adapter whose frozen matrix has no place in PEFT's format.
func unsaved(a *pb.AttachResponse) *pb.AttachResponse {
	delete(a.Peft.Tensors, "shared")
	return a
}

func set(t testing.TB, tensors ...safetensors.Tensor) safetensors.Set {
	t.Helper()
	s, err := safetensors.NewSet(tensors...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tensor(name string, rows, columns int, first float32) safetensors.Tensor {
	values := make([]float32, rows*columns)
	for i := range values {
		values[i] = first + float32(i)
	}
	return safetensors.FromFloat32(name, []int{rows, columns}, values)
}

func TestSavedAndLoaded(t *testing.T) {
	for name, c := range map[string]struct {
		attached *pb.AttachResponse
		trained  safetensors.Set
		tensors  []string
	}{
		"by tensors": {attached(), set(t, tensor("h.0.q.A", 1, 2, 1), tensor("h.0.q.B", 2, 1, 3), tensor("h.1.q.A", 1, 2, 5), tensor("h.1.q.B", 2, 1, 7)),
			[]string{"base_model.model.h.0.q.lora_A.weight", "base_model.model.h.0.q.lora_B.weight", "base_model.model.h.1.q.lora_A.weight", "base_model.model.h.1.q.lora_B.weight"}},
		"joined": {joined(), set(t, tensor("h.0.q.key", 1, 2, 1), tensor("h.0.q.value", 1, 2, 3), tensor("h.1.q.key", 1, 2, 5), tensor("h.1.q.value", 1, 2, 7)),
			[]string{"prompt_embeddings"}},
		"with a frozen matrix": {shared(ir.Normal(1)), set(t, tensor("shared", 2, 2, 9), tensor("h.0.q.scale", 2, 1, 1), tensor("h.1.q.scale", 2, 1, 3)),
			[]string{"base_model.model.h.0.q.scale", "base_model.model.h.1.q.scale", "base_model.shared"}},
	} {
		t.Run(name, func(t *testing.T) {
			layout, err := adapt.LayoutOf(network(t), c.attached)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "adapter")
			if err := layout.Save(dir, c.trained); err != nil {
				t.Fatal(err)
			}
			file, err := safetensors.Open(filepath.Join(dir, "adapter_model.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if diff := cmp.Diff(c.tensors, file.Names()); diff != "" {
				t.Errorf("tensors (-want +got):\n%s", diff)
			}
			if joined, err := file.Tensor("prompt_embeddings"); err == nil {
				// Layer by layer, keys before values.
				if diff := cmp.Diff(tensor("prompt_embeddings", 1, 8, 1), joined); diff != "" {
					t.Errorf("joined (-want +got):\n%s", diff)
				}
			}
			back, err := layout.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.trained, back); diff != "" {
				t.Errorf("loaded (-want +got):\n%s", diff)
			}
		})
	}
}

// A frozen matrix with the same values for every reader needs no place; what
// the engine says of it is passed over.
func TestConstantsNeedNoPlace(t *testing.T) {
	layout, err := adapt.LayoutOf(network(t), unsaved(shared(ir.Constant(1))))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "adapter")
	trained := set(t, tensor("h.0.q.scale", 2, 1, 1), tensor("h.1.q.scale", 2, 1, 3))
	if err := layout.Save(dir, set(t, tensor("shared", 2, 2, 1), trained["h.0.q.scale"], trained["h.1.q.scale"])); err != nil {
		t.Fatal(err)
	}
	back, err := layout.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(trained, back); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}

func TestFoldersThatDoNotFit(t *testing.T) {
	full := []safetensors.Tensor{tensor("base_model.model.h.0.q.lora_A.weight", 1, 2, 1), tensor("base_model.model.h.0.q.lora_B.weight", 2, 1, 3),
		tensor("base_model.model.h.1.q.lora_A.weight", 1, 2, 5), tensor("base_model.model.h.1.q.lora_B.weight", 2, 1, 7)}
	layout, err := adapt.LayoutOf(network(t), attached())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tensors []safetensors.Tensor
		want    string
	}{
		"a layer missing": {full[:2], `"base_model.model.h.1.q.lora_A.weight" is missing`},
		"a layer too many": {append(full[:4:4], tensor("base_model.model.h.2.q.lora_A.weight", 1, 2, 1), tensor("base_model.model.h.2.q.lora_B.weight", 2, 1, 1)),
			`"base_model.model.h.2.q.lora_A.weight" does not belong`},
		"another width": {append(full[:2:2], tensor("base_model.model.h.1.q.lora_A.weight", 1, 3, 5), full[3]), "has the shape [1 3], but the model needs [1 2]"},
		"whole numbers": {append(full[:3:3], safetensors.Tensor{Info: safetensors.Info{Name: full[3].Name, DType: safetensors.I32, Shape: []int{2, 1}}, Data: make([]byte, 8)}), "I32"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(config), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := safetensors.Write(filepath.Join(dir, "adapter_model.safetensors"), c.tensors, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := layout.Load(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one with the folder and %q", err, c.want)
			}
		})
	}
}

// A plugin's answer is not trusted.
func TestAnswersThatSayNoLayout(t *testing.T) {
	change := func(f func(*pb.AttachResponse)) *pb.AttachResponse {
		a := attached()
		f(a)
		return a
	}
	for want, a := range map[string]*pb.AttachResponse{
		"no such method":   {},
		"h.0.q.B 0 places": change(func(a *pb.AttachResponse) { delete(a.Peft.Tensors, "h.{i}.q.B") }),
		"2 places": change(func(a *pb.AttachResponse) {
			a.Peft.Joined = []*pb.PeftJoin{{Tensor: "x", Parameters: []string{"h.{i}.q.A"}}}
		}),
		"shared 0 places": unsaved(shared(ir.Normal(1))),
		"computes something else": change(func(a *pb.AttachResponse) {
			b := ir.NewRewrite()
			b.Frozen("norms", []int64{9}, ir.NormOf("wte", 1))
			a.Rewrite.Parameters = append(a.Rewrite.Parameters, b.Rewrite().Parameters...)
		}),
		"neither trains":  change(func(a *pb.AttachResponse) { a.Peft.Tensors["wte"] = "x" }),
		"no parameter is": change(func(a *pb.AttachResponse) { a.Peft.Tensors["nothing"] = "x" }),
		"all must be as": change(func(a *pb.AttachResponse) {
			a.Peft.Joined = []*pb.PeftJoin{{Tensor: "x", Parameters: []string{"wte", "h.{i}.q.A"}}}
		}),
		"no such node":         change(func(a *pb.AttachResponse) { a.Rewrite.Replacements[0].Node = "h.{i}.k" }),
		"matches no parameter": change(func(a *pb.AttachResponse) { a.Rewrite.Train = append(a.Rewrite.Train, "*.C") }),
	} {
		if _, err := adapt.LayoutOf(network(t), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
