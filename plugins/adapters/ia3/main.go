// Command harness-adapter-ia3 scales activations by trained vectors (Liu et
// al., 2022), as PEFT does: the output of a linear layer, its bias included,
// or, for feed-forward layers, its input. The vectors start at one, so that
// training starts from the unchanged model.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/layers"
	"harness/plugins/adapters/internal/peftconfig"
)

func main() { adapter.Serve(ia3{}) }

type ia3 struct{}

// config is the block's body. Both lists are given, or the family's are used.
type config struct {
	Targets     []string `json:"targets"`
	FeedForward []string `json:"feedforward"`
}

// feedForward is the group in which a family lists its feed-forward targets.
const feedForward = "feedforward"

func (ia3) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:      "ia3",
		Version:   "0.1.0",
		Summary:   "IA³: trained vectors that scale keys, values and feed-forward activations.",
		PeftTypes: []string{"IA3"},
		Trains:    true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "targets", Type: `["list","string"]`,
				Description: "Linear layers to scale: names, ends of names after a dot, or patterns with `*`. If not set, those that PEFT takes for the model's family."},
			{Name: "feedforward", Type: `["list","string"]`,
				Description: "Targets whose input is scaled instead of their output. If not set, those of the model's family, or none if targets are set."},
		}},
	}
}

// scaled is a layer and which side of it is scaled.
type scaled struct {
	layers.Layer
	input bool
}

func (s scaled) vector() string { return s.Name() + ".ia3_l" }

func (ia3) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := ir.Check(r.GetGraph()); err != nil {
		return nil, err
	}
	choose := fromBlock
	if len(r.GetPeftConfig()) > 0 {
		choose = fromPEFT
	}
	found, err := choose(r)
	if err != nil {
		return nil, err
	}
	b := ir.NewRewrite()
	tensors := map[string]string{}
	for _, s := range found {
		s.adapt(b)
		tensors[s.vector()] = layers.Prefix + s.Module + ".ia3_l"
	}
	text, err := write(r, found)
	if err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{
		Rewrite: b.Rewrite(),
		Peft:    &adapter.PeftFormat{AdapterConfig: text, Tensors: tensors},
	}, nil
}

func fromBlock(r *adapter.AttachRequest) ([]scaled, error) {
	var c config
	if err := sdk.Decode(r.GetConfig(), &c); err != nil {
		return nil, err
	}
	fromUser := len(c.Targets) > 0
	if !fromUser {
		c.Targets = r.GetDefaultTargets()
	}
	if len(c.Targets) == 0 {
		return nil, sdk.Diagnose([]string{"targets"}, "No target layers", "The model family names no default targets for IA³; list the layers to scale, for instance targets = [\"k_proj\", \"v_proj\", \"down_proj\"] and feedforward = [\"down_proj\"].")
	}
	feedForwardFromUser := len(c.FeedForward) > 0
	if !feedForwardFromUser && !fromUser {
		c.FeedForward = r.GetTargetGroups()[feedForward].GetPatterns()
	}
	found, err := layers.Find(r.GetGraph(), "targets", c.Targets, fromUser)
	if err != nil {
		return nil, err
	}
	input := map[string]bool{}
	if len(c.FeedForward) > 0 {
		fed, err := layers.Find(r.GetGraph(), "feedforward", c.FeedForward, feedForwardFromUser)
		if err != nil {
			return nil, err
		}
		for _, l := range fed {
			input[l.Name()] = true
		}
	}
	var out []scaled
	for _, l := range found {
		out = append(out, scaled{l, input[l.Name()]})
		delete(input, l.Name())
	}
	if feedForwardFromUser {
		for name := range input {
			return nil, sdk.Diagnose([]string{"feedforward"}, "Not a target", fmt.Sprintf("The feed-forward layer %s is not among the targets; list it there too.", name))
		}
	}
	return out, nil
}

// adapt scales one side of a layer. The vector has PEFT's shape, in which an
// optimizer may see a matrix.
func (s scaled) adapt(b *ir.RewriteBuilder) {
	name, one := s.Name(), ir.Constant(1)
	if !s.input {
		l := b.Parameter(s.vector(), []int64{s.Out, 1}, s.Copies(one)...)
		b.Replace(name, func(n *ir.Nodes, original ir.Value) ir.Value {
			return n.Multiply(name+".ia3_scaled", original, n.Reshape(name+".ia3_vector", l, s.Out))
		})
		return
	}
	l := b.Parameter(s.vector(), []int64{1, s.In}, s.Copies(one)...)
	b.Replace(name, func(n *ir.Nodes, _ ir.Value) ir.Value {
		x := n.Multiply(name+".ia3_scaled", s.Input(), n.Reshape(name+".ia3_vector", l, s.In))
		var rest []ir.Value
		for _, input := range s.Node.GetInputs()[2:] {
			rest = append(rest, ir.Value(input))
		}
		if s.InOut {
			return n.LinearInOut(name+".ia3_linear", x, ir.Value(s.Weight), rest...)
		}
		return n.Linear(name+".ia3_linear", x, ir.Value(s.Weight), rest...)
	})
}

// write is adapter_config.json as PEFT writes it, as far as it is not default.
func write(r *adapter.AttachRequest, found []scaled) ([]byte, error) {
	var inputs, outputs []layers.Layer
	transposed := false
	for _, s := range found {
		if s.input {
			inputs = append(inputs, s.Layer)
		} else {
			outputs = append(outputs, s.Layer)
		}
		transposed = s.Transposed
	}
	// PEFT demands that the feed-forward names are among the targets.
	fed := append([]string{}, layers.Ends(r.GetGraph(), inputs)...)
	targets := append(layers.Ends(r.GetGraph(), outputs), fed...)
	slices.Sort(targets)
	task := r.GetTaskType()
	if task == "" {
		task = "CAUSAL_LM"
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type":           "IA3",
		"task_type":           task,
		"inference_mode":      true,
		"target_modules":      targets,
		"feedforward_modules": fed,
		"fan_in_fan_out":      transposed,
		"init_ia3_weights":    true,
		"modules_to_save":     nil,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write adapter_config.json: %w", err)
	}
	return append(text, '\n'), nil
}

// fromPEFT takes the layers from PEFT's file.
func fromPEFT(r *adapter.AttachRequest) ([]scaled, error) {
	reader, err := peftconfig.Read(r.GetPeftConfig(), "IA3")
	if err != nil {
		return nil, err
	}
	var s layers.Selection
	var fed layers.Modules
	reader.TakeOptional("target_modules", &s.Targets)
	reader.TakeOptional("exclude_modules", &s.Exclude)
	reader.TakeOptional("feedforward_modules", &fed)
	// A linear layer's weight has one orientation in PEFT, whatever is said.
	reader.Ignore("fan_in_fan_out", "init_ia3_weights")
	reader.Refuse("modules_to_save", "weights of whole modules beside the adapter are not supported; merge them into the checkpoint with PEFT")
	if s.Targets.Empty() {
		reader.Problem("target_modules is missing")
	}
	if err := reader.Close(); err != nil {
		return nil, err
	}
	found, err := layers.Select(r.GetGraph(), s)
	if err != nil {
		return nil, err
	}
	isFed, err := fed.FeedForward()
	if err != nil {
		return nil, err
	}
	var out []scaled
	for _, l := range found {
		input, err := isFed(l)
		if err != nil {
			return nil, err
		}
		out = append(out, scaled{l, input})
	}
	return out, nil
}
