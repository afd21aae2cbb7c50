package step

import (
	"context"
	"fmt"
	"path/filepath"

	"harness/core/adapt"
	"harness/core/store"
	"harness/core/weights/safetensors"
)

// Import takes over an adapter that was trained elsewhere and saved by PEFT.
// It leaves trained.safetensors.
type Import struct {
	Network Network `json:"network"` // with Saved
	Digest  string  `json:"digest"`  // of the folder
	Dir     string  `json:"-"`
}

func (Import) Kind() string         { return "import" }
func (Import) Version() int         { return 2 }
func (w Import) Needs() []store.Key { return []store.Key{w.Network.Snapshot} }
func (Import) Resource() Resource   { return IO }

func (w Import) Run(ctx context.Context, env *Env, dir string) error {
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	layout, err := adapt.LayoutOf(net.built.Graph, net.attached)
	if err != nil {
		return fmt.Errorf("adapter %s: %w", w.Network.Adapter.Name, err)
	}
	tensors, err := layout.Load(w.Dir)
	if err != nil {
		return err
	}
	return safetensors.WriteSource(filepath.Join(dir, "trained.safetensors"), tensors, nil)
}
