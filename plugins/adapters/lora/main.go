// Command harness-adapter-lora adds a trainable product of two narrow matrices
// to chosen linear layers (Hu et al., 2021), as PEFT does:
//
//	y + (alpha/rank) · B·A·dropout(x)      rsLoRA: alpha/√rank
//
// A starts uniform in ±1/√in, B at zero, so that training starts from the
// unchanged model.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
)

func main() { adapter.Serve(lora{}) }

type lora struct{}

// config is the block's body; defaults are PEFT's.
type config struct {
	Rank    int64    `json:"rank"`
	Alpha   float64  `json:"alpha"`
	Dropout float64  `json:"dropout"`
	Targets []string `json:"targets"`
	Bias    string   `json:"bias"`
	RSLoRA  bool     `json:"rslora"`
}

func number(x float64) *float64 { return &x }

func (lora) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:    "lora",
		Version: "0.1.0",
		Summary: "LoRA: low-rank matrices beside frozen linear layers.",
		Trains:  true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "rank", Type: `"number"`, DefaultJson: "8", Minimum: number(1), Maximum: number(4096),
				Description: "Columns of A's output: the rank of what is added."},
			{Name: "alpha", Type: `"number"`, DefaultJson: "8", Minimum: number(0.001), Maximum: number(65536),
				Description: "The product is scaled by alpha/rank."},
			{Name: "dropout", Type: `"number"`, DefaultJson: "0", Minimum: number(0), Maximum: number(0.99),
				Description: "Share of A's inputs that is dropped in training."},
			{Name: "targets", Type: `["list","string"]`,
				Description: "Linear layers to adapt: names, ends of names after a dot, or patterns with *. Default: the model family's, as in PEFT."},
			{Name: "bias", Type: `"string"`, DefaultJson: `"none"`, OneOf: []string{"none"},
				Description: "Which biases train."},
			{Name: "rslora", Type: `"bool"`, DefaultJson: "false",
				Description: "Scale by alpha/√rank instead (rank-stabilised LoRA)."},
		}},
	}
}

func (lora) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	c, err := readConfig(r.GetConfig())
	if err != nil {
		return nil, err
	}
	if err := ir.Check(r.GetGraph()); err != nil {
		return nil, err
	}
	fromUser := len(c.Targets) > 0
	if !fromUser {
		c.Targets = r.GetDefaultTargets()
	}
	if len(c.Targets) == 0 {
		return nil, sdk.Diagnose([]string{"targets"}, "No target layers", "The model family names no default targets for LoRA; list the layers to adapt, for instance targets = [\"q_proj\", \"v_proj\"].")
	}
	found, err := find(r.GetGraph(), c.Targets, fromUser)
	if err != nil {
		return nil, err
	}
	b := ir.NewRewrite()
	tensors := map[string]string{}
	modules := map[string]bool{}
	for _, t := range found {
		if c.Rank > min(t.in, t.out) {
			return nil, sdk.Diagnose([]string{"rank"}, "Rank too high", fmt.Sprintf("The rank %d exceeds a side of %s, which is %d to %d.", c.Rank, t.node.GetName(), t.in, t.out))
		}
		c.adapt(b, t)
		tensors[t.a()] = "base_model.model." + t.module + ".lora_A.weight"
		tensors[t.b()] = "base_model.model." + t.module + ".lora_B.weight"
		modules[t.module[strings.LastIndexByte(t.module, '.')+1:]] = true
	}
	peft, err := c.peft(modules, r.GetTaskType(), found[0].inOut)
	if err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{
		Rewrite: b.Rewrite(),
		Peft:    &adapter.PeftFormat{AdapterConfig: peft, Tensors: tensors},
	}, nil
}

func readConfig(text []byte) (config, error) {
	c := config{Rank: 8, Alpha: 8, Bias: "none"}
	if err := sdk.Decode(text, &c); err != nil {
		return config{}, err
	}
	switch {
	case c.Rank < 1 || c.Rank > 4096:
		return config{}, sdk.Diagnose([]string{"rank"}, "Rank out of range", fmt.Sprintf("The rank is %d, expected 1 to 4096.", c.Rank))
	case !(c.Alpha > 0) || math.IsInf(c.Alpha, 0):
		return config{}, sdk.Diagnose([]string{"alpha"}, "Alpha out of range", fmt.Sprintf("Alpha is %v, expected a positive number.", c.Alpha))
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return config{}, sdk.Diagnose([]string{"dropout"}, "Dropout out of range", fmt.Sprintf("The rate is %v, expected 0 or more and less than 1.", c.Dropout))
	case c.Bias != "none":
		return config{}, sdk.Diagnose([]string{"bias"}, "Unknown bias setting", fmt.Sprintf("Bias is %q; only \"none\" is possible.", c.Bias))
	}
	return c, nil
}

func (c config) scale() float64 {
	if c.RSLoRA {
		return c.Alpha / math.Sqrt(float64(c.Rank))
	}
	return c.Alpha / float64(c.Rank)
}

// adapt writes the product beside one layer.
func (c config) adapt(b *ir.RewriteBuilder, t target) {
	var copies []ir.ParameterOption
	if t.count > 0 {
		copies = append(copies, ir.Templated(t.count))
	}
	down := b.Parameter(t.a(), []int64{c.Rank, t.in}, append(copies, ir.Uniform(1/math.Sqrt(float64(t.in))))...)
	up := b.Parameter(t.b(), []int64{t.out, c.Rank}, append(copies, ir.Constant(0))...)
	name := t.node.GetName()
	b.Replace(name, func(n *ir.Nodes, original ir.Value) ir.Value {
		x := n.Dropout(name+".lora_dropout", ir.Value(t.node.GetInputs()[0]), c.Dropout)
		low := n.Linear(name+".lora_A", x, down)
		high := n.Scale(name+".lora_scaled", n.Linear(name+".lora_B", low, up), c.scale())
		return n.Add(name+".lora_sum", original, high)
	})
}

// target is a linear layer to adapt.
type target struct {
	node    *ir.Node
	in, out int64
	inOut   bool
	count   int    // of the repeat around it, 0 outside
	module  string // the reference implementation's name
}

func (t target) a() string { return t.node.GetName() + ".lora_A.weight" }
func (t target) b() string { return t.node.GetName() + ".lora_B.weight" }

// find gives the linear layers that the targets mean, in the graph's order.
func find(g *ir.Graph, targets []string, fromUser bool) ([]target, error) {
	parameters := map[string]*ir.Parameter{}
	for _, p := range g.GetParameters() {
		parameters[p.GetName()] = p
	}
	var found []target
	var linear []string
	used := make([]bool, len(targets))
	visit := func(n *ir.Node, count int) error {
		matched := false
		for i, pattern := range targets {
			if ir.MatchTarget(pattern, n.GetName()) {
				used[i], matched = true, true
			}
		}
		if n.GetLinear() != nil {
			linear = append(linear, n.GetName())
		}
		if !matched {
			return nil
		}
		if n.GetLinear() == nil {
			return sdk.Diagnose([]string{"targets"}, "Target is no linear layer", fmt.Sprintf("The target %s is of the op %s; LoRA adapts linear layers only.", n.GetName(), ir.OpName(n)))
		}
		w := parameters[n.GetInputs()[1]]
		if w == nil {
			return sdk.Diagnose([]string{"targets"}, "Target's weight is computed", fmt.Sprintf("The weight of %s is no parameter but an expression, probably another adapter's.", n.GetName()))
		}
		t := target{node: n, in: w.GetShape()[1], out: w.GetShape()[0], inOut: n.GetLinear().GetWeightInOut(), count: count, module: n.GetName()}
		if t.inOut {
			t.in, t.out = t.out, t.in
		}
		// The first source of a weight is the module's name with ".weight".
		if tensors := w.GetSource().GetTensors(); len(tensors) > 0 {
			t.module = strings.TrimSuffix(tensors[0], ".weight")
		}
		found = append(found, t)
		return nil
	}
	for _, s := range []*ir.Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				if err := visit(n, 0); err != nil {
					return nil, err
				}
			}
			for _, n := range item.GetRepeat().GetNodes() {
				if err := visit(n, int(item.GetRepeat().GetCount())); err != nil {
					return nil, err
				}
			}
		}
	}
	for i, ok := range used {
		if !ok && (fromUser || len(found) == 0) {
			return nil, sdk.Diagnose([]string{"targets"}, "Target not in the model", fmt.Sprintf("No layer is called %q. The model's linear layers are: %s.", targets[i], strings.Join(linear, ", ")))
		}
	}
	return found, nil
}

// peft is adapter_config.json as PEFT writes it, as far as it is not default.
func (c config) peft(modules map[string]bool, task string, fanInFanOut bool) ([]byte, error) {
	names := make([]string, 0, len(modules))
	for name := range modules {
		names = append(names, name)
	}
	slices.Sort(names)
	if task == "" {
		task = "CAUSAL_LM"
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type":         "LORA",
		"task_type":         task,
		"inference_mode":    true,
		"r":                 c.Rank,
		"lora_alpha":        c.Alpha,
		"lora_dropout":      c.Dropout,
		"target_modules":    names,
		"bias":              c.Bias,
		"fan_in_fan_out":    fanInFanOut,
		"use_rslora":        c.RSLoRA,
		"use_dora":          false,
		"init_lora_weights": true,
		"modules_to_save":   nil,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write adapter_config.json: %w", err)
	}
	return append(text, '\n'), nil
}
