// Command harness-adapter-none leaves a model as it is: the baseline that
// every way to fine-tune is compared with.
package main

import (
	"context"

	"harness/core/sdk"
	"harness/core/sdk/adapter"
)

func main() { adapter.Serve(none{}) }

type none struct{}

func (none) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:    "none",
		Version: "0.1.0",
		Summary: "No fine-tuning: the checkpoint as it is.",
		Schema:  &sdk.Schema{},
	}
}

func (none) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{Rewrite: &adapter.Rewrite{}}, nil
}
