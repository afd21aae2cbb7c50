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

func attach(t *testing.T, config, peft string) (*adapter.AttachResponse, error) {
	t.Helper()
	return plugintest.Adapter(t, dora{}).Attach(t.Context(), &adapter.AttachRequest{
		Graph: adaptertest.Network(t), Config: []byte(config), PeftConfig: []byte(peft), TaskType: "CAUSAL_LM",
	})
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "adapter", dora{}) }

func TestAttach(t *testing.T) {
	g := adaptertest.Network(t)
	for _, c := range []struct {
		name, config string
		trainable    int64
		lines        []string
	}{
		{"with a bias", `{"rank": 2, "alpha": 4, "targets": ["q"]}`, 2 * (2*(4+6) + 6), []string{
			"h.{i}.q.dora_squares = sum(h.{i}.q.dora_square, axis=1)",
			"h.{i}.q.dora_norm = stop_gradient(h.{i}.q.dora_root)",
			"h.{i}.q.dora_base = linear(h.{i}.ln, h.{i}.q.weight)",
			"h.{i}.q = add(h.{i}.q.dora_directed, h.{i}.q.bias)",
		}},
		{"stored the other way", `{"rank": 2, "alpha": 4, "targets": ["h.{i}.o"]}`, 2 * (2*(4+6) + 4), []string{
			"h.{i}.o.dora_product = matmul(h.{i}.o.lora_A.weight, h.{i}.o.lora_B.weight",
			"h.{i}.o = multiply(h.{i}.o.lora_sum, h.{i}.o.dora_factor)",
		}},
		{"with dropout", `{"rank": 2, "alpha": 4, "dropout": 0.5, "targets": ["q"]}`, 2 * (2*(4+6) + 6), []string{
			"h.{i}.q.dora_base = linear(h.{i}.q.lora_dropout, h.{i}.q.weight)",
			"h.{i}.q = add(h.{i}.q@base, h.{i}.q.dora_change)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := attach(t, c.config, "")
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

func TestMagnitudesStartAsNorms(t *testing.T) {
	r, err := attach(t, `{"rank": 2, "targets": ["q", "h.{i}.o"]}`, "")
	if err != nil {
		t.Fatal(err)
	}
	axes := map[string]int32{}
	for _, p := range r.GetRewrite().GetParameters() {
		if norm := p.GetInitializer().GetNorm(); norm != nil {
			axes[norm.GetParameter()] = norm.GetAxis()
		}
	}
	if len(axes) != 2 || axes["h.{i}.q.weight"] != 1 || axes["h.{i}.o.weight"] != 0 {
		t.Errorf("norms are taken over %v", axes)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ config, peft, want string }{
		{`{"rank": 5, "targets": ["q"]}`, "", "rank 5"},
		{`{}`, "", "default targets"},
		{"", `{"peft_type": "LORA", "target_modules": ["q_proj"]}`, `adapter "lora"`},
		{"", `{"peft_type": "LORA", "use_dora": true, "modules_to_save": ["x"], "target_modules": ["q_proj"]}`, "modules_to_save"},
		{"", `[]`, "adapter_config.json"},
	} {
		if _, err := attach(t, c.config, c.peft); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error %v, want one with %q", c.config, c.peft, err, c.want)
		}
	}
}
