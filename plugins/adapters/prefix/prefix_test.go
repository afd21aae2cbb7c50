package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"harness/core/ir"
	"harness/core/sdk/adapter"
	"harness/core/sdk/plugintest"
	"harness/plugins/adapters/internal/adaptertest"
)

// network has 4 query heads and 2 key and value heads of 3 numbers a layer.
func network(t testing.TB, op *ir.Attention, encoder bool) *ir.Graph {
	t.Helper()
	b := ir.NewBuilder("n")
	table := b.Parameter("wte", []int64{9, 12}, ir.From("wte.weight"))
	k := b.Parameter("h.{i}.k.weight", []int64{6, 12}, ir.Templated(2), ir.From("h.{i}.k.weight"))
	if encoder {
		e := b.Encoder()
		e.Output(e.Embedding("in", ir.Tokens, table))
	}
	d := b.Decoder()
	x := d.Embedding("embed", ir.Tokens, table)
	x = d.Repeat(2, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		keys := n.Reshape("h.{i}.keys", n.Linear("h.{i}.k", x, k), 2, 3)
		y := n.Attention("h.{i}.attention", n.Reshape("h.{i}.queries", x, 4, 3), keys, keys, op)
		return n.Reshape("h.{i}.out", y, 12)
	})
	d.Output(d.Linear("lm_head", x, table))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestPrefixBeforeEveryLayer(t *testing.T) {
	plugintest.Describe(t, "adapter", prefix{})
	a := plugintest.Adapter(t, prefix{})
	g := network(t, &ir.Attention{Mask: ir.Causal, Scale: 0.5, Alibi: true, Dropout: 0.25}, false)
	r, err := a.Attach(t.Context(), &adapter.AttachRequest{Graph: g, Config: []byte(`{"tokens": 5, "deviation": 0.5}`), TaskType: "CAUSAL_LM"})
	if err != nil {
		t.Fatal(err)
	}
	after, err := ir.Apply(g, r.GetRewrite())
	if err != nil {
		t.Fatal(err)
	}
	counts, err := ir.Count(g, r.GetRewrite())
	if err != nil || counts.Trainable != 2*2*5*6 || after.GetFirstPosition() != 5 {
		t.Errorf("counts %v, first position %d, %v", counts, after.GetFirstPosition(), err)
	}
	for _, n := range after.GetDecoder().GetItems()[1].GetRepeat().GetNodes() {
		if n.GetName() != "h.{i}.attention" {
			continue
		}
		want := &ir.Attention{Mask: ir.Causal, Scale: 0.5, Alibi: true, Dropout: 0.25, Prefix: true}
		if diff := cmp.Diff(want, n.GetAttention(), protocmp.Transform()); diff != "" {
			t.Errorf("the attention (-want +got):\n%s", diff)
		}
	}
	joined := []*adapter.PeftJoin{{Tensor: "prompt_embeddings", Axis: 1, Parameters: []string{"h.{i}.attention.prefix_key", "h.{i}.attention.prefix_value"}}}
	if diff := cmp.Diff(joined, r.GetPeft().GetJoined(), protocmp.Transform()); diff != "" {
		t.Errorf("PEFT's tensor (-want +got):\n%s", diff)
	}
	again, err := a.Attach(t.Context(), &adapter.AttachRequest{Graph: g, PeftConfig: r.GetPeft().GetAdapterConfig(), TaskType: "CAUSAL_LM"})
	if err != nil {
		t.Fatal(err)
	}
	// How it would start is not in PEFT's file.
	for _, p := range again.GetRewrite().GetParameters() {
		p.Initializer = r.GetRewrite().GetParameters()[0].GetInitializer()
	}
	if diff := cmp.Diff(r, again, protocmp.Transform()); diff != "" {
		t.Errorf("PEFT's file is read back otherwise (-want +got):\n%s", diff)
	}
}

func TestMistakes(t *testing.T) {
	causal := network(t, &ir.Attention{Mask: ir.Causal, Scale: 1}, false)
	const saved = `{"peft_type": "PREFIX_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 3`
	for _, c := range []struct {
		name         string
		graph        *ir.Graph
		config, peft string
		want         string
	}{
		{"an encoder", network(t, &ir.Attention{Mask: ir.Causal, Scale: 1}, true), `{}`, "", "encoder"},
		{"a window", network(t, &ir.Attention{Mask: ir.Causal, Scale: 1, Window: 4}, false), `{}`, "", "window of 4"},
		{"an encoder's mask", network(t, &ir.Attention{Mask: ir.Full, Scale: 1}, false), `{}`, "", "not causal"},
		{"no attention", adaptertest.Network(t), `{}`, "", "0 kinds of attention"},
		{"no decoder", &ir.Graph{}, `{}`, "", "decoder"},
		{"no tokens", causal, `{"tokens": 0}`, "", "0 tokens"},
		{"too many tokens", causal, `{"tokens": 99999999}`, "", "99999999 tokens"},
		{"deviation", causal, `{"deviation": -1}`, "", "-1"},
		{"other layers", causal, "", saved + `, "num_layers": 3}`, "num_layers is 3, but the model's is 2"},
		{"other width", causal, "", saved + `, "token_dim": 12}`, "token_dim is 12, but the model's is 6"},
		{"other method", causal, "", `{"peft_type": "PROMPT_TUNING"}`, "PROMPT_TUNING"},
		{"no length", causal, "", `{"peft_type": "PREFIX_TUNING"}`, "num_virtual_tokens is 0"},
		{"no task", causal, "", `{"peft_type": "PREFIX_TUNING", "task_type": null, "num_virtual_tokens": 3}`, `task_type is ""`},
		{"another task", causal, "", `{"peft_type": "PREFIX_TUNING", "task_type": "SEQ_CLS", "num_virtual_tokens": 3}`, `task_type is "SEQ_CLS"`},
		{"something new", causal, "", saved + `, "shared": true}`, "shared is true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &adapter.AttachRequest{Graph: c.graph, Config: []byte(c.config), PeftConfig: []byte(c.peft)}
			if _, err := (prefix{}).Attach(t.Context(), r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzConfigurations(f *testing.F) {
	f.Add([]byte(`{"tokens": 3}`), []byte(""))
	f.Add([]byte(""), []byte(`{"peft_type": "PREFIX_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 3, "token_dim": 6}`))
	g := network(f, &ir.Attention{Mask: ir.Causal, Scale: 1}, false)
	f.Fuzz(func(t *testing.T, config, peft []byte) {
		r, err := prefix{}.Attach(t.Context(), &adapter.AttachRequest{Graph: g, Config: config, PeftConfig: peft})
		if err != nil {
			return
		}
		if _, err := ir.Count(g, r.GetRewrite()); err != nil {
			t.Errorf("the rewrite does not fit the graph: %v", err)
		}
	})
}
