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
	"harness/core/weights/safetensors"
)

// ErrNothingToMerge is Merge's error for a way to fine-tune that leaves a whole
// checkpoint anyway.
var ErrNothingToMerge = errors.New("nothing to merge: what was trained are the model's own weights")

// Checkpointing is how a whole checkpoint is written.
type Checkpointing struct {
	To    string            // folder, new or empty
	DType safetensors.DType // of all floats; "": as in the checkpoint trained from
	// Progress hears how many bytes of how many are written. May be nil.
	Progress func(done, total int64)
}

// Export writes what a finished train step left: an adapter in PEFT's format
// where PEFT knows the method, else the whole checkpoint with the trained
// weights in it. It says which.
func (w Train) Export(ctx context.Context, env *Env, key store.Key, c Checkpointing) (what string, err error) {
	adapter := filepath.Join(env.Store.Path(key), adapterDir)
	if _, err := os.Stat(adapter); err == nil {
		return "PEFT adapter", copyFolder(adapter, c.To)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("export: %w", err)
	}
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return "", err
	}
	return "checkpoint", c.write(net, trainedFile(env.Store, key))
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
	state.Trained = trainedFile(env.Store, key)
	return c.merge(ctx, engine, state, func(changed string) error { return c.write(net, changed) })
}

// write composes the checkpoint out of the network's own and a file of changed
// parameters.
func (c Checkpointing) write(net *network, changed string) error {
	file, err := safetensors.Open(changed)
	if err != nil {
		return err
	}
	defer file.Close()
	return adapt.Checkpoint{
		Base: net.state.Checkpoint, Graph: net.built.Graph, Changed: file, DType: c.DType, Progress: c.Progress,
	}.Write(c.To)
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

func copyFolder(from, to string) error {
	if err := (Checkpointing{To: to}).checkEmpty(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
