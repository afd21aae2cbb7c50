// Command harness-adapter-prefix trains keys and values that every layer's
// attention sees before the first token (prefix tuning, Li & Liang, 2021), as
// PEFT does without a projection. The tokens' positions count from behind the
// prefix, as in PEFT's forward pass; PEFT's generate counts them otherwise in
// some versions, and then disagrees with its own forward pass.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/peftconfig"
)

func main() { adapter.Serve(prefix{}) }

type prefix struct{}

// config is the block's body; the deviation's default is PEFT's start.
type config struct {
	Tokens    int64   `json:"tokens"`
	Deviation float64 `json:"deviation"`
}

func defaults() config { return config{Tokens: 20, Deviation: 1} }

func (prefix) Describe(context.Context) *adapter.Description {
	number := func(x float64) *float64 { return &x }
	return &adapter.Description{
		Name:      "prefix",
		Version:   "0.1.0",
		Summary:   "Prefix tuning: trained keys and values before the first token, in every layer.",
		PeftTypes: []string{"PREFIX_TUNING"},
		Trains:    true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "tokens", Type: `"number"`, DefaultJson: "20", Minimum: number(1), Maximum: number(ir.MaxFirstPosition),
				Description: "Length of the prefix in tokens. The model's longest input becomes shorter by as many."},
			{Name: "deviation", Type: `"number"`, DefaultJson: "1", Minimum: number(0), Maximum: number(100),
				Description: "Standard deviation of the prefix's initial values; 0 starts at zero."},
		}},
	}
}

// layered is an attention in every layer.
type layered struct {
	node        *ir.Node
	count       int
	heads, size int64 // of keys and values
}

func (l layered) width() int64 { return l.heads * l.size }

func (prefix) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	a, err := attention(r.GetGraph())
	if err != nil {
		return nil, err
	}
	c, err := read(r, a)
	if err != nil {
		return nil, err
	}
	b := ir.NewRewrite()
	var copies []ir.ParameterOption
	if a.count > 0 {
		copies = append(copies, ir.Templated(a.count))
	}
	copies = append(copies, ir.Normal(c.Deviation))
	name := a.node.GetName()
	key := b.Parameter(name+".prefix_key", []int64{c.Tokens, a.width()}, copies...)
	value := b.Parameter(name+".prefix_value", []int64{c.Tokens, a.width()}, copies...)
	b.Replace(name, func(n *ir.Nodes, _ ir.Value) ir.Value {
		var in []ir.Value
		for _, input := range a.node.GetInputs() {
			in = append(in, ir.Value(input))
		}
		heads := func(part string, v ir.Value) ir.Value {
			return n.Reshape(name+"."+part, v, c.Tokens, a.heads, a.size)
		}
		in = append(in, heads("prefix_keys", key), heads("prefix_values", value))
		op := &ir.Attention{
			Mask: ir.Causal, Scale: a.node.GetAttention().GetScale(), Alibi: a.node.GetAttention().GetAlibi(),
			RelativeBias: a.node.GetAttention().GetRelativeBias(), Dropout: a.node.GetAttention().GetDropout(), Prefix: true,
		}
		return n.Attention(name+".prefixed", in[0], in[1], in[2], op, in[3:]...)
	})
	rewrite := b.Rewrite()
	rewrite.FirstPosition = c.Tokens
	text, err := write(r, c, a)
	if err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{Rewrite: rewrite, Peft: &adapter.PeftFormat{
		AdapterConfig: text,
		Joined:        []*adapter.PeftJoin{{Tensor: "prompt_embeddings", Parameters: []string{string(key), string(value)}, Axis: 1}},
	}}, nil
}

// attention finds the network's attention: a decoder's, the same in all
// layers.
func attention(g *ir.Graph) (layered, error) {
	p, err := ir.Expand(g)
	if err != nil {
		return layered{}, err
	}
	refuse := func(format string, args ...any) (layered, error) {
		return layered{}, sdk.Diagnose(nil, "Prefix tuning does not fit the model", fmt.Sprintf(format, args...))
	}
	if g.GetEncoder() != nil {
		return refuse("The model has an encoder; prefix tuning is for decoders only here, since PEFT puts the prefix before both.")
	}
	if g.GetFirstPosition() != 0 {
		return refuse("The model's first position is %d already, as if there were a prefix.", g.GetFirstPosition())
	}
	var found []layered
	for _, item := range g.GetDecoder().GetItems() {
		nodes, count := []*ir.Node{item.GetNode()}, 0
		if repeat := item.GetRepeat(); repeat != nil {
			nodes, count = repeat.GetNodes(), int(repeat.GetCount())
		}
		for _, n := range nodes {
			if n.GetAttention() != nil {
				found = append(found, layered{node: n, count: count})
			}
		}
	}
	if len(found) != 1 {
		return refuse("The model has %d kinds of attention; a prefix needs one that is the same in all layers.", len(found))
	}
	a := found[0]
	switch op := a.node.GetAttention(); {
	case op.GetMask() != ir.Causal:
		return refuse("The attention %s is not causal.", a.node.GetName())
	case op.GetWindow() > 0:
		return refuse("The attention %s sees a window of %d tokens only, out of which a prefix moves.", a.node.GetName(), op.GetWindow())
	case op.GetPrefix():
		return refuse("The attention %s has a prefix already.", a.node.GetName())
	}
	key := ir.At(a.node.GetInputs()[1], 0)
	at := slices.IndexFunc(p.Decoder.Steps, func(s ir.Step) bool { return s.Name == key })
	if at < 0 {
		return refuse("The keys of %s are no node's result.", a.node.GetName())
	}
	dims := p.Decoder.Steps[at].Type.Dims
	a.heads, a.size = dims[0], dims[1]
	return a, nil
}

// read takes the settings from the block, or from PEFT's file.
func read(r *adapter.AttachRequest, a layered) (config, error) {
	c := defaults()
	if len(r.GetPeftConfig()) == 0 {
		if err := sdk.Decode(r.GetConfig(), &c); err != nil {
			return config{}, err
		}
		switch {
		case c.Tokens < 1 || c.Tokens > ir.MaxFirstPosition:
			return config{}, sdk.Diagnose([]string{"tokens"}, "Prefix out of range", fmt.Sprintf("The prefix has %d tokens, expected 1 to %d.", c.Tokens, ir.MaxFirstPosition))
		case !(c.Deviation >= 0 && c.Deviation <= 100):
			return config{}, sdk.Diagnose([]string{"deviation"}, "Deviation out of range", fmt.Sprintf("The deviation is %v, expected 0 to 100.", c.Deviation))
		}
		return c, nil
	}
	reader, err := peftconfig.Read(r.GetPeftConfig(), "PREFIX_TUNING")
	if err != nil {
		return config{}, err
	}
	if reader.Task != "CAUSAL_LM" {
		// Without a task PEFT's model passes over the prefix, and with another
		// it is a model of another kind.
		reader.Problem("task_type is %q, but PEFT puts a prefix before a decoder's text only with \"CAUSAL_LM\"", reader.Task)
	}
	c.Tokens = 0
	reader.Take("num_virtual_tokens", &c.Tokens)
	if c.Tokens < 1 || c.Tokens > ir.MaxFirstPosition {
		reader.Problem("num_virtual_tokens is %d, expected 1 to %d", c.Tokens, ir.MaxFirstPosition)
	}
	want := func(key string, value int64) {
		is := value
		if reader.TakeOptional(key, &is); is != value {
			reader.Problem("%s is %d, but the model's is %d", key, is, value)
		}
	}
	want("num_layers", int64(max(1, a.count)))
	want("token_dim", a.width())
	want("num_attention_heads", a.heads)
	want("num_transformer_submodules", 1)
	// A finished prefix is saved as keys and values, whatever made them.
	reader.Ignore("encoder_hidden_size", "prefix_projection", "init_weights")
	reader.Refuse("modules_to_save", "weights of whole modules beside the prefix are not supported")
	return c, reader.Close()
}

// write is adapter_config.json as PEFT writes it.
func write(r *adapter.AttachRequest, c config, a layered) ([]byte, error) {
	task := r.GetTaskType()
	if task == "" {
		task = "CAUSAL_LM"
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type":                  "PREFIX_TUNING",
		"task_type":                  task,
		"inference_mode":             true,
		"num_virtual_tokens":         c.Tokens,
		"num_layers":                 max(1, a.count),
		"num_attention_heads":        a.heads,
		"token_dim":                  a.width(),
		"encoder_hidden_size":        a.width(),
		"num_transformer_submodules": 1,
		"prefix_projection":          false,
		"modules_to_save":            nil,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write adapter_config.json: %w", err)
	}
	return append(text, '\n'), nil
}
