package engine

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/weights/safetensors"
)

// Files of a trained epoch. The optimizer's holds "first.<parameter>" and
// "second.<parameter>", its moments, and the number of steps as metadata.
const (
	trainedFile   = "trained.safetensors"
	optimizerFile = "optimizer.safetensors"
	firstPrefix   = "first."
	secondPrefix  = "second."
	stepsKey      = "steps"
)

// trainedParameters are the parameters that train, in the program's order.
func (n *network) trainedParameters() []ir.Param {
	var out []ir.Param
	for _, p := range n.program.Parameters {
		if n.trains(p.Name) {
			out = append(out, p)
		}
	}
	return out
}

// loadMoments continues an optimizer state, or starts one at zero.
func (t *trainer) loadMoments() error {
	parameters := t.network.trainedParameters()
	if t.start.GetStateIn() == "" {
		for _, p := range parameters {
			for _, moments := range []*[]*tensors.Tensor{&t.first, &t.second} {
				zero, err := t.engine.zeros(ints(p.Shape))
				if err != nil {
					return err
				}
				*moments = append(*moments, zero)
			}
		}
		return nil
	}
	f, err := safetensors.Open(filepath.Join(t.start.GetStateIn(), optimizerFile))
	if err != nil {
		return fmt.Errorf("optimizer state: %w", err)
	}
	defer f.Close()
	steps, err := strconv.ParseInt(f.Metadata()[stepsKey], 10, 64)
	if err != nil || steps < 0 || steps > 1<<40 {
		return fmt.Errorf("optimizer state in %s: the number of steps is %q", t.start.GetStateIn(), f.Metadata()[stepsKey])
	}
	if got, want := len(f.Names()), 2*len(parameters); got != want {
		return fmt.Errorf("optimizer state in %s: %d tensors, the trained parameters need %d", t.start.GetStateIn(), got, want)
	}
	t.step = steps
	for _, p := range parameters {
		for prefix, moments := range map[string]*[]*tensors.Tensor{firstPrefix: &t.first, secondPrefix: &t.second} {
			values, err := read(f, "optimizer state", prefix+p.Name, p, false)
			if err != nil {
				return err
			}
			tensor, err := t.engine.upload(values, p.Shape)
			if err != nil {
				return fmt.Errorf("optimizer state: tensor %q: %w", prefix+p.Name, err)
			}
			*moments = append(*moments, tensor)
		}
	}
	return nil
}

// save writes both files.
func (t *trainer) save() error {
	var weights, moments []safetensors.Tensor
	for i, p := range t.network.trainedParameters() {
		for _, x := range []struct {
			into *[]safetensors.Tensor
			name string
			from *tensors.Tensor
		}{
			{&weights, p.Name, t.trained[i]},
			{&moments, firstPrefix + p.Name, t.first[i]},
			{&moments, secondPrefix + p.Name, t.second[i]},
		} {
			values, err := tensors.CopyFlatData[float32](x.from)
			if err != nil {
				return fmt.Errorf("read %q from the device: %w", x.name, err)
			}
			*x.into = append(*x.into, safetensors.FromFloat32(x.name, ints(p.Shape), values))
		}
	}
	if err := safetensors.Write(filepath.Join(t.start.GetStateOut(), trainedFile), weights, nil); err != nil {
		return err
	}
	return safetensors.Write(filepath.Join(t.start.GetStateOut(), optimizerFile), moments,
		map[string]string{stepsKey: strconv.FormatInt(t.step, 10)})
}
