// Command harness-model-codellama is the Code Llama family (Meta, 2023): Llama
// networks with a longer rotary period. The models with 7 and 13 billion
// parameters were trained to fill in the middle, and this plugin's prompts use
// that; the others lack the tokens for it and run as plain "llama".
package main

import (
	"context"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/infill"
	"harness/plugins/models/internal/llama"
)

func main() { model.Serve(family()) }

type codeLlama struct{ infill.Prompts }

func family() codeLlama {
	return codeLlama{infill.Prompts{Tokens: infill.Tokens{
		Prefix: "▁<PRE>",
		Suffix: "▁<SUF>",
		Middle: "▁<MID>",
		End:    "▁<EOT>",
	}}}
}

func (f codeLlama) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "codellama",
		Version:         "0.2.0",
		Summary:         "Code Llama: CodeLlama-7b-hf, 13b and networks of that architecture.",
		Schema:          infill.Schema(),
		NeedsCheckpoint: true,
		ModelTypes:      []string{"llama"},
		PromptTokens:    f.Tokens.Needed(),
	}
}

func (codeLlama) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := infill.CheckConfig(r.GetConfig()); err != nil {
		return nil, err
	}
	return llama.Build(r)
}
