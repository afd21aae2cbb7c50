// Command harness-adapter-vera adds to chosen linear layers the product of two
// random matrices that all of them share and that never train, scaled by two
// trained vectors a layer (VeRA, Kopiczko et al., 2024), as PEFT does:
//
//	y + b · B·(d · A·dropout(x))
//
// A layer uses as many columns of A as it has inputs, and as many rows of B as
// it has outputs. Both start uniform in ±√(6/inputs), d at one small number and
// b at zero, so that training starts from the unchanged model.
package main

import (
	"context"
	"fmt"
	"math"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/layers"
)

func main() { adapter.Serve(vera{}) }

type vera struct{}

const maxRank = 65536

// config is the block's body; defaults are PEFT's.
type config struct {
	Rank    int64    `json:"rank"`
	Initial float64  `json:"initial"`
	Dropout float64  `json:"dropout"`
	Targets []string `json:"targets"`
}

func defaults() config { return config{Rank: 256, Initial: 0.1} }

func (vera) Describe(context.Context) *adapter.Description {
	number := func(x float64) *float64 { return &x }
	return &adapter.Description{
		Name:      "vera",
		Version:   "0.1.0",
		Summary:   "VeRA: trained vectors that scale random matrices, which all layers share.",
		PeftTypes: []string{"VERA"},
		Trains:    true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "rank", Type: `"number"`, DefaultJson: "256", Minimum: number(1), Maximum: number(maxRank),
				Description: "Rank of the product of the shared matrices. A larger one costs memory and time, but only one trained number more for each layer."},
			{Name: "initial", Type: `"number"`, DefaultJson: "0.1", Minimum: number(-100), Maximum: number(100),
				Description: "Initial value of the vector d, which scales A's output."},
			{Name: "dropout", Type: `"number"`, DefaultJson: "0", Minimum: number(0), Maximum: number(0.99),
				Description: "Share of the inputs that is dropped in training."},
			{Name: "targets", Type: `["list","string"]`,
				Description: "Linear layers to adapt: names, ends of names after a dot, or patterns with `*`. If not set, those that PEFT takes for the model's family."},
		}},
	}
}

func (vera) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := ir.Check(r.GetGraph()); err != nil {
		return nil, err
	}
	choose := fromBlock
	if len(r.GetPeftConfig()) > 0 {
		choose = fromPEFT
	}
	c, found, err := choose(r)
	if err != nil {
		return nil, err
	}
	b := ir.NewRewrite()
	tensors := map[string]string{}
	m := c.shared(b, found)
	tensors[string(m.down)], tensors[string(m.up)] = "base_model.vera_A", "base_model.vera_B"
	for _, l := range found {
		m.adapt(b, c, l)
		module := layers.Prefix + l.Module
		tensors[lambdaD(l)] = module + ".vera_lambda_d"
		tensors[lambdaB(l)] = module + ".vera_lambda_b"
	}
	text, err := c.write(r, found)
	if err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{
		Rewrite: b.Rewrite(),
		Peft:    &adapter.PeftFormat{AdapterConfig: text, Tensors: tensors},
	}, nil
}

// fromBlock reads the settings and finds the layers that they mean.
func fromBlock(r *adapter.AttachRequest) (config, []layers.Layer, error) {
	c := defaults()
	if err := sdk.Decode(r.GetConfig(), &c); err != nil {
		return c, nil, err
	}
	if attribute, problem := c.problem(); problem != "" {
		return c, nil, sdk.Diagnose([]string{attribute}, "Value out of range", problem)
	}
	targets, fromUser := c.Targets, len(c.Targets) > 0
	if !fromUser {
		targets = r.GetDefaultTargets()
	}
	found, err := layers.Find(r.GetGraph(), "targets", targets, fromUser)
	return c, found, err
}

// problem says which attribute is out of range and why, or nothing.
func (c config) problem() (attribute, problem string) {
	switch {
	case c.Rank < 1 || c.Rank > maxRank:
		return "rank", fmt.Sprintf("The rank is %d, expected 1 to %d.", c.Rank, maxRank)
	case !(c.Initial >= -100 && c.Initial <= 100):
		return "initial", fmt.Sprintf("The start value is %v, expected -100 to 100.", c.Initial)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return "dropout", fmt.Sprintf("The rate is %v, expected 0 or more and less than 1.", c.Dropout)
	}
	return "", ""
}

// matrices are A and B, large enough for every layer.
type matrices struct {
	down, up ir.Value // A [rank, in], B [out, rank]
	in, out  int64
}

// shared adds A and B, frozen.
func (c config) shared(b *ir.RewriteBuilder, found []layers.Layer) matrices {
	var m matrices
	for _, l := range found {
		m.in, m.out = max(m.in, l.In), max(m.out, l.Out)
	}
	bound := func(inputs int64) ir.ParameterOption { return ir.Uniform(math.Sqrt(6 / float64(inputs))) }
	m.down = b.Frozen("vera_A", []int64{c.Rank, m.in}, bound(m.in))
	m.up = b.Frozen("vera_B", []int64{m.out, c.Rank}, bound(c.Rank))
	return m
}

func lambdaD(l layers.Layer) string { return l.Name() + ".vera_lambda_d" }
func lambdaB(l layers.Layer) string { return l.Name() + ".vera_lambda_b" }

// adapt writes the product beside one layer.
func (m matrices) adapt(b *ir.RewriteBuilder, c config, l layers.Layer) {
	name := l.Name()
	d := b.Parameter(lambdaD(l), []int64{c.Rank}, l.Copies(ir.Constant(c.Initial))...)
	scale := b.Parameter(lambdaB(l), []int64{l.Out}, l.Copies(ir.Constant(0))...)
	b.Replace(name, func(n *ir.Nodes, original ir.Value) ir.Value {
		down, up := m.down, m.up
		if l.In < m.in {
			down = n.Slice(name+".vera_A", down, 1, 0, l.In)
		}
		if l.Out < m.out {
			up = n.Slice(name+".vera_B", up, 0, 0, l.Out)
		}
		x := n.Dropout(name+".vera_dropout", l.Input(), c.Dropout)
		x = n.Multiply(name+".vera_inner", n.Linear(name+".vera_down", x, down), d)
		x = n.Multiply(name+".vera_scaled", n.Linear(name+".vera_up", x, up), scale)
		return n.Add(name+".vera_sum", original, x)
	})
}
