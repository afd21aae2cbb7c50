// Command harness-adapter-full trains every parameter of a model.
package main

import (
	"context"

	"harness/core/sdk"
	"harness/core/sdk/adapter"
)

func main() { adapter.Serve(full{}) }

type full struct{}

func (full) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:    "full",
		Version: "0.1.0",
		Summary: "Full fine-tuning: every parameter trains.",
		Schema:  &sdk.Schema{},
		Trains:  true,
	}
}

func (full) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	return &adapter.AttachResponse{Rewrite: &adapter.Rewrite{Train: []string{"*"}}}, nil
}
