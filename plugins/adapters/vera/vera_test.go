package main

import (
	"encoding/json"
	"math"
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
	return plugintest.Adapter(t, vera{}).Attach(t.Context(), &adapter.AttachRequest{
		Graph: adaptertest.Network(t), Config: []byte(config), PeftConfig: []byte(peft), TaskType: "CAUSAL_LM", DefaultTargets: defaults,
	})
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "adapter", vera{}) }

// In the network q is 4→6 with a bias, o 6→4 and stored the other way, mlp.o 4→4.
func TestAttach(t *testing.T) {
	g := adaptertest.Network(t)
	for _, c := range []struct {
		name, config string
		defaults     []string
		trainable    int64
		a, b         []int64
		lines        []string
	}{
		{"the family's defaults", `{"rank": 3}`, []string{"q"}, 2 * (3 + 6), []int64{3, 4}, []int64{6, 3}, []string{
			"h.{i}.q.vera_down = linear(h.{i}.ln, vera_A)",
			"h.{i}.q.vera_inner = multiply(h.{i}.q.vera_down, h.{i}.q.vera_lambda_d)",
			"h.{i}.q.vera_up = linear(h.{i}.q.vera_inner, vera_B)",
			"h.{i}.q.vera_scaled = multiply(h.{i}.q.vera_up, h.{i}.q.vera_lambda_b)",
			"h.{i}.q = add(h.{i}.q@base, h.{i}.q.vera_scaled)",
		}},
		{"layers of several shapes use parts", `{"rank": 8, "dropout": 0.1, "targets": ["q", "o", "mlp.o"]}`, nil, 2 * (3*8 + 6 + 4 + 4), []int64{8, 6}, []int64{6, 8}, []string{
			"h.{i}.q.vera_A = slice(vera_A, axis=1, 0…4)",
			"h.{i}.q.vera_up = linear(h.{i}.q.vera_inner, vera_B)",
			"h.{i}.o.vera_dropout = dropout(h.{i}.q, rate=0.1)",
			"h.{i}.o.vera_down = linear(h.{i}.o.vera_dropout, vera_A)",
			"h.{i}.o.vera_B = slice(vera_B, axis=0, 0…4)",
			"h.{i}.mlp.o.vera_up = linear(h.{i}.mlp.o.vera_inner, h.{i}.mlp.o.vera_B)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := attach(t, c.config, "", c.defaults...)
			if err != nil {
				t.Fatal(err)
			}
			before, err := ir.Count(g, nil)
			if err != nil {
				t.Fatal(err)
			}
			counts, err := ir.Count(g, r.GetRewrite())
			if err != nil {
				t.Fatal(err)
			}
			if want := (ir.Counts{Trainable: c.trainable, All: before.All + c.trainable}); counts != want {
				t.Errorf("counts are %+v, want %+v", counts, want)
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
			matrices := map[string][]int64{}
			for _, p := range r.GetRewrite().GetParameters()[:2] {
				matrices[p.GetName()] = p.GetShape()
				// PEFT draws as torch's kaiming_uniform_ does, of the second axis.
				if got, want := float64(p.GetInitializer().GetUniform()), math.Sqrt(6/float64(p.GetShape()[1])); math.Abs(got-want) > 1e-6 {
					t.Errorf("%s is drawn from ±%v, want ±%v", p.GetName(), got, want)
				}
			}
			if diff := cmp.Diff(map[string][]int64{"vera_A": c.a, "vera_B": c.b}, matrices); diff != "" {
				t.Errorf("shared matrices (-want +got):\n%s", diff)
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

func TestPEFTsNames(t *testing.T) {
	r, err := attach(t, `{"rank": 2, "targets": ["q"]}`, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{
		"vera_A":                "base_model.vera_A",
		"vera_B":                "base_model.vera_B",
		"h.{i}.q.vera_lambda_d": "base_model.model.model.h.{i}.q_proj.vera_lambda_d",
		"h.{i}.q.vera_lambda_b": "base_model.model.model.h.{i}.q_proj.vera_lambda_b",
	}, r.GetPeft().GetTensors()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var peft map[string]any
	if err := json.Unmarshal(r.GetPeft().GetAdapterConfig(), &peft); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"peft_type": "VERA", "r": 2.0, "d_initial": 0.1, "save_projection": true, "bias": "none"} {
		if peft[key] != want {
			t.Errorf("%s is %v, want %v", key, peft[key], want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, config, peft, want string }{
		{"no targets", `{}`, "", "default targets"},
		{"unknown target", `{"targets": ["k"]}`, "", `"k"`},
		{"no rank", `{"rank": 0, "targets": ["q"]}`, "", "expected 1 to"},
		{"all is dropped", `{"dropout": 1, "targets": ["q"]}`, "", "less than 1"},
		{"another method", "", `{"peft_type": "LORA"}`, `"LORA"`},
		{"matrices that are not saved", "", `{"peft_type": "VERA", "target_modules": ["q_proj"], "save_projection": false, "projection_prng_key": 7}`, "projection_prng_key"},
		{"biases", "", `{"peft_type": "VERA", "target_modules": ["q_proj"], "bias": "vera_only"}`, `bias is "vera_only"`},
		{"whole modules", "", `{"peft_type": "VERA", "target_modules": ["q_proj"], "modules_to_save": ["head"]}`, "modules_to_save"},
		{"one layer", "", `{"peft_type": "VERA", "target_modules": ["q_proj"], "layers_to_transform": 1}`, "1 of the 2"},
		{"something new", "", `{"peft_type": "VERA", "target_modules": ["q_proj"], "wide": 3}`, "wide is 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := attach(t, c.config, c.peft); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzConfigurations(f *testing.F) {
	f.Add([]byte(`{"targets": ["q", "o"], "rank": 2}`), []byte(""))
	f.Add([]byte(""), []byte(`{"peft_type": "VERA", "target_modules": "all-linear", "r": 3}`))
	g := adaptertest.Network(f)
	f.Fuzz(func(t *testing.T, config, peft []byte) {
		r, err := vera{}.Attach(t.Context(), &adapter.AttachRequest{Graph: g, Config: config, PeftConfig: peft})
		if err != nil {
			return
		}
		if _, err := ir.Count(g, r.GetRewrite()); err != nil {
			t.Errorf("the rewrite does not fit the graph: %v", err)
		}
	})
}
