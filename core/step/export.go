package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"harness/core/adapt"
	"harness/core/store"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
)

// ErrNothingToMerge is Merge's error for a way to fine-tune that leaves a whole
// checkpoint anyway.
var ErrNothingToMerge = errors.New("nothing to merge: what was trained are the model's own weights")

// Checkpointing is how a whole checkpoint is written.
type Checkpointing struct {
	To    string            // folder, new or empty
	DType safetensors.DType // of all floats; "": as in the checkpoint trained from
	// Base is the checkpoint's name or path that an exported adapter's
	// configuration gives, by which PEFT finds it; "": none.
	Base string
	// Progress hears how many bytes of how many are written. May be nil.
	Progress func(done, total int64)
}

// Export writes what a finished train step left: an adapter in PEFT's format
// where PEFT knows the method, else the whole checkpoint with the trained
// weights in it. It says which.
func (w Train) Export(ctx context.Context, env *Env, key store.Key, c Checkpointing) (what string, err error) {
	dir, err := env.Store.Folder(ctx, key)
	if err != nil {
		return "", err
	}
	leaves, err := w.LeavesAdapter(env, key)
	if err != nil {
		return "", err
	}
	if leaves {
		return "PEFT adapter", c.exportAdapter(filepath.Join(dir, adapterDir))
	}
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return "", err
	}
	return "checkpoint", c.write(ctx, net, trainedPath(dir))
}

// LeavesAdapter says whether Export of a finished train step writes an adapter
// in PEFT's format, not a whole checkpoint.
func (Train) LeavesAdapter(env *Env, key store.Key) (bool, error) {
	_, err := os.Stat(filepath.Join(env.Store.Path(key), adapterDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("export: %w", err)
	}
	return err == nil, nil
}

// exportAdapter writes an adapter of the store, where it must not depend on
// where its checkpoint lies.
func (c Checkpointing) exportAdapter(from string) error {
	if err := c.checkEmpty(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	adapter, err := peft.Load(from)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if c.Base != "" {
		if adapter.Config, err = peft.WithBase(adapter.Config, c.Base); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	if err := peft.Save(c.To, adapter); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// Merge writes a whole checkpoint with the adapter of a finished train step
// folded into its weights.
func (w Train) Merge(ctx context.Context, env *Env, key store.Key, c Checkpointing) error {
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	if len(net.attached.GetRewrite().GetReplacements()) == 0 {
		return ErrNothingToMerge
	}
	engine, err := env.Plugins.Engine(ctx, w.Engine.Name)
	if err != nil {
		return err
	}
	state := net.state
	if state.Trained, err = env.Store.File(key, trainedFile); err != nil {
		return err
	}
	return c.merge(ctx, engine, state, func(changed string) error { return c.write(ctx, net, changed) })
}

// write composes the checkpoint out of the network's own and a file of changed
// parameters.
func (c Checkpointing) write(ctx context.Context, net *network, changed string) error {
	file, err := safetensors.Open(changed)
	if err != nil {
		return err
	}
	defer file.Close()
	return adapt.Checkpoint{
		Base: net.state.Checkpoint, Graph: net.built.Graph, Changed: file, DType: c.DType, Progress: c.Progress,
	}.Write(ctx, c.To)
}

// checkEmpty says early what writing would find out late.
func (c Checkpointing) checkEmpty() error {
	entries, err := os.ReadDir(c.To)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("write to %s: %w", c.To, err)
	case len(entries) > 0:
		return fmt.Errorf("folder %s is not empty", c.To)
	}
	return nil
}
