package engine

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/weights/safetensors"
)

// Files of a trained epoch. The optimizer's file holds its state for each parameter
// and, as metadata, its settings and the number of steps.
const (
	trainedFile   = "trained.safetensors"
	optimizerFile = "optimizer.safetensors"
	optimizerKey  = "optimizer"
	stepsKey      = "steps"
)

// loadKept loads an optimizer state to continue, or starts one at zero.
func (t *trainer) loadKept() error {
	if t.start.GetStateIn() == "" {
		return t.eachKept(func(p ir.Param) (*tensors.Tensor, error) { return t.engine.zeros(ints(p.Shape)) })
	}
	f, err := safetensors.Open(filepath.Join(t.start.GetStateIn(), optimizerFile))
	if err != nil {
		return fmt.Errorf("optimizer state: %w", err)
	}
	defer f.Close()
	where := "optimizer state in " + t.start.GetStateIn()
	steps, err := strconv.ParseInt(f.Metadata()[stepsKey], 10, 64)
	if err != nil || steps < 0 || steps > 1<<40 {
		return fmt.Errorf("%s: the number of steps is %q", where, f.Metadata()[stepsKey])
	}
	if got, want := f.Metadata()[optimizerKey], t.updates.optimizer.String(); got != want {
		return fmt.Errorf("%s: it belongs to %q and cannot continue %q", where, got, want)
	}
	want := 0
	for _, p := range t.updates.parameters {
		want += len(p.keeps)
	}
	if got := len(f.Names()); got != want {
		return fmt.Errorf("%s: %d tensors, but the trained parameters need %d", where, got, want)
	}
	t.step = steps
	return t.eachKept(func(p ir.Param) (*tensors.Tensor, error) {
		st := stored{from: f, where: where, name: p.Name}
		return t.engine.device(p, layout{}, func(t *tensors.Tensor) error { return st.fill(t, p, layout{}, nil) })
	})
}

// eachKept makes the tensors of the optimizer's state.
func (t *trainer) eachKept(make func(ir.Param) (*tensors.Tensor, error)) error {
	for _, p := range t.updates.parameters {
		var kept []*tensors.Tensor
		for _, k := range p.keeps {
			tensor, err := make(ir.Param{Name: k.prefix + p.Name, Shape: k.shape})
			if err != nil {
				release(kept...)
				return fmt.Errorf("optimizer state: tensor %q: %w", k.prefix+p.Name, err)
			}
			kept = append(kept, tensor)
		}
		t.kept = append(t.kept, kept)
	}
	return nil
}

// save writes both files, with one tensor at a time on the host. The trained file also
// holds the parameters that the adapter adds and freezes, so that it contains the
// whole adapter and does not depend on the reader's seed.
func (t *trainer) save() error {
	weights, kept := onDevice{}, onDevice{}
	for i, p := range t.updates.parameters {
		weights[p.Name] = deviceTensor{p.Shape, t.weights[p.index]}
		for j, k := range p.keeps {
			kept[k.prefix+p.Name] = deviceTensor{k.shape, t.kept[i][j]}
		}
	}
	adapter := &adapterTensors{onDevice: weights, trainer: t, frozen: map[string]ir.Param{}}
	for _, p := range t.network.frozen {
		adapter.frozen[p.Name] = p
	}
	if err := adapter.write(); err != nil {
		return err
	}
	return safetensors.WriteSource(filepath.Join(t.start.GetStateOut(), optimizerFile), kept, map[string]string{
		optimizerKey: t.updates.optimizer.String(),
		stepsKey:     strconv.FormatInt(t.step, 10),
	})
}

// onDevice is a source of tensors on the device. It copies them to the host on
// request.
type onDevice map[string]deviceTensor

type deviceTensor struct {
	shape []int64
	from  *tensors.Tensor
}

func (d onDevice) Names() []string { return slices.Sorted(maps.Keys(d)) }

func (d onDevice) Info(name string) (safetensors.Info, bool) {
	t, ok := d[name]
	return safetensors.Info{Name: name, DType: safetensors.F32, Shape: ints(t.shape)}, ok
}

func (d onDevice) Tensor(name string) (safetensors.Tensor, error) {
	values, err := tensors.CopyFlatData[float32](d[name].from)
	if err != nil {
		return safetensors.Tensor{}, fmt.Errorf("read %q from the device: %w", name, err)
	}
	return safetensors.FromFloat32(name, ints(d[name].shape), values), nil
}

// adapterTensors are the trained tensors, and the frozen ones that the adapter adds.
// The frozen ones are read from their source, because the device may hold them
// rounded.
type adapterTensors struct {
	onDevice
	trainer *trainer
	frozen  map[string]ir.Param
	sources *sources
}

func (a *adapterTensors) write() (err error) {
	model := a.trainer.start.GetModel()
	a.sources = &sources{checkpoint: model.GetCheckpoint()}
	defer a.sources.close()
	if model.GetTrained() != "" {
		if a.sources.trained, err = safetensors.Open(model.GetTrained()); err != nil {
			return fmt.Errorf("trained weights: %w", err)
		}
	}
	return safetensors.WriteSource(filepath.Join(a.trainer.start.GetStateOut(), trainedFile), a, nil)
}

func (a *adapterTensors) Names() []string {
	names := slices.AppendSeq(a.onDevice.Names(), maps.Keys(a.frozen))
	slices.Sort(names)
	return names
}

func (a *adapterTensors) Info(name string) (safetensors.Info, bool) {
	if p, ok := a.frozen[name]; ok {
		return safetensors.Info{Name: name, DType: safetensors.F32, Shape: ints(p.Shape)}, true
	}
	return a.onDevice.Info(name)
}

func (a *adapterTensors) Tensor(name string) (safetensors.Tensor, error) {
	p, ok := a.frozen[name]
	if !ok {
		return a.onDevice.Tensor(name)
	}
	values, err := a.sources.values(a.trainer.network.program, p, a.trainer.start.GetModel().GetInitSeed())
	if err != nil {
		return safetensors.Tensor{}, err
	}
	return safetensors.FromFloat32(name, ints(p.Shape), values), nil
}
