// Package adapt is what core does with an adapter plugin's answer: it brings
// trained parameters into PEFT's format and back, and folds them into a whole
// checkpoint. It knows no adapter by name; the plugin says which parameters
// there are, what PEFT calls them and how it writes its configuration.
package adapt

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
)

// Layout says where PEFT keeps the parameters of one adapter of one network.
type Layout struct {
	config  []byte
	tensors map[string]string           // parameter → tensor, layers written out
	shapes  map[string]safetensors.Info // of those parameters
	joined  []peft.Join                 // parts are parameters
	left    []string                    // parameters of the adapter that PEFT's files do not hold
}

// ErrNoPEFT is returned for a method that PEFT does not have.
var ErrNoPEFT = errors.New("PEFT has no such method")

// LayoutOf reads a plugin's answer, which is not trusted: every parameter that
// trains must have exactly one place, and so must every parameter that the
// adapter adds and freezes, unless it has the same values for whoever loads the
// adapter: a constant's, or the checkpoint's.
func LayoutOf(graph *pb.Graph, attached *pb.AttachResponse) (*Layout, error) {
	format := attached.GetPeft()
	if format == nil {
		return nil, ErrNoPEFT
	}
	after, err := ir.Apply(graph, attached.GetRewrite())
	if err != nil {
		return nil, err
	}
	program, err := ir.Expand(after)
	if err != nil {
		return nil, err
	}
	train, err := program.Trainable(attached.GetRewrite().GetTrain())
	if err != nil {
		return nil, err
	}
	l := &Layout{config: format.GetAdapterConfig(), tensors: map[string]string{}, shapes: map[string]safetensors.Info{}}
	copies := map[string][]ir.Param{} // by template
	for _, p := range program.Parameters {
		copies[p.Template] = append(copies[p.Template], p)
	}
	places := map[string]int{}
	for _, template := range slices.Sorted(maps.Keys(format.GetTensors())) {
		if len(copies[template]) == 0 {
			return nil, fmt.Errorf("the adapter plugin names a PEFT tensor for %q, which no parameter is", template)
		}
		for i, p := range copies[template] {
			l.tensors[p.Name] = ir.At(format.GetTensors()[template], i)
			l.shapes[p.Name] = info(p)
			places[p.Name]++
		}
	}
	for _, j := range format.GetJoined() {
		join, err := joinOf(j, copies)
		if err != nil {
			return nil, err
		}
		for _, part := range join.Parts {
			places[part.Name]++
		}
		l.joined = append(l.joined, join)
	}
	for _, name := range train {
		if places[name] != 1 {
			return nil, fmt.Errorf("the adapter plugin gives the parameter %s %d places in PEFT's format, expected one", name, places[name])
		}
		delete(places, name)
	}
	frozen, err := program.Frozen(attached.GetRewrite())
	if err != nil {
		return nil, err
	}
	for _, p := range frozen {
		switch n := places[p.Name]; {
		case n == 0 && reproducible(p):
			l.left = append(l.left, p.Name)
		case n != 1:
			return nil, fmt.Errorf("the adapter plugin gives the parameter %s %d places in PEFT's format, expected one: "+
				"the adapter adds and freezes it, and without its values a saved adapter computes something else", p.Name, n)
		}
		delete(places, p.Name)
	}
	for name := range places {
		return nil, fmt.Errorf("the adapter plugin gives the parameter %s a place in PEFT's format, but it neither trains nor is the adapter's", name)
	}
	return l, nil
}

// joinOf writes a joined tensor's parts out, layer by layer.
func joinOf(j *pb.PeftJoin, copies map[string][]ir.Param) (peft.Join, error) {
	join := peft.Join{Tensor: j.GetTensor(), Axis: int(j.GetAxis())}
	layers := 0
	for _, template := range j.GetParameters() {
		n := len(copies[template])
		if n == 0 || (layers != 0 && n != layers) {
			return join, fmt.Errorf("the adapter plugin joins %d of %q with %d of others in PEFT's tensor %q; all must be as many", n, template, layers, j.GetTensor())
		}
		layers = n
	}
	for i := range layers {
		for _, template := range j.GetParameters() {
			join.Parts = append(join.Parts, info(copies[template][i]))
		}
	}
	return join, nil
}

// reproducible says whether a parameter that does not train starts with the
// same values everywhere. Another one's norms do not count: that one may train.
func reproducible(p ir.Param) bool {
	_, constant := p.Initializer.GetKind().(*pb.Initializer_Constant)
	return constant || len(p.Tensors) > 0
}

func info(p ir.Param) safetensors.Info {
	i := safetensors.Info{Name: p.Name, DType: safetensors.F32}
	for _, d := range p.Shape {
		i.Shape = append(i.Shape, int(d))
	}
	return i
}

// Save writes an adapter's parameters, under their graph names, into the new
// folder dir as PEFT saves them.
func (l *Layout) Save(dir string, trained safetensors.Source) error {
	for _, name := range trained.Names() {
		if _, ok := l.tensors[name]; !ok && !slices.Contains(l.left, name) && !slices.ContainsFunc(l.joined, func(j peft.Join) bool { return has(j, name) }) {
			return fmt.Errorf("save adapter %s: the tensor %q has no place in PEFT's format", dir, name)
		}
	}
	var tensors []safetensors.Tensor
	for _, name := range slices.Sorted(maps.Keys(l.tensors)) {
		t, err := trained.Tensor(name)
		if err != nil {
			return fmt.Errorf("save adapter %s: %w", dir, err)
		}
		t.Name = l.tensors[name]
		tensors = append(tensors, t)
	}
	for _, j := range l.joined {
		t, err := j.Join(trained)
		if err != nil {
			return fmt.Errorf("save adapter %s: %w", dir, err)
		}
		tensors = append(tensors, t)
	}
	set, err := safetensors.NewSet(tensors...)
	if err != nil {
		return fmt.Errorf("save adapter %s: %w", dir, err)
	}
	return peft.Save(dir, &peft.Adapter{Config: l.config, Tensors: set})
}

func has(j peft.Join, name string) bool {
	return slices.ContainsFunc(j.Parts, func(part safetensors.Info) bool { return part.Name == name })
}

// Load reads a folder that PEFT saved and names its tensors as the graph does.
// Each must be there, have its parameter's shape and be of a float type, and
// none may be left over.
func (l *Layout) Load(dir string) (safetensors.Set, error) {
	adapter, err := peft.Load(dir)
	if err != nil {
		return nil, err
	}
	expected := slices.Collect(maps.Values(l.tensors))
	for _, j := range l.joined {
		expected = append(expected, j.Tensor)
	}
	slices.Sort(expected)
	if err := adapter.Expect(expected); err != nil {
		return nil, fmt.Errorf("adapter %s does not fit the model: %w", dir, err)
	}
	var tensors []safetensors.Tensor
	for _, name := range slices.Sorted(maps.Keys(l.tensors)) {
		t := adapter.Tensors[l.tensors[name]]
		if want := l.shapes[name].Shape; !slices.Equal(t.Shape, want) {
			return nil, fmt.Errorf("adapter %s: tensor %q has the shape %v, but the model needs %v", dir, t.Name, t.Shape, want)
		}
		t.Name = name
		tensors = append(tensors, t)
	}
	for _, j := range l.joined {
		parts, err := j.Split(adapter.Tensors[j.Tensor])
		if err != nil {
			return nil, fmt.Errorf("adapter %s: %w", dir, err)
		}
		tensors = append(tensors, parts...)
	}
	for _, t := range tensors {
		if !t.DType.IsFloat() {
			return nil, fmt.Errorf("adapter %s: the tensor for %s is of the type %s, expected floats", dir, t.Name, t.DType)
		}
	}
	return safetensors.NewSet(tensors...)
}
