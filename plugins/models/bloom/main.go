// Command harness-model-bloom is the Bloom family (BigScience, 2022): decoders
// that use attention biases by distance (ALiBi) instead of position embeddings.
//
// Bloom models get the same prompts as CodeGen models: without fine-tuning, a
// model sees the method up to the bug and continues it; fine-tuned, it sees the
// whole method with the bug marked in comments and writes the fixed lines
// (arXiv 2507.19909).
package main

import (
	"context"
	"fmt"

	"harness/core/sdk"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/leftcontext"
)

func main() { model.Serve(bloom{}) }

type bloom struct{ leftcontext.Prompts }

func (bloom) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "bloom",
		Version:         "0.2.0",
		Summary:         "Bloom (BigScience): bloom-560m, 1b1, 1b7, 3b, 7b1 and networks of that architecture.",
		Schema:          &sdk.Schema{},
		NeedsCheckpoint: true,
		ModelTypes:      []string{"bloom"},
	}
}

func (bloom) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
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
	return &model.BuildResponse{
		Graph:        graph,
		MaxPositions: 0, // ALiBi has no maximum distance
		Vocabulary:   c.Vocabulary,
		Eos:          roles.EOS,
		Pad:          roles.Padding(c.Vocabulary),
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.self_attention.query_key_value"}},
			"ia3":             {Patterns: []string{"*.self_attention.query_key_value", "*.mlp.dense_4h_to_h"}},
			"ia3.feedforward": {Patterns: []string{"*.mlp.dense_4h_to_h"}},
		},
		TaskType: "CAUSAL_LM",
	}, nil
}
