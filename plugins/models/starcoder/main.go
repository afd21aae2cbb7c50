// Command harness-model-starcoder is the StarCoder family (BigCode, 2023 and
// 2024): GPTBigCode networks, with one key and value for all heads, and
// Starcoder2 networks, with grouped queries, rotary positions and a window.
//
// Both were pretrained to fill in the middle, so prompts show a bug as a hole
// between the lines before and after it, with or without fine-tuning (arXiv
// 2507.19909).
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/infill"
)

func main() { model.Serve(family()) }

type starcoder struct{ infill.Prompts }

func family() starcoder {
	return starcoder{infill.Prompts{Tokens: infill.Tokens{
		Prefix: "<fim_prefix>",
		Suffix: "<fim_suffix>",
		Middle: "<fim_middle>",
		End:    "<file_sep>", // Starcoder2's separator of the files of a repository
	}}}
}

func (f starcoder) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "starcoder",
		Version:         "0.2.0",
		Summary:         "StarCoder (BigCode): starcoderbase-1b, 3b, 7b, starcoder, starcoder2-3b, 7b, 15b and networks of these architectures.",
		Schema:          infill.Schema(),
		NeedsCheckpoint: true,
		ModelTypes:      []string{"gpt_bigcode", "starcoder2"},
		PromptTokens:    f.Tokens.Needed(),
	}
}

// architecture is a parsed config.json.
type architecture interface {
	// response is the response of Build without the task.
	response(r *model.BuildRequest) (*model.BuildResponse, error)
}

// read finds the architecture and reads its config.json.
func read(text []byte) (architecture, error) {
	var kind struct {
		ModelType string `json:"model_type"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, err
	}
	switch kind.ModelType {
	case "gpt_bigcode":
		return readBigCode(text)
	case "starcoder2":
		return readStarcoder2(text)
	}
	return nil, fmt.Errorf("model_type is %q, expected \"gpt_bigcode\" or \"starcoder2\"", kind.ModelType)
}

func (starcoder) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := infill.CheckConfig(r.GetConfig()); err != nil {
		return nil, err
	}
	c, err := read(r.GetCheckpointConfig())
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	response, err := c.response(r)
	if err != nil {
		return nil, err
	}
	response.TaskType = "CAUSAL_LM"
	return response, nil
}
