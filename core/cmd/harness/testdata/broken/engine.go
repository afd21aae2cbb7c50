package main

import (
	"context"
	"errors"

	"harness/core/sdk"
	"harness/core/sdk/engine"
)

// slow is an engine that takes few settings and computes nothing.
type slow struct{ engine.Engine }

func (slow) Describe(context.Context) *engine.Description {
	return &engine.Description{Name: "slow", Version: "0.1.0", Summary: "An engine that can do little.", Schema: &sdk.Schema{}, Settings: []*engine.Setting{
		{Block: "train", Attribute: "optimizer", Values: []string{"adamw"}},
		{Block: "train", Attribute: "packing", Values: []string{"false"}},
		{Block: "train", Attribute: "precision", Values: []string{"f32"}},
		{Block: "train", Attribute: "of_another_version", Values: []string{"x"}},
		{Block: "generate", Attribute: "decode", Values: []string{"greedy", "beam"}},
	}}
}

func (slow) Device(context.Context, *engine.DeviceRequest) (*engine.DeviceResponse, error) {
	return &engine.DeviceResponse{Backend: "abacus", Class: "abacus"}, nil
}

func (slow) Estimate(context.Context, *engine.EstimateRequest) (*engine.EstimateResponse, error) {
	return nil, errors.New("nobody asks after mistakes were found")
}
