package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/ir"
	"harness/core/sdk/adapter"
)

// network has a plain linear layer and templated ones.
func network(t *testing.T) *ir.Graph {
	t.Helper()
	b := ir.NewBuilder("n")
	table := b.Parameter("wte", []int64{9, 4}, ir.Constant(1))
	// The checkpoint names the module otherwise than the graph.
	w := b.Parameter("h.{i}.q.weight", []int64{6, 4}, ir.Templated(2), ir.From("model.h.{i}.q_proj.weight"))
	o := b.Parameter("h.{i}.o.weight", []int64{6, 4}, ir.Templated(2), ir.From("model.h.{i}.o_proj.weight"))
	head := b.Parameter("head.weight", []int64{9, 4}, ir.From("head.weight"))
	d := b.Decoder()
	x := d.Embedding("embed", ir.Tokens, table)
	x = d.Repeat(2, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		q := n.Linear("h.{i}.q", x, w)
		y := n.LinearInOut("h.{i}.o", q, o)
		return n.Add("h.{i}.out", x, y)
	})
	d.Output(d.Linear("lm_head", x, head))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAttachAddsTwoMatricesPerTarget(t *testing.T) {
	g := network(t)
	r, err := lora{}.Attach(t.Context(), &adapter.AttachRequest{
		Graph: g, Config: []byte(`{"rank": 2, "alpha": 16, "dropout": 0.1, "targets": ["q", "o"], "bias": "none", "rslora": false}`), TaskType: "CAUSAL_LM",
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ir.Count(g, r.GetRewrite())
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(2 * 2 * 2 * (6 + 4)); c.Trainable != want {
		t.Errorf("%d parameters train, want %d", c.Trainable, want)
	}
	after, err := ir.Apply(g, r.GetRewrite())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"h.{i}.q.lora_scaled = scale(h.{i}.q.lora_B, 8)", "dropout(h, rate=0.1)", "h.{i}.q = add(h.{i}.q@base, h.{i}.q.lora_scaled)"} {
		if !strings.Contains(ir.Print(after), want) {
			t.Errorf("the graph has no %q:\n%s", want, ir.Print(after))
		}
	}
	if diff := cmp.Diff(map[string]string{
		"h.{i}.q.lora_A.weight": "base_model.model.model.h.{i}.q_proj.lora_A.weight",
		"h.{i}.q.lora_B.weight": "base_model.model.model.h.{i}.q_proj.lora_B.weight",
		"h.{i}.o.lora_A.weight": "base_model.model.model.h.{i}.o_proj.lora_A.weight",
		"h.{i}.o.lora_B.weight": "base_model.model.model.h.{i}.o_proj.lora_B.weight",
	}, r.GetPeft().GetTensors()); diff != "" {
		t.Errorf("PEFT's names (-want +got):\n%s", diff)
	}
	var peft map[string]any
	if err := json.Unmarshal(r.GetPeft().GetAdapterConfig(), &peft); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"o_proj", "q_proj"}, peft["target_modules"]); diff != "" || peft["r"] != 2.0 || peft["lora_alpha"] != 16.0 {
		t.Errorf("adapter_config.json is %v", peft)
	}
}

func TestRankStabilisedScale(t *testing.T) {
	if got := (config{Rank: 4, Alpha: 8, RSLoRA: true}).scale(); got != 4 {
		t.Errorf("scale %v, want 8/√4", got)
	}
}

func TestMistakesPointAtAttributes(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"unknown target", `{"targets": ["k_proj"]}`, `"k_proj"`},
		{"no linear layer", `{"targets": ["embed"]}`, "embedding"},
		{"rank above the layer", `{"rank": 5, "targets": ["q"]}`, "rank 5"},
		{"rank zero", `{"rank": 0, "targets": ["q"]}`, "rank is 0"},
		{"no targets at all", `{}`, "default targets"},
		{"bias", `{"bias": "all", "targets": ["q"]}`, `"all"`},
		{"unknown attribute", `{"ranks": 3}`, "ranks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := lora{}.Attach(t.Context(), &adapter.AttachRequest{Graph: network(t), Config: []byte(c.config)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := (lora{}).Attach(t.Context(), &adapter.AttachRequest{Graph: &ir.Graph{}, Config: []byte(`{"targets": ["q"]}`)}); err == nil {
		t.Error("a graph without a decoder is accepted")
	}
}
