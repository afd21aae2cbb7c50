package lowrank

import (
	"fmt"
	"math"
	"strings"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/layers"
)

// Method is LoRA, or DoRA with a magnitude.
type Method struct {
	Magnitude bool
}

// Attach answers an AttachRequest.
func (m Method) Attach(r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := ir.Check(r.GetGraph()); err != nil {
		return nil, err
	}
	c, found, err := m.chosen(r)
	if err != nil {
		return nil, err
	}
	products, err := c.products(found)
	if err != nil {
		return nil, err
	}
	b := ir.NewRewrite()
	tensors := map[string]string{}
	for _, p := range products {
		m.adapt(b, c, p)
		module := layers.Prefix + p.Module
		tensors[p.a()] = module + ".lora_A.weight"
		tensors[p.b()] = module + ".lora_B.weight"
		if m.Magnitude {
			tensors[p.magnitude()] = module + ".lora_magnitude_vector"
		}
	}
	if err := c.biases(b, r.GetGraph(), products, tensors); err != nil {
		return nil, err
	}
	text, err := m.write(c, r, products)
	if err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{
		Rewrite: b.Rewrite(),
		Peft:    &adapter.PeftFormat{AdapterConfig: text, Tensors: tensors},
	}, nil
}

// chosen reads the settings, from the block or from PEFT's file, and finds the
// layers that they mean.
func (m Method) chosen(r *adapter.AttachRequest) (config, []layers.Layer, error) {
	if len(r.GetPeftConfig()) > 0 {
		return m.read(r)
	}
	c, err := readConfig(r.GetConfig())
	if err != nil {
		return c, nil, err
	}
	targets, fromUser := c.Targets, len(c.Targets) > 0
	if !fromUser {
		targets = r.GetDefaultTargets()
	}
	found, err := layers.Find(r.GetGraph(), "targets", targets, fromUser)
	if err != nil {
		return c, nil, err
	}
	products, err := c.products(found)
	if err != nil {
		return c, nil, sdk.Diagnose(nil, "Pattern does not fit", err.Error()+".")
	}
	for _, p := range products {
		if p.rank > min(p.In, p.Out) {
			return c, nil, sdk.Diagnose([]string{"rank"}, "Rank too high", fmt.Sprintf("The rank %d exceeds a side of %s, which is %d to %d.", p.rank, p.Name(), p.In, p.Out))
		}
	}
	return c, found, nil
}

func (p product) a() string         { return p.Name() + ".lora_A.weight" }
func (p product) b() string         { return p.Name() + ".lora_B.weight" }
func (p product) magnitude() string { return p.Name() + ".lora_magnitude_vector" }

// adapt writes the product beside one layer.
func (m Method) adapt(b *ir.RewriteBuilder, c config, p product) {
	down := b.Parameter(p.a(), []int64{p.rank, p.In}, p.Copies(ir.Uniform(1/math.Sqrt(float64(p.In))))...)
	up := b.Parameter(p.b(), []int64{p.Out, p.rank}, p.Copies(ir.Constant(0))...)
	name := p.Name()
	low := func(n *ir.Nodes, x ir.Value) ir.Value {
		return n.Scale(name+".lora_scaled", n.Linear(name+".lora_B", n.Linear(name+".lora_A", x, down), up), p.scale)
	}
	if !m.Magnitude {
		b.Replace(name, func(n *ir.Nodes, original ir.Value) ir.Value {
			return n.Add(name+".lora_sum", original, low(n, n.Dropout(name+".lora_dropout", p.Input(), c.Dropout)))
		})
		return
	}
	axis := 1
	if p.InOut {
		axis = 0
	}
	magnitude := b.Parameter(p.magnitude(), []int64{p.Out}, p.Copies(ir.NormOf(ir.Value(p.Weight), axis))...)
	b.Replace(name, func(n *ir.Nodes, original ir.Value) ir.Value {
		factor := n.Divide(name+".dora_factor", magnitude, p.norm(n, down, up, axis))
		x := n.Dropout(name+".lora_dropout", p.Input(), c.Dropout)
		base := p.withoutBias(n, x)
		directed := n.Multiply(name+".dora_directed", n.Add(name+".lora_sum", base, low(n, x)), factor)
		switch {
		case c.Dropout > 0:
			// PEFT drops inputs of the correction only: the layer's own result
			// stays, and what it would give for the dropped input goes.
			return n.Add(name+".dora_sum", original, n.Subtract(name+".dora_change", directed, base))
		case p.Bias != "":
			return n.Add(name+".dora_sum", directed, ir.Value(p.Bias))
		}
		return directed
	})
}

// norm is ‖W + scale·B·A‖ by outputs, through which no gradient flows.
func (p product) norm(n *ir.Nodes, down, up ir.Value, axis int) ir.Value {
	name := p.Name()
	var weight ir.Value
	if p.InOut {
		weight = n.MatMul(name+".dora_product", down, up, true, true)
	} else {
		weight = n.MatMul(name+".dora_product", up, down, false, false)
	}
	weight = n.Add(name+".dora_weight", ir.Value(p.Weight), n.Scale(name+".dora_scaled", weight, p.scale))
	sum := n.Reduce(name+".dora_squares", n.Unary(name+".dora_square", ir.Square, weight), ir.Sum, axis, false)
	return n.Unary(name+".dora_norm", ir.StopGradient, n.Unary(name+".dora_root", ir.Sqrt, sum))
}

// withoutBias is the layer's product alone.
func (p product) withoutBias(n *ir.Nodes, x ir.Value) ir.Value {
	name := p.Name() + ".dora_base"
	if p.InOut {
		return n.LinearInOut(name, x, ir.Value(p.Weight))
	}
	return n.Linear(name, x, ir.Value(p.Weight))
}

// biases makes biases of the model train, and names them as PEFT does: an
// adapted layer's is one module deeper.
func (c config) biases(b *ir.RewriteBuilder, g *ir.Graph, products []product, tensors map[string]string) error {
	if c.Bias == "none" {
		return nil
	}
	of := map[string]product{}
	for _, p := range products {
		if p.Bias != "" {
			of[p.Bias] = p
		}
	}
	any := false
	for _, parameter := range g.GetParameters() {
		name := parameter.GetName()
		p, adapted := of[name]
		switch {
		case adapted:
			tensors[name] = layers.Prefix + p.Module + ".base_layer.bias"
		case c.Bias == "all" && isBias(parameter):
			tensors[name] = layers.Prefix + parameter.GetSource().GetTensors()[0]
		default:
			continue
		}
		b.Train(name)
		any = true
	}
	if !any {
		return sdk.Diagnose([]string{"bias"}, "No biases", fmt.Sprintf("Bias is %q, but the layers that this means have none.", c.Bias))
	}
	return nil
}

// isBias goes by the end of the name, as PEFT does.
func isBias(p *ir.Parameter) bool {
	tensors := p.GetSource().GetTensors()
	return len(tensors) > 0 && strings.HasSuffix(tensors[0], ".bias")
}
