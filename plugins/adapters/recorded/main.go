// Command harness-adapter-recorded names a way to fine-tune that someone else
// applied: the candidates of the models so trained are replayed. It fits only
// models that answer by themselves, and trains nothing.
//
//	adapter "recorded" "lora" { method = "LoRA" }
package main

import (
	"context"

	"harness/core/sdk"
	"harness/core/sdk/adapter"
)

func main() { adapter.Serve(recorded{}) }

type recorded struct{}

func (recorded) Describe(context.Context) *adapter.Description {
	return &adapter.Description{
		Name:     "recorded",
		Version:  "0.1.0",
		Summary:  "A method that was applied elsewhere, for candidates that are replayed.",
		Recorded: true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name:        "method",
			Type:        "string",
			Description: "What was done, for readers. The adapter's name chooses the recording.",
		}}},
	}
}
