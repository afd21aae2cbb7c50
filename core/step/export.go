package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"harness/core/ir"
	"harness/core/store"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// Export writes what a finished train step left into the folder to, which
// must not exist or be empty: an adapter in PEFT's format where PEFT knows the
// method, else the whole checkpoint with the trained weights in it. It says
// which. With half a checkpoint's weights are rounded to bfloat16, half the
// size.
func (w Train) Export(ctx context.Context, env *Env, key store.Key, to string, half bool) (what string, err error) {
	adapter := filepath.Join(env.Store.Path(key), adapterDir)
	if _, err := os.Stat(adapter); err == nil {
		return "PEFT adapter", copyFolder(adapter, to)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("export: %w", err)
	}
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return "", err
	}
	base, err := snapshot.Open(env.Store.Path(w.Network.Snapshot))
	if err != nil {
		return "", err
	}
	defer base.Close()
	trained, err := w.trainedTensors(env, net, key)
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return "checkpoint", snapshot.Write(to, snapshot.Contents{
		Config:   base.Config(),
		Tensors:  overlay{trained, base, half},
		CopyFrom: env.Store.Path(w.Network.Snapshot),
	})
}

// trainedTensors names the trained parameters as the checkpoint does.
func (w Train) trainedTensors(env *Env, net *network, key store.Key) (safetensors.Set, error) {
	file, err := safetensors.Open(trainedFile(env.Store, key))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	program, err := ir.Expand(net.built.Graph)
	if err != nil {
		return nil, err
	}
	var tensors []safetensors.Tensor
	for _, p := range program.Parameters {
		if _, ok := file.Info(p.Name); !ok {
			continue
		}
		t, err := file.Tensor(p.Name)
		if err != nil {
			return nil, err
		}
		values, err := t.Float32()
		if err != nil {
			return nil, err
		}
		if t, err = checkpointTensor(p, values); err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	if len(tensors) < len(file.Names()) {
		return nil, fmt.Errorf("adapter %s adds parameters that a checkpoint of %s cannot hold, and has no PEFT format", w.Network.Adapter.Name, w.Network.Model.Name)
	}
	return safetensors.NewSet(tensors...)
}

// overlay is a source whose upper tensors hide the lower ones.
type overlay struct {
	upper safetensors.Set
	lower safetensors.Source
	half  bool // floats as bfloat16
}

func (o overlay) Names() []string {
	names := o.lower.Names()
	for _, name := range o.upper.Names() {
		if _, ok := o.lower.Info(name); !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (o overlay) Info(name string) (safetensors.Info, bool) {
	info, ok := o.upper.Info(name)
	if !ok {
		info, ok = o.lower.Info(name)
	}
	if o.half && info.DType.IsFloat() {
		info.DType = safetensors.BF16
	}
	return info, ok
}

func (o overlay) Tensor(name string) (safetensors.Tensor, error) {
	var from safetensors.Source = o.lower
	if _, ok := o.upper.Info(name); ok {
		from = o.upper
	}
	t, err := from.Tensor(name)
	if err != nil || !o.half || !t.DType.IsFloat() {
		return t, err
	}
	return t.ToBF16()
}

func copyFolder(from, to string) error {
	if entries, err := os.ReadDir(to); err == nil && len(entries) > 0 {
		return fmt.Errorf("export: folder %s is not empty", to)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
