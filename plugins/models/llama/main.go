// Command harness-model-llama is any network of the Llama architecture
// (LlamaForCausalLM): SmolLM2, TinyLlama, Llama itself. Descendants that were
// trained to fill in the middle have their own plugins.
//
// Without fine-tuning, a model sees a method up to the bug and continues it;
// fine-tuned, it sees the whole method with the bug marked in comments and
// writes the fixed lines.
package main

import (
	"context"

	"harness/core/sdk"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/leftcontext"
	network "harness/plugins/models/internal/llama"
)

func main() { model.Serve(llama{}) }

type llama struct{ leftcontext.Prompts }

func (llama) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "llama",
		Version:         "0.2.0",
		Summary:         "Any LlamaForCausalLM: SmolLM2, TinyLlama, Llama.",
		Schema:          &sdk.Schema{},
		NeedsCheckpoint: true,
		ModelTypes:      []string{"llama"},
	}
}

func (llama) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	return network.Build(r)
}
