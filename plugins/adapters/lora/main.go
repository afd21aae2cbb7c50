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

	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/lowrank"
)

func main() { adapter.Serve(lora{}) }

type lora struct{}

func (lora) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:      "lora",
		Version:   "0.2.0",
		Summary:   "LoRA: low-rank matrices beside frozen linear layers.",
		PeftTypes: []string{"LORA"},
		Trains:    true,
		Schema:    lowrank.Schema(),
	}
}

func (lora) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	return lowrank.Method{}.Attach(r)
}
