package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// Merge folds an adapter into the weights of the layers that it replaces, and writes
// these weights and the graph's own trained parameters. It works for any method: each
// replacement must be an affine function of its layer's input (see ir.Merge), and
// Merge evaluates it at 0 and at unit vectors.
func (e *Engine) Merge(ctx context.Context, r *harnesspb.MergeRequest) (*harnesspb.MergeResponse, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.end()
	m, err := e.newMerged(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	if err := safetensors.WriteSource(r.GetOut(), m, map[string]string{"format": "pt"}); err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return &harnesspb.MergeResponse{Parameters: m.Names()}, nil
}

// merged provides the changed parameters. It computes each one when it is read, so
// that only one layer's weight is in memory at a time.
type merged struct {
	ctx     context.Context
	engine  *Engine
	network *network
	weights map[string]*tensors.Tensor // by parameter
	shapes  map[string][]int64
	names   []string // sorted
	folds   map[string]ir.Fold
}

func (e *Engine) newMerged(ctx context.Context, r *harnesspb.MergeRequest) (*merged, error) {
	if r.GetOut() == "" {
		return nil, errors.New("no file for the result")
	}
	if _, err := os.Lstat(r.GetOut()); err == nil {
		return nil, fmt.Errorf("%s exists already", r.GetOut())
	}
	model := r.GetModel()
	folds, trained, err := ir.Merge(model.GetGraph(), model.GetRewrite())
	if err != nil {
		return nil, err
	}
	n, err := e.network(model, "f32") // bfloat16 sums would lose the adapter's small changes
	if err != nil {
		return nil, err
	}
	st, err := e.state(n, model, false)
	if err != nil {
		return nil, err
	}
	m := &merged{
		ctx: ctx, engine: e, network: n, names: trained,
		weights: map[string]*tensors.Tensor{}, shapes: map[string][]int64{}, folds: map[string]ir.Fold{},
	}
	for i, p := range n.program.Parameters {
		m.weights[p.Name], m.shapes[p.Name] = st.weights[i], p.Shape
	}
	for _, f := range folds {
		m.names = append(m.names, f.Weight)
		m.folds[f.Weight] = f
		if f.Bias != "" {
			m.names = append(m.names, f.Bias)
			m.folds[f.Bias] = f
		}
	}
	slices.Sort(m.names)
	m.names = slices.Compact(m.names)
	return m, nil
}

// Names, Info and Tensor make merged a safetensors.Source.
func (m *merged) Names() []string { return slices.Clone(m.names) }

func (m *merged) Info(name string) (safetensors.Info, bool) {
	_, ok := slices.BinarySearch(m.names, name)
	return safetensors.Info{Name: name, DType: safetensors.F32, Shape: ints(m.shapes[name])}, ok
}

func (m *merged) Tensor(name string) (safetensors.Tensor, error) {
	if err := m.ctx.Err(); err != nil {
		return safetensors.Tensor{}, err
	}
	values, err := m.values(name)
	if err != nil {
		return safetensors.Tensor{}, err
	}
	for i, v := range values {
		if !finite(float64(v)) {
			return safetensors.Tensor{}, fmt.Errorf("parameter %q becomes %v at element %d; was the adapter trained until it diverged?", name, v, i)
		}
	}
	return safetensors.FromFloat32(name, m.shapes[name], values), nil
}

func (m *merged) values(name string) ([]float32, error) {
	f, folded := m.folds[name]
	if !folded {
		return tensors.CopyFlatData[float32](m.weights[name])
	}
	bias, err := m.block(f, int(f.In))
	if err != nil {
		return nil, err
	}
	bias = bias[:f.Out]
	if name == f.Bias {
		return bias, nil
	}
	if f.Bias == "" && slices.ContainsFunc(bias, func(v float32) bool { return v != 0 }) {
		return nil, fmt.Errorf("the adapter adds a bias to node %q, which has no bias to merge it into", f.Node)
	}
	in, out := int(f.In), int(f.Out)
	weight := make([]float32, in*out)
	for first := 0; first < in; first += unitRows(f) {
		rows, err := m.block(f, first)
		if err != nil {
			return nil, err
		}
		for i := first; i < min(first+unitRows(f), in); i++ {
			for o, v := range rows[(i-first)*out:][:out] {
				at := o*in + i
				if f.WeightInOut {
					at = i*out + o
				}
				weight[at] = (v - bias[o]) / unit
			}
		}
	}
	return weight, nil
}

// unit is the length of the vectors at which a fold is evaluated. It is a power of
// two, so that scaling by it is exact, and large, so that subtracting the bias does
// not cost precision of the weight.
const unit = 1 << 16

// unitRows is the number of vectors per evaluation.
func unitRows(f ir.Fold) int {
	const most = 1 << 24 // numbers of one value
	widest := max(f.In, f.Out)
	for _, st := range f.Steps {
		if st.Type.Over != ir.OverNothing {
			widest = max(widest, st.Type.Elements())
		}
	}
	return int(min(f.In, max(1, most/widest)))
}

// block evaluates a fold at the unit vectors from first on: [rows, Out]. Rows after
// the last unit vector are evaluated at 0. Layers of one template share a program.
func (m *merged) block(f ir.Fold, first int) ([]float32, error) {
	rows := unitRows(f)
	key := fmt.Sprintf("%s merge %s %d", m.network.digest, f.Template, rows)
	x, err := m.engine.executable(key, func(in []*graph.Node) []*graph.Node {
		count := len(f.Parameters)
		parameters := map[string]*graph.Node{}
		for i, name := range f.Parameters {
			parameters[name] = m.network.upright(name, in[i], false)
		}
		g := in[count].Graph()
		shape := shapes.Make(dtypes.Int32, 1, rows, int(f.In))
		row := graph.Add(graph.Iota(g, shape, 1), in[count])
		one := graph.ConvertDType(graph.Equal(row, graph.Iota(g, shape, 2)), dtypes.Float32)
		l := &lowering{
			g: g, sequence: &ir.Sequence{Steps: f.Steps, Output: f.Node}, parameters: parameters,
			given: map[string]*graph.Node{f.Input: graph.MulScalar(one, unit)},
		}
		return []*graph.Node{graph.ConvertDType(l.run(), dtypes.Float32)}
	})
	if err != nil {
		return nil, err
	}
	var args []any
	for _, name := range f.Parameters {
		args = append(args, m.weights[name])
	}
	out, err := x.run(append(args, int32(first)))
	if err != nil {
		return nil, err
	}
	defer release(out...)
	return tensors.CopyFlatData[float32](out[0])
}
