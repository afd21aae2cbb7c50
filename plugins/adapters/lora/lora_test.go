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

func attach(t *testing.T, config, peft string) (*adapter.AttachResponse, error) {
	t.Helper()
	return plugintest.Adapter(t, lora{}).Attach(t.Context(), &adapter.AttachRequest{
		Graph: adaptertest.Network(t), Config: []byte(config), PeftConfig: []byte(peft), TaskType: "CAUSAL_LM",
	})
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "adapter", lora{}) }

func TestAttachAddsTwoMatricesPerTarget(t *testing.T) {
	g := adaptertest.Network(t)
	r, err := attach(t, `{"rank": 2, "alpha": 16, "dropout": 0.1, "targets": ["q", "h.*.o"], "bias": "none", "rslora": false}`, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ir.Count(g, r.GetRewrite())
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(2 * 2 * (2*(6+4) + 4 + 4)); c.Trainable != want {
		t.Errorf("%d parameters train, want %d", c.Trainable, want)
	}
	after, err := ir.Apply(g, r.GetRewrite())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"h.{i}.q.lora_scaled = scale(h.{i}.q.lora_B, 8)", "dropout(h.{i}.ln, rate=0.1)", "h.{i}.q = add(h.{i}.q@base, h.{i}.q.lora_scaled)"} {
		if !strings.Contains(ir.Print(after), want) {
			t.Errorf("the graph has no %q:\n%s", want, ir.Print(after))
		}
	}
	if diff := cmp.Diff(map[string]string{
		"h.{i}.q.lora_A.weight":     "base_model.model.model.h.{i}.q_proj.lora_A.weight",
		"h.{i}.q.lora_B.weight":     "base_model.model.model.h.{i}.q_proj.lora_B.weight",
		"h.{i}.o.lora_A.weight":     "base_model.model.model.h.{i}.o_proj.lora_A.weight",
		"h.{i}.o.lora_B.weight":     "base_model.model.model.h.{i}.o_proj.lora_B.weight",
		"h.{i}.mlp.o.lora_A.weight": "base_model.model.model.h.{i}.mlp.o_proj.lora_A.weight",
		"h.{i}.mlp.o.lora_B.weight": "base_model.model.model.h.{i}.mlp.o_proj.lora_B.weight",
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

// The names written into PEFT's file mean the adapted modules and no other.
func TestTargetModulesAreUnambiguous(t *testing.T) {
	for _, c := range []struct{ targets, want string }{
		{`["q"]`, `["q_proj"]`},
		{`["mlp.o"]`, `["mlp.o_proj"]`},
		{`["h.{i}.o"]`, `["model.h.0.o_proj","model.h.1.o_proj"]`}, // "o_proj" would mean mlp.o_proj too
		{`["lm_head"]`, `["head"]`},
	} {
		r, err := attach(t, `{"rank": 1, "targets": `+c.targets+`}`, "")
		if err != nil {
			t.Fatal(err)
		}
		var peft struct {
			Targets json.RawMessage `json:"target_modules"`
		}
		if err := json.Unmarshal(r.GetPeft().GetAdapterConfig(), &peft); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(string(peft.Targets)), ""); got != c.want {
			t.Errorf("%s is written as %s, want %s", c.targets, got, c.want)
		}
	}
}

// What is written is read again as the same rewrite, for every setting.
func TestWrittenConfigurationIsReadBack(t *testing.T) {
	for _, config := range []string{
		`{"targets": ["q"]}`,
		`{"rank": 2, "alpha": 3, "dropout": 0.5, "rslora": true, "targets": ["q", "mlp.o"], "bias": "all"}`,
		`{"rank": 4, "targets": ["q", "o"], "rank_pattern": {"mlp\\.o_proj": 1}, "alpha_pattern": {"q_proj": 2}, "bias": "lora_only"}`,
	} {
		config = strings.Replace(config, "{", `{"rank": 3, `, 1)
		config = strings.Replace(config, `"rank": 3, "rank"`, `"rank"`, 1)
		r, err := attach(t, config, "")
		if err != nil {
			t.Fatal(err)
		}
		again, err := attach(t, "", string(r.GetPeft().GetAdapterConfig()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again, protocmp.Transform()); diff != "" {
			t.Errorf("%s: read back it differs (-want +got):\n%s", config, diff)
		}
	}
}

func TestScales(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"rank": 4, "alpha": 8, "rslora": true, "targets": ["q"]}`, "h.{i}.q.lora_scaled = scale(h.{i}.q.lora_B, 4)"},
		{`{"rank": 4, "alpha": 8, "targets": ["q"], "rank_pattern": {"q_proj": 1}}`, "h.{i}.q.lora_scaled = scale(h.{i}.q.lora_B, 8)"},
		{`{"rank": 4, "alpha": 8, "targets": ["q"], "alpha_pattern": {"h.*q_proj": 4}}`, "h.{i}.q.lora_scaled = scale(h.{i}.q.lora_B, 1)"},
	} {
		r, err := attach(t, c.config, "")
		if err != nil {
			t.Fatal(err)
		}
		after, err := ir.Apply(adaptertest.Network(t), r.GetRewrite())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(ir.Print(after), c.want) {
			t.Errorf("%s: the graph has no %q:\n%s", c.config, c.want, ir.Print(after))
		}
	}
}

func TestBiases(t *testing.T) {
	for _, c := range []struct {
		config string
		want   map[string]string
	}{
		{`{"rank": 2, "targets": ["q"], "bias": "lora_only"}`, map[string]string{
			"h.{i}.q.bias": "base_model.model.model.h.{i}.q_proj.base_layer.bias"}},
		{`{"rank": 2, "targets": ["q"], "bias": "all"}`, map[string]string{
			"h.{i}.q.bias": "base_model.model.model.h.{i}.q_proj.base_layer.bias", "h.{i}.ln.bias": "base_model.model.model.h.{i}.ln.bias"}},
		{`{"rank": 2, "targets": ["mlp.o"], "bias": "all"}`, map[string]string{
			"h.{i}.q.bias": "base_model.model.model.h.{i}.q_proj.bias", "h.{i}.ln.bias": "base_model.model.model.h.{i}.ln.bias"}},
	} {
		r, err := attach(t, c.config, "")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, tensor := range r.GetPeft().GetTensors() {
			if strings.HasSuffix(name, ".bias") {
				got[name] = tensor
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.config, diff)
		}
		counts, err := ir.Count(adaptertest.Network(t), r.GetRewrite())
		if err != nil || counts.Trainable <= 2*adaptertest.Layers*8 {
			t.Errorf("%s: %v and %v", c.config, counts, err)
		}
	}
}

func TestMistakesPointAtAttributes(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"unknown target", `{"targets": ["k_proj"]}`, `"k_proj"`},
		{"no linear layer", `{"targets": ["embed"]}`, "embedding"},
		{"rank above the layer", `{"rank": 5, "targets": ["q"]}`, "rank 5"},
		{"rank zero", `{"rank": 0, "targets": ["q"]}`, "rank is 0"},
		{"rank above the layer by pattern", `{"rank": 1, "rank_pattern": {"q_proj": 7}, "targets": ["q"]}`, "rank 7"},
		{"rank of a fraction", `{"rank": 1, "rank_pattern": {"q_proj": 1.5}, "targets": ["q"]}`, "1.5"},
		{"rank of one layer", `{"rank": 1, "rank_pattern": {"h.0.q_proj": 2}, "targets": ["q"]}`, "1 of the 2 modules"},
		{"two ranks of one layer", `{"rank": 1, "rank_pattern": {"q_proj": 2, "h.*q_proj": 3}, "targets": ["q"]}`, "different numbers"},
		{"look-around", `{"rank": 1, "alpha_pattern": {"(?!x)q": 2}, "targets": ["q"]}`, "look-around"},
		{"no targets at all", `{}`, "default targets"},
		{"bias", `{"bias": "some", "targets": ["q"]}`, `"some"`},
		{"biases that are not there", `{"rank": 1, "bias": "lora_only", "targets": ["mlp.o"]}`, "have none"},
		{"unknown attribute", `{"ranks": 3}`, "ranks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := attach(t, c.config, ""); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := (lora{}).Attach(t.Context(), &adapter.AttachRequest{Graph: &ir.Graph{}, Config: []byte(`{"targets": ["q"]}`)}); err == nil {
		t.Error("a graph without a decoder is accepted")
	}
}

// PEFT's file can say more than the block. What is not supported is refused
// by name.
func TestSavedConfigurations(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{ // want: a problem, or "adapted: …"
		{"names", `"target_modules": ["q_proj"]`, "adapted: h.{i}.q"},
		{"expression", `"target_modules": ".*\\.(q|o)_proj"`, "adapted: h.{i}.mlp.o h.{i}.o h.{i}.q"},
		{"all linear layers", `"target_modules": "all-linear"`, "adapted: h.{i}.mlp.o h.{i}.o h.{i}.q"},
		{"full paths", `"target_modules": ["model.h.0.q_proj", "model.h.1.q_proj"]`, "adapted: h.{i}.q"},
		{"excluded", `"target_modules": ["q_proj", "o_proj"], "exclude_modules": ["mlp.o_proj"]`, "adapted: h.{i}.o h.{i}.q"},
		{"excluded by an expression", `"target_modules": ["q_proj", "o_proj"], "exclude_modules": ".*mlp.*"`, "adapted: h.{i}.o h.{i}.q"},
		{"all layers", `"target_modules": ["q_proj"], "layers_to_transform": [0, 1]`, "adapted: h.{i}.q"},
		{"all layers by pattern", `"target_modules": ["q_proj"], "layers_to_transform": [1, 0], "layers_pattern": "h"`, "adapted: h.{i}.q"},
		{"patterns", `"target_modules": ["q_proj"], "rank_pattern": {"q_proj": 2}, "alpha_pattern": {}`, "adapted: h.{i}.q"},
		{"written the other way", `"target_modules": ["q_proj"], "fan_in_fan_out": true`, "adapted: h.{i}.q"},
		{"dropout and start", `"target_modules": ["q_proj"], "lora_dropout": 0.1, "init_lora_weights": "gaussian"`, "adapted: h.{i}.q"},

		{"nulls that PEFT allows", `"target_modules": ["q_proj"], "use_dora": null, "use_rslora": null, "exclude_modules": null, "layers_to_transform": null,
			"layers_pattern": null, "init_lora_weights": null, "fan_in_fan_out": null, "loftq_config": null, "layer_replication": null`, "adapted: h.{i}.q"},

		{"null alpha", `"target_modules": ["q_proj"], "lora_alpha": null`, "lora_alpha is null"},
		{"null rank", `"target_modules": ["q_proj"], "r": null`, "r is null"},
		{"null dropout", `"target_modules": ["q_proj"], "lora_dropout": null`, "lora_dropout is null"},
		{"null bias", `"target_modules": ["q_proj"], "bias": null`, "bias is null"},
		{"null ranks", `"target_modules": ["q_proj"], "rank_pattern": null`, "rank_pattern is null"},
		{"null alphas", `"target_modules": ["q_proj"], "alpha_pattern": null`, "alpha_pattern is null"},
		{"alpha of text", `"target_modules": ["q_proj"], "lora_alpha": "16"`, `lora_alpha is "16"`},
		{"rank of a fraction", `"target_modules": ["q_proj"], "r": 2.5`, "r is 2.5"},
		{"flag of text", `"target_modules": ["q_proj"], "use_rslora": "yes"`, `use_rslora is "yes"`},
		{"targets of a number", `"target_modules": 5`, "target_modules is 5"},
		{"one layer", `"target_modules": ["q_proj"], "layers_to_transform": 0`, "layers_to_transform"},
		{"one path", `"target_modules": ["h.0.q_proj"]`, "1 of the 2 modules"},
		{"nothing", `"target_modules": ["k_proj"]`, `"k_proj"`},
		{"no expression", `"target_modules": "("`, "target_modules"},
		{"whole modules", `"target_modules": ["q_proj"], "modules_to_save": ["head"]`, "modules_to_save"},
		{"trained tokens", `"target_modules": ["q_proj"], "trainable_token_indices": [1]`, "trainable_token_indices"},
		{"another start", `"target_modules": ["q_proj"], "init_lora_weights": "pissa"`, "pissa"},
		{"DoRA", `"target_modules": ["q_proj"], "use_dora": true`, `adapter "dora"`},
		{"biases of B", `"target_modules": ["q_proj"], "lora_bias": true`, "lora_bias"},
		{"parameters", `"target_modules": ["q_proj"], "target_parameters": ["x"]`, "target_parameters"},
		{"repeated layers", `"target_modules": ["q_proj"], "layer_replication": [[0, 1]]`, "layer_replication"},
		{"something new", `"target_modules": ["q_proj"], "use_tomorrow": true`, "use_tomorrow"},
		{"rank", `"target_modules": ["q_proj"], "r": -1`, "rank is -1"},
		{"a text for a number", `"target_modules": ["q_proj"], "r": "8"`, `r is "8"`},
		{"another method", `"target_modules": ["q_proj"], "peft_type": "IA3"`, `"IA3"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `{"peft_type": "LORA", "r": 3, ` + c.config + `}`
			r, err := attach(t, "", text)
			if adapted, ok := strings.CutPrefix(c.want, "adapted: "); ok {
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range r.GetRewrite().GetReplacements() {
					if !strings.Contains(" "+adapted+" ", " "+p.GetNode()+" ") {
						t.Errorf("%s is adapted", p.GetNode())
					}
				}
				if len(r.GetRewrite().GetReplacements()) != len(strings.Fields(adapted)) {
					t.Errorf("%d layers are adapted, want %s", len(r.GetRewrite().GetReplacements()), adapted)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzConfigurations(f *testing.F) {
	f.Add([]byte(`{"targets": ["q"], "rank": 2, "rank_pattern": {"q": 1}}`), []byte(""))
	f.Add([]byte(""), []byte(`{"peft_type": "LORA", "target_modules": "all-linear", "layers_to_transform": 0, "layers_pattern": ["h"]}`))
	f.Add([]byte(""), []byte(`{"peft_type": "LORA", "target_modules": ["q_proj"], "rank_pattern": {"^q": 3}, "bias": "all"}`))
	g := adaptertest.Network(f)
	f.Fuzz(func(t *testing.T, config, peft []byte) {
		r, err := lora{}.Attach(t.Context(), &adapter.AttachRequest{Graph: g, Config: config, PeftConfig: peft})
		if err != nil {
			return
		}
		if _, err := ir.Count(g, r.GetRewrite()); err != nil {
			t.Errorf("the rewrite does not fit the graph: %v", err)
		}
	})
}
