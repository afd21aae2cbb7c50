package ir

import (
	"harness/core/protocol/harnesspb"
)

// Value is the name of a parameter, node, carry or implicit value.
type Value string

// Builder writes a graph. Its methods never fail; Graph checks the whole.
type Builder struct {
	graph *Graph
}

// NewBuilder begins a graph.
func NewBuilder(name string) *Builder {
	return &Builder{graph: &Graph{Name: name}}
}

// Graph ends the graph and checks it.
func (b *Builder) Graph() (*Graph, error) {
	if err := Check(b.graph); err != nil {
		return nil, err
	}
	return b.graph, nil
}

// Parameter adds a parameter. With "{i}" in its name, Templated must be among
// the options.
func (b *Builder) Parameter(name string, shape []int64, options ...ParameterOption) Value {
	b.graph.Parameters = append(b.graph.Parameters, newParameter(name, shape, options))
	return Value(name)
}

// Buffers names checkpoint tensors, or patterns of names, that the network
// does not read; they do not change its output.
func (b *Builder) Buffers(patterns ...string) {
	b.graph.Buffers = append(b.graph.Buffers, patterns...)
}

// Decoder begins the decoder; Encoder the encoder.
func (b *Builder) Decoder() *StackBuilder {
	b.graph.Decoder = &Stack{}
	return newStackBuilder(b.graph.Decoder)
}

// Encoder begins the encoder.
func (b *Builder) Encoder() *StackBuilder {
	b.graph.Encoder = &Stack{}
	return newStackBuilder(b.graph.Encoder)
}

// ParameterOption sets an optional property of a parameter.
type ParameterOption func(*Parameter)

// Templated makes a parameter exist count times.
func Templated(count int) ParameterOption {
	return func(p *Parameter) { p.Count = int32(count) }
}

// From names the checkpoint tensors that may fill a parameter. The first is
// the name in the reference implementation's module tree: adapters derive
// PEFT's names from it.
func From(tensors ...string) ParameterOption {
	return func(p *Parameter) {
		p.Source = &Source{Tensors: tensors, Transpose: p.GetSource().GetTranspose()}
	}
}

// Constant, Normal, Uniform and NormOf give the initial values of a parameter
// that the checkpoint does not fill.
func Constant(value float64) ParameterOption {
	return func(p *Parameter) {
		p.Initializer = &Initializer{Kind: &harnesspb.Initializer_Constant{Constant: float32(value)}}
	}
}

// Normal draws from a normal distribution with mean 0 and this standard deviation.
func Normal(deviation float64) ParameterOption {
	return func(p *Parameter) {
		p.Initializer = &Initializer{Kind: &harnesspb.Initializer_Normal{Normal: float32(deviation)}}
	}
}

// Uniform draws uniformly from [-half, half).
func Uniform(half float64) ParameterOption {
	return func(p *Parameter) {
		p.Initializer = &Initializer{Kind: &harnesspb.Initializer_Uniform{Uniform: float32(half)}}
	}
}

// NormOf initializes a vector with the Euclidean norms of a matrix that the
// checkpoint fills. It sums squares over axis: 1 gives one norm per row.
func NormOf(matrix Value, axis int) ParameterOption {
	return func(p *Parameter) {
		p.Initializer = &Initializer{Kind: &harnesspb.Initializer_Norm{Norm: &harnesspb.Norm{Parameter: string(matrix), Axis: int32(axis)}}}
	}
}

func newParameter(name string, shape []int64, options []ParameterOption) *Parameter {
	p := &Parameter{Name: name, Shape: shape}
	for _, option := range options {
		option(p)
	}
	return p
}

// StackBuilder writes a stack: nodes, repeats and the output.
type StackBuilder struct {
	Nodes
	stack *Stack
}

func newStackBuilder(s *Stack) *StackBuilder {
	b := &StackBuilder{stack: s}
	b.add = func(n *Node) { s.Items = append(s.Items, nodeItem(n)) }
	return b
}

// Output names the stack's result.
func (b *StackBuilder) Output(v Value) { b.stack.Output = string(v) }

// Repeat runs body count times. The first iteration gets initial; each later
// one gets what body returned in the iteration before. Repeat returns the value
// of the last iteration. Names inside body need "{i}"; name names the carry.
func (b *StackBuilder) Repeat(count int, name string, initial Value, body func(n *Nodes, x Value) Value) Value {
	r := &Repeat{Count: int32(count)}
	carry := &Carry{Name: name, Initial: string(initial)}
	carry.Next = string(body(&Nodes{add: func(n *Node) { r.Nodes = append(r.Nodes, n) }}, Value(name)))
	r.Carries = []*Carry{carry}
	b.stack.Items = append(b.stack.Items, &Item{Item: &harnesspb.Item_Repeat{Repeat: r}})
	return Value(name)
}

func nodeItem(n *Node) *Item { return &Item{Item: &harnesspb.Item_Node{Node: n}} }

// RewriteBuilder writes an adapter's changes to a graph.
type RewriteBuilder struct {
	rewrite *Rewrite
}

// NewRewrite begins a rewrite.
func NewRewrite() *RewriteBuilder { return &RewriteBuilder{rewrite: &Rewrite{}} }

// Rewrite ends the rewrite. Apply checks it against a graph.
func (b *RewriteBuilder) Rewrite() *Rewrite { return b.rewrite }

// Parameter adds a parameter that trains.
func (b *RewriteBuilder) Parameter(name string, shape []int64, options ...ParameterOption) Value {
	b.rewrite.Parameters = append(b.rewrite.Parameters, newParameter(name, shape, options))
	b.rewrite.Train = append(b.rewrite.Train, name)
	return Value(name)
}

// Frozen adds a parameter that does not train, and that is saved with those
// that do: see Program.Frozen.
func (b *RewriteBuilder) Frozen(name string, shape []int64, options ...ParameterOption) Value {
	b.rewrite.Parameters = append(b.rewrite.Parameters, newParameter(name, shape, options))
	return Value(name)
}

// Train makes parameters of the graph train, by name or pattern.
func (b *RewriteBuilder) Train(patterns ...string) {
	b.rewrite.Train = append(b.rewrite.Train, patterns...)
}

// Replace replaces a node by the nodes that body writes. body gets the result
// of the original node; readers of the node get the value that body returns.
func (b *RewriteBuilder) Replace(node string, body func(n *Nodes, original Value) Value) {
	r := &Replacement{Node: node}
	r.Result = string(body(&Nodes{add: func(n *Node) { r.Nodes = append(r.Nodes, n) }}, Value(node+baseSuffix)))
	b.rewrite.Replacements = append(b.rewrite.Replacements, r)
}
