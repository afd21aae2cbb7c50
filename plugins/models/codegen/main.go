// Command harness-model-codegen is the CodeGen family (Salesforce, 2022):
// decoders with rotary positions, and with attention and the feed-forward part
// in parallel.
//
// Without fine-tuning, a CodeGen model sees a method up to the bug and continues
// it; fine-tuned, it sees the whole method with the bug marked in comments and
// writes the fixed lines. Both formats are from arXiv 2507.19909.
package main

import (
	"context"
	"fmt"

	"harness/core/sdk"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/leftcontext"
)

func main() { model.Serve(codegen{}) }

type codegen struct{ leftcontext.Prompts }

func (codegen) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "codegen",
		Version:         "0.2.0",
		Summary:         "CodeGen (Salesforce): codegen-350M, 2B, 6B, 16B and networks of that architecture.",
		Schema:          &sdk.Schema{},
		NeedsCheckpoint: true,
		ModelTypes:      []string{"codegen"},
	}
}

func (codegen) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	c, err := readConfig(r.GetCheckpointConfig())
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	roles, err := c.Generating(r, c.Vocabulary)
	if err != nil {
		return nil, err
	}
	graph, err := c.graph(r)
	if err != nil {
		return nil, fmt.Errorf("config.json describes no valid network: %w", err)
	}
	attention := &model.NodePatterns{Patterns: []string{"*.attn.qkv_proj"}}
	return &model.BuildResponse{
		Graph:        graph,
		MaxPositions: c.Positions,
		Vocabulary:   c.Vocabulary,
		Eos:          roles.EOS,
		Pad:          roles.Padding(c.Vocabulary),
		Targets: map[string]*model.NodePatterns{
			"":                attention,
			"ia3":             {Patterns: []string{"*.attn.qkv_proj", "*.mlp.fc_out"}},
			"ia3.feedforward": {Patterns: []string{"*.mlp.fc_out"}},
		},
		TaskType: "CAUSAL_LM",
	}, nil
}
