// Command harness-adapter-bitfit trains a model's biases and nothing else (Ben
// Zaken et al., 2022). It adds no parameters, and PEFT has no such method:
// what is trained is exported as a whole checkpoint.
package main

import (
	"context"
	"strings"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
)

func main() { adapter.Serve(bitfit{}) }

type bitfit struct{}

func (bitfit) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:    "bitfit",
		Version: "0.1.0",
		Summary: "BitFit: the model's biases train, its weights do not.",
		Schema:  &sdk.Schema{},
		Trains:  true,
	}
}

func (bitfit) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	if err := ir.Check(r.GetGraph()); err != nil {
		return nil, err
	}
	rewrite := &adapter.Rewrite{}
	for _, p := range r.GetGraph().GetParameters() {
		if isBias(p) {
			rewrite.Train = append(rewrite.Train, p.GetName())
		}
	}
	if len(rewrite.Train) == 0 {
		return nil, sdk.Diagnose(nil, "No biases", "BitFit trains biases, and this model has none (most Llama models are so); choose another adapter for it.")
	}
	return &adapter.AttachResponse{Rewrite: rewrite}, nil
}

// isBias goes by the name that the parameter has in the checkpoint, or else in
// the graph.
func isBias(p *ir.Parameter) bool {
	name := p.GetName()
	if tensors := p.GetSource().GetTensors(); len(tensors) > 0 {
		name = tensors[0]
	}
	return strings.HasSuffix(name, ".bias")
}
