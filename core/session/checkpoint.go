package session

import (
	"context"

	"harness/core/checkpoint"
	"harness/core/ir"
	"harness/core/weights/snapshot"
)

// CheckCheckpoint implements plan.World. Who only reads results computes nothing
// with the checkpoint.
func (w *world) CheckCheckpoint(ctx context.Context, model string, config []byte, dir string) error {
	if w.remembers() {
		return nil
	}
	summary, err := snapshot.Summarize(dir)
	if err != nil {
		return err
	}
	family, err := w.host.Model(ctx, model)
	if err != nil {
		return err
	}
	built, err := family.Build(ctx, checkpoint.Request(config, summary))
	if err != nil {
		return err
	}
	network, err := ir.Expand(built.GetGraph())
	if err != nil {
		return err
	}
	return checkpoint.Check(network, summary.Tensors)
}
