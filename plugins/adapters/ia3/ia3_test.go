package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"harness/core/ir"
	"harness/core/sdk/adapter"
	"harness/core/sdk/plugintest"
	"harness/plugins/adapters/internal/adaptertest"
)

func attach(t *testing.T, config, peft string, defaults ...string) (*adapter.AttachResponse, error) {
	t.Helper()
	r := &adapter.AttachRequest{
		Graph: adaptertest.Network(t), Config: []byte(config), PeftConfig: []byte(peft), TaskType: "CAUSAL_LM",
		DefaultTargets: defaults,
	}
	if len(defaults) > 0 {
		r.TargetGroups = map[string]*adapter.NodePatterns{"feedforward": {Patterns: defaults[len(defaults)-1:]}}
	}
	return plugintest.Adapter(t, ia3{}).Attach(t.Context(), r)
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "adapter", ia3{}) }

func TestAttach(t *testing.T) {
	g := adaptertest.Network(t)
	for _, c := range []struct {
		name, config  string
		defaults      []string
		trainable     int64
		lines         []string
		targets, feed []string
	}{
		{"the family's defaults", `{}`, []string{"q", "*.mlp.o"}, 2 * (6 + 4),
			[]string{
				"h.{i}.q = multiply(h.{i}.q@base, h.{i}.q.ia3_vector)",
				"h.{i}.mlp.o.ia3_scaled = multiply(h.{i}.o, h.{i}.mlp.o.ia3_vector)",
				"h.{i}.mlp.o = linear(h.{i}.mlp.o.ia3_scaled, h.{i}.mlp.o.weight)",
			}, []string{"mlp.o_proj", "q_proj"}, []string{"mlp.o_proj"}},
		{"a bias stays beside a scaled input", `{"targets": ["q"], "feedforward": ["q"]}`, nil, 2 * 4,
			[]string{"h.{i}.q = linear(h.{i}.q.ia3_scaled, h.{i}.q.weight, h.{i}.q.bias)"}, []string{"q_proj"}, []string{"q_proj"}},
		{"own targets have no feed-forward ones by default", `{"targets": ["mlp.o"]}`, []string{"q", "*.mlp.o"}, 2 * 4,
			[]string{"h.{i}.mlp.o = multiply(h.{i}.mlp.o@base, h.{i}.mlp.o.ia3_vector)"}, []string{"mlp.o_proj"}, []string{}},
		{"names that mean both sides", `{"targets": ["o"], "feedforward": ["mlp.o"]}`, nil, 2 * (4 + 4),
			[]string{"h.{i}.o = multiply(h.{i}.o@base"}, []string{"mlp.o_proj", "model.h.0.o_proj", "model.h.1.o_proj"}, []string{"mlp.o_proj"}},
		{"stored the other way", `{"targets": ["h.{i}.o"], "feedforward": ["h.{i}.o"]}`, nil, 2 * 6,
			[]string{"h.{i}.o = linear(h.{i}.o.ia3_scaled, h.{i}.o.weight, weight_in_out"}, []string{"model.h.0.o_proj", "model.h.1.o_proj"}, []string{"model.h.0.o_proj", "model.h.1.o_proj"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := attach(t, c.config, "", c.defaults...)
			if err != nil {
				t.Fatal(err)
			}
			counts, err := ir.Count(g, r.GetRewrite())
			if err != nil {
				t.Fatal(err)
			}
			if counts.Trainable != c.trainable {
				t.Errorf("%d parameters train, want %d", counts.Trainable, c.trainable)
			}
			after, err := ir.Apply(g, r.GetRewrite())
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.lines {
				if !strings.Contains(ir.Print(after), want) {
					t.Errorf("the graph has no %q:\n%s", want, ir.Print(after))
				}
			}
			var peft struct {
				Targets     []string `json:"target_modules"`
				FeedForward []string `json:"feedforward_modules"`
			}
			if err := json.Unmarshal(r.GetPeft().GetAdapterConfig(), &peft); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.targets, peft.Targets) + cmp.Diff(c.feed, peft.FeedForward); diff != "" {
				t.Errorf("PEFT's modules (-want +got):\n%s", diff)
			}
			again, err := attach(t, "", string(r.GetPeft().GetAdapterConfig()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, again, protocmp.Transform()); diff != "" {
				t.Errorf("PEFT's file is read back otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, config, peft, want string }{
		{"no targets", `{}`, "", "default targets"},
		{"unknown target", `{"targets": ["k"]}`, "", `"k"`},
		{"unknown feed-forward layer", `{"targets": ["q"], "feedforward": ["k"]}`, "", `"k"`},
		{"feed-forward layer that is no target", `{"targets": ["q"], "feedforward": ["mlp.o"]}`, "", "not among the targets"},
		{"another method", "", `{"peft_type": "LORA"}`, `"LORA"`},
		{"no modules", "", `{"peft_type": "IA3"}`, "target_modules"},
		{"whole modules", "", `{"peft_type": "IA3", "target_modules": ["q_proj"], "modules_to_save": ["head"]}`, "modules_to_save"},
		{"something new", "", `{"peft_type": "IA3", "target_modules": ["q_proj"], "wide": 3}`, "wide is 3"},
		{"feed-forward in one layer", "", `{"peft_type": "IA3", "target_modules": ["q_proj"], "feedforward_modules": ["h.0.q_proj"]}`, "1 of the 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := attach(t, c.config, c.peft); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzConfigurations(f *testing.F) {
	f.Add([]byte(`{"targets": ["q"], "feedforward": ["q"]}`), []byte(""))
	f.Add([]byte(""), []byte(`{"peft_type": "IA3", "target_modules": ".*o_proj", "feedforward_modules": ".*mlp.*"}`))
	g := adaptertest.Network(f)
	f.Fuzz(func(t *testing.T, config, peft []byte) {
		r, err := ia3{}.Attach(t.Context(), &adapter.AttachRequest{Graph: g, Config: config, PeftConfig: peft})
		if err != nil {
			return
		}
		if _, err := ir.Count(g, r.GetRewrite()); err != nil {
			t.Errorf("the rewrite does not fit the graph: %v", err)
		}
	})
}
