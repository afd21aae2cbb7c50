// Command harness-model-deepseekcoder is the DeepSeek-Coder family (DeepSeek,
// 2024): Llama networks with linearly scaled rotary positions, trained to fill
// in the middle.
package main

import (
	"context"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/infill"
	"harness/plugins/models/internal/llama"
)

func main() { model.Serve(family()) }

type deepseekCoder struct{ infill.Prompts }

func family() deepseekCoder {
	return deepseekCoder{infill.Prompts{Tokens: infill.Tokens{
		Prefix: "<｜fim▁begin｜>",
		Suffix: "<｜fim▁hole｜>",
		Middle: "<｜fim▁end｜>",
	}}}
}

func (f deepseekCoder) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "deepseekcoder",
		Version:         "0.2.0",
		Summary:         "DeepSeek-Coder: deepseek-coder-1.3b-base, 6.7b, 33b and networks of that architecture.",
		Schema:          infill.Schema(),
		NeedsCheckpoint: true,
		ModelTypes:      []string{"llama"},
		PromptTokens:    f.Tokens.Needed(),
	}
}

func (deepseekCoder) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := infill.CheckConfig(r.GetConfig()); err != nil {
		return nil, err
	}
	return llama.Build(r)
}
