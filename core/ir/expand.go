package ir

import (
	"fmt"
	"maps"

	"harness/core/protocol/harnesspb"
)

// Program is a graph with its repeats written out and its types known. Engines
// lower programs.
type Program struct {
	Name       string
	Parameters []Param
	Encoder    *Sequence // nil in decoder-only networks
	Decoder    *Sequence
	// DecoderStart is the token before the decoder's first token; used only in
	// networks with an encoder.
	DecoderStart int32
	// FirstPosition is the position of the decoder's first token.
	FirstPosition int64
	// Buffers names checkpoint tensors, or patterns of names, that the network
	// does not read.
	Buffers []string
}

// Param is one parameter with "{i}" filled in everywhere.
type Param struct {
	Name        string
	Template    string // its name in the graph
	Shape       []int64
	Initializer *Initializer
	Tensors     []string // checkpoint tensors; the first that exists fills it
	Transpose   bool     // the checkpoint stores the transpose
}

// Elements is the number of elements of the parameter.
func (p Param) Elements() int64 { return Type{Dims: p.Shape}.Elements() }

// Sequence is a stack as a list of nodes in the order of computation.
type Sequence struct {
	Steps  []Step
	Layers []Layer
	Output string
}

// Step is one node. Its Inputs name parameters, implicit values and results
// of earlier steps; carries are resolved.
type Step struct {
	*Node  // the graph's own message; use its op, not its names
	Name   string
	Inputs []string
	Type   Type
}

// Layer is one iteration of a Repeat: the steps First…End-1. Entering lists the
// values of the carries when the iteration begins, Leaving those when it ends.
type Layer struct {
	First, End        int
	Entering, Leaving []string
	Last              bool // the last iteration of its Repeat
}

// Expand checks a graph and writes it out.
func Expand(g *Graph) (*Program, error) {
	c, err := check(g)
	if err != nil {
		return nil, err
	}
	p := &Program{Name: g.GetName(), DecoderStart: g.GetDecoderStart(), FirstPosition: g.GetFirstPosition(), Buffers: g.GetBuffers()}
	for _, param := range g.GetParameters() {
		for i := range max(1, int(param.GetCount())) {
			one := Param{
				Name:        At(param.GetName(), i),
				Template:    param.GetName(),
				Shape:       param.GetShape(),
				Initializer: initializerAt(param.GetInitializer(), i),
				Transpose:   param.GetSource().GetTranspose(),
			}
			for _, tensor := range param.GetSource().GetTensors() {
				one.Tensors = append(one.Tensors, At(tensor, i))
			}
			p.Parameters = append(p.Parameters, one)
		}
	}
	if g.GetEncoder() != nil {
		p.Encoder = expandStack(g.GetEncoder(), c)
	}
	p.Decoder = expandStack(g.GetDecoder(), c)
	return p, nil
}

// initializerAt is the initializer of copy i of a parameter.
func initializerAt(in *Initializer, i int) *Initializer {
	norm := in.GetNorm()
	if norm == nil {
		return in
	}
	return &Initializer{Kind: &harnesspb.Initializer_Norm{Norm: &harnesspb.Norm{Parameter: At(norm.GetParameter(), i), Axis: norm.GetAxis()}}}
}

func expandStack(s *Stack, c checked) *Sequence {
	seq := &Sequence{}
	names := map[string]string{} // carry → its current value
	resolve := func(name string, i int) string {
		if value, ok := names[name]; ok {
			return value
		}
		return At(name, i)
	}
	step := func(n *Node, i int) {
		st := Step{Node: n, Name: At(n.GetName(), i), Type: c.types[n.GetName()]}
		for _, input := range n.GetInputs() {
			st.Inputs = append(st.Inputs, resolve(input, i))
		}
		seq.Steps = append(seq.Steps, st)
	}
	for _, item := range s.GetItems() {
		if n := item.GetNode(); n != nil {
			step(n, 0)
			continue
		}
		r := item.GetRepeat()
		for _, carry := range r.GetCarries() {
			names[carry.GetName()] = resolve(carry.GetInitial(), 0)
		}
		for i := range int(r.GetCount()) {
			layer := Layer{First: len(seq.Steps), Last: i == int(r.GetCount())-1}
			for _, carry := range r.GetCarries() {
				layer.Entering = append(layer.Entering, names[carry.GetName()])
			}
			for _, n := range r.GetNodes() {
				step(n, i)
			}
			next := map[string]string{}
			for _, carry := range r.GetCarries() {
				next[carry.GetName()] = resolve(carry.GetNext(), i)
			}
			maps.Copy(names, next)
			for _, carry := range r.GetCarries() {
				layer.Leaving = append(layer.Leaving, names[carry.GetName()])
			}
			layer.End = len(seq.Steps)
			seq.Layers = append(seq.Layers, layer)
		}
	}
	seq.Output = resolve(s.GetOutput(), 0)
	return seq
}

// Parameter finds a parameter by its written-out name.
func (p *Program) Parameter(name string) (Param, error) {
	for _, param := range p.Parameters {
		if param.Name == name {
			return param, nil
		}
	}
	return Param{}, fmt.Errorf("model graph %s has no parameter %s", quoted(p.Name), quoted(name))
}
