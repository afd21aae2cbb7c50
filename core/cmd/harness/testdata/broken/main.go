// Command broken is an adapter plugin whose answers cannot be used, each in the
// way that its file's name says, or an engine that can do little.
package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"harness/core/ir"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/core/sdk/engine"
)

func main() {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "harness-engine-") {
		engine.Serve(slow{})
		return
	}
	adapter.Serve(broken(strings.TrimPrefix(filepath.Base(os.Args[0]), "harness-adapter-")))
}

type broken string

func (b broken) Describe(context.Context) *adapter.Description {
	return &adapter.Description{Name: string(b), Version: "0.1.0", Summary: "An adapter that cannot be used.", Schema: &sdk.Schema{}, Trains: true}
}

func (b broken) Attach(_ context.Context, r *adapter.AttachRequest) (*adapter.AttachResponse, error) {
	rewrite := ir.NewRewrite()
	if b == "misfit" { // scales the logits by a vector of another length
		scale := rewrite.Parameter("misfit.scale", []int64{3}, ir.Constant(1))
		rewrite.Replace("lm_head", func(n *ir.Nodes, logits ir.Value) ir.Value { return n.Multiply("misfit", logits, scale) })
		rewrite.Train("misfit.scale")
		return &adapter.AttachResponse{Rewrite: rewrite.Rewrite()}, nil
	}
	// Trains a parameter to which it gives no place in PEFT's files.
	rewrite.Train(r.GetGraph().GetParameters()[0].GetName())
	return &adapter.AttachResponse{Rewrite: rewrite.Rewrite(), Peft: &adapter.PeftFormat{AdapterConfig: []byte(`{"peft_type":"UNSAVED"}`)}}, nil
}
