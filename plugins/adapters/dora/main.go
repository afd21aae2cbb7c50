// Command harness-adapter-dora splits a linear layer's weight into magnitude
// and direction (Liu et al., 2024) and trains the magnitude m and a low-rank
// change of the direction, as PEFT does:
//
//	y = m · (W + s·B·A)·x / ‖W + s·B·A‖ + bias      s = alpha/rank
//
// with one m and one norm an output. No gradient flows through the norm. A
// starts uniform in ±1/√in, B at zero and m as ‖W‖, so that training starts
// from the unchanged model.
package main

import (
	"context"

	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/lowrank"
)

func main() { adapter.Serve(dora{}) }

type dora struct{}

func (dora) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:      "dora",
		Version:   "0.1.0",
		Summary:   "DoRA: a trained magnitude and a low-rank change of direction for frozen linear layers.",
		PeftTypes: []string{"LORA"},
		Trains:    true,
		Schema:    lowrank.Schema(),
	}
}

func (dora) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	return lowrank.Method{Magnitude: true}.Attach(r)
}
