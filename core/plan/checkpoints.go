package plan

import (
	"context"
	"errors"
	"fmt"

	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/study"
)

// checkCheckpoint reports a checkpoint that its model block's family does not
// read as it was meant: before any work, not when its weights are loaded.
func (b *builder) checkCheckpoint(ctx context.Context, block *study.Block) {
	if _, ok := b.digests[block.Source]; block.Kind != "model" || !ok {
		return // there is none, or it cannot be read, which is reported
	}
	err := b.World.CheckCheckpoint(ctx, block.Type, block.Config, b.path(block.Source))
	var told *pluginhost.DiagnosticsError
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.As(err, &told):
		for _, d := range told.Diagnostics {
			b.diagnostics = append(b.diagnostics, block.Diagnostic(d))
		}
	default:
		b.diagnostics = append(b.diagnostics, block.Diagnostic(&pb.Diagnostic{
			Summary: "Checkpoint does not fit the model type",
			Detail:  fmt.Sprintf("source = %q: %v.", block.Source, err),
			Path:    []string{"source"},
		}))
	}
}
