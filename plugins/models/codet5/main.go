// Command harness-model-codet5 is the CodeT5 family (Salesforce, 2021):
// T5 networks, an encoder that reads the method and a decoder that writes.
//
// Fine-tuned, a CodeT5 model reads the whole method with the bug marked in
// comments and writes the fixed lines (the formats of arXiv 2507.19909).
// Without fine-tuning it reads the method with a mask token in place of the
// buggy lines, which is how it was pretrained, and writes what the mask hides.
package main

import (
	"context"
	"fmt"

	"harness/core/sdk"
	"harness/core/sdk/model"
)

func main() { model.Serve(codet5{}) }

type codet5 struct{}

func (codet5) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:            "codet5",
		Version:         "0.2.0",
		Summary:         "CodeT5 (Salesforce): codet5-small, base, large, codet5p-770m and other T5 networks.",
		Schema:          &sdk.Schema{},
		NeedsCheckpoint: true,
		ModelTypes:      []string{"t5"},
		PromptTokens:    []string{mask, next},
	}
}

func (codet5) Build(_ context.Context, r *model.BuildRequest) (*model.BuildResponse, error) {
	if err := sdk.Decode(r.GetConfig(), &struct{}{}); err != nil {
		return nil, err
	}
	c, err := readConfig(r.GetCheckpointConfig())
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	roles, err := c.Generating(r, c.Vocabulary)
	if err == nil {
		err = c.start(roles)
	}
	if err != nil {
		return nil, err
	}
	graph, err := c.graph(r)
	if err != nil {
		return nil, fmt.Errorf("config.json describes no valid network: %w", err)
	}
	return &model.BuildResponse{
		Graph:        graph,
		MaxPositions: 0, // relative positions have no maximum
		Vocabulary:   c.Vocabulary,
		Eos:          roles.EOS,
		Pad:          *c.Pad,
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.q", "*.v"}},
			"ia3":             {Patterns: []string{"*.k", "*.v", "*.wo"}},
			"ia3.feedforward": {Patterns: []string{"*.wo"}},
		},
		TaskType: "SEQ_2_SEQ_LM",
	}, nil
}
