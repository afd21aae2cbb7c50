package adapt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// Checkpoint is a whole checkpoint in which some of a network's parameters
// are others.
type Checkpoint struct {
	// Base is the checkpoint's folder, whose configuration, tokenizer and other
	// tensors stay.
	Base string
	// Graph is the model's, without an adapter.
	Graph *pb.Graph
	// Changed holds parameters of the graph, layers written out.
	Changed safetensors.Source
	// DType is what all floats are rounded to; "": each as in Base.
	DType safetensors.DType
	// Progress hears how many bytes of how many are written. May be nil.
	Progress func(done, total int64)
}

// Write makes the folder to, which must not exist or be empty, in hub layout.
// It appears complete or not at all; ctx can end the writing between tensors.
func (c Checkpoint) Write(ctx context.Context, to string) error {
	base, err := snapshot.Open(c.Base)
	if err != nil {
		return err
	}
	defer base.Close()
	o := &overlay{cancelled: ctx.Err, base: base, changed: c.Changed, from: map[string]ir.Param{}, to: c.DType, progress: c.Progress}
	if err := o.place(c.Graph); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", to, err)
	}
	config, err := withDType(base.Config(), c.DType, o.commonType)
	if err != nil {
		return fmt.Errorf("write checkpoint %s: %w", to, err)
	}
	return snapshot.Write(to, snapshot.Contents{Config: config, Tensors: o, CopyFrom: c.Base})
}

// overlay is the base's tensors with changed ones in their place.
type overlay struct {
	cancelled func() error
	base      *snapshot.Snapshot
	changed   safetensors.Source
	from      map[string]ir.Param // the parameter that is a tensor's new value
	added     []string            // tensors that the base does not have
	to        safetensors.DType
	progress  func(done, total int64)
	done      int64
	total     int64
}

// place finds the tensors that hold the changed parameters.
func (o *overlay) place(graph *pb.Graph) error {
	program, err := ir.Expand(graph)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, name := range o.changed.Names() {
		left[name] = true
	}
	known := map[string]bool{} // tensors that some parameter names
	for _, p := range program.Parameters {
		for _, tensor := range p.Tensors {
			known[tensor] = true
		}
		if !left[p.Name] {
			continue
		}
		delete(left, p.Name)
		if len(p.Tensors) == 0 {
			return fmt.Errorf("parameter %s names no checkpoint tensor: it cannot be saved in a checkpoint", p.Name)
		}
		// All names under which the base has it: an old file may hold a table
		// that is shared under each.
		there := slices.DeleteFunc(slices.Clone(p.Tensors), func(name string) bool { _, ok := o.base.Info(name); return !ok })
		if len(there) == 0 {
			there = p.Tensors[:1]
			o.added = append(o.added, there[0])
		}
		for _, name := range there {
			o.from[name] = p
		}
	}
	for name := range left {
		return fmt.Errorf("parameter %s is not one of the model's, but the adapter's own: a checkpoint has no place for it; merge the adapter (`harness adapters merge`)", name)
	}
	if err := o.aliases(known); err != nil {
		return err
	}
	for _, name := range o.Names() {
		info, _ := o.Info(name)
		size, err := info.Bytes()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		o.total += size
	}
	return nil
}

// aliases finds copies of changed tensors that no parameter reads, such as a
// tied head: transformers takes two that differ for untied.
func (o *overlay) aliases(known map[string]bool) error {
	for _, name := range o.base.Names() {
		if known[name] {
			continue
		}
		info, _ := o.base.Info(name)
		for _, original := range slices.Sorted(maps.Keys(o.from)) {
			other, ok := o.base.Info(original)
			if !ok || other.DType != info.DType || !slices.Equal(other.Shape, info.Shape) {
				continue
			}
			same := false
			err := o.base.View(name, func(a safetensors.Tensor) error {
				return o.base.View(original, func(b safetensors.Tensor) error {
					same = bytes.Equal(a.Data, b.Data)
					return nil
				})
			})
			if err != nil {
				return err
			}
			if same {
				o.from[name] = o.from[original]
				break
			}
		}
	}
	return nil
}

// Names, Info, Tensor and View make overlay a safetensors.Source.
func (o *overlay) Names() []string {
	names := append(o.base.Names(), o.added...)
	slices.Sort(names)
	return names
}

func (o *overlay) Info(name string) (safetensors.Info, bool) {
	info, ok := o.base.Info(name)
	if p, changed := o.from[name]; changed && !ok {
		info, ok = safetensors.Info{Name: name, DType: safetensors.F32, Shape: stored(p)}, true
	}
	if ok && o.to != "" && info.DType.IsFloat() {
		info.DType = o.to
	}
	return info, ok
}

// stored is a parameter's shape in a checkpoint.
func stored(p ir.Param) []int {
	shape := info(p).Shape
	if p.Transpose {
		slices.Reverse(shape)
	}
	return shape
}

func (o *overlay) Tensor(name string) (safetensors.Tensor, error) {
	var out safetensors.Tensor
	err := o.View(name, func(t safetensors.Tensor) error {
		out = t
		out.Data = bytes.Clone(t.Data)
		return nil
	})
	return out, err
}

func (o *overlay) View(name string, use func(safetensors.Tensor) error) error {
	if err := o.cancelled(); err != nil {
		return err
	}
	info, ok := o.Info(name)
	if !ok {
		return fmt.Errorf("checkpoint has no tensor %q", name)
	}
	give := func(t safetensors.Tensor) error {
		if t.DType != info.DType {
			var err error
			if t, err = t.To(info.DType); err != nil {
				return fmt.Errorf("%w; choose another number type for the whole checkpoint with --dtype", err)
			}
		}
		if err := use(t); err != nil {
			return err
		}
		if o.done += int64(len(t.Data)); o.progress != nil {
			o.progress(o.done, o.total)
		}
		return nil
	}
	p, changed := o.from[name]
	if !changed {
		return o.base.View(name, give)
	}
	t, err := o.changed.Tensor(p.Name)
	if err != nil {
		return err
	}
	if want := ints(p.Shape); !slices.Equal(t.Shape, want) {
		return fmt.Errorf("parameter %s: the new values have the shape %v, expected %v", p.Name, t.Shape, want)
	}
	if p.Transpose {
		if t, err = transposed(t); err != nil {
			return err
		}
	}
	t.Name = name
	if !slices.Equal(t.Shape, info.Shape) {
		return fmt.Errorf("parameter %s: the new values have the shape %v, but the checkpoint's tensor %q has %v", p.Name, t.Shape, name, info.Shape)
	}
	return give(t)
}

func ints(dims []int64) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		out[i] = int(d)
	}
	return out
}

// transposed swaps the axes of a matrix.
func transposed(t safetensors.Tensor) (safetensors.Tensor, error) {
	size := t.DType.Size()
	rows, columns := t.Shape[0], t.Shape[1]
	if len(t.Data) != rows*columns*size {
		return t, fmt.Errorf("tensor %q has %d bytes for %s %v", t.Name, len(t.Data), t.DType, t.Shape)
	}
	out := safetensors.Tensor{Info: safetensors.Info{Name: t.Name, DType: t.DType, Shape: []int{columns, rows}}, Data: make([]byte, len(t.Data))}
	for r := range rows {
		for c := range columns {
			copy(out.Data[(c*rows+r)*size:][:size], t.Data[(r*columns+c)*size:])
		}
	}
	return out, nil
}

// commonType is the float type that takes the most bytes.
func (o *overlay) commonType() safetensors.DType {
	sizes := map[safetensors.DType]int64{}
	var most safetensors.DType
	for _, name := range o.Names() {
		info, _ := o.Info(name)
		size, err := info.Bytes()
		if err != nil || !info.DType.IsFloat() {
			continue // place has looked at every size
		}
		if sizes[info.DType] += size; sizes[info.DType] > sizes[most] {
			most = info.DType
		}
	}
	return most
}

// withDType says in config.json which type the weights have now: the one that is
// wanted. Where none is, what the file says stays, and one that says nothing gets
// the common type, as loaders take the first tensor's for all otherwise.
func withDType(config []byte, wanted safetensors.DType, common func() safetensors.DType) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	keys := slices.DeleteFunc([]string{"dtype", "torch_dtype"}, func(key string) bool { return fields[key] == nil })
	d := wanted
	if len(keys) == 0 {
		keys, d = []string{"dtype"}, cmp.Or(wanted, common())
	}
	if d == "" {
		return config, nil
	}
	name, ok := map[safetensors.DType]string{safetensors.F32: "float32", safetensors.BF16: "bfloat16", safetensors.F16: "float16"}[d]
	if !ok {
		return nil, fmt.Errorf("number type %s: expected F32, BF16 or F16", d)
	}
	for _, key := range keys {
		fields[key] = json.RawMessage(`"` + name + `"`)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(fields); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return out.Bytes(), nil
}
