package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// lowering turns a sequence into GoMLX nodes. Everything except attention is
// position-wise, so a value that no attention reads as key or value is needed only
// at the positions whose logits are needed. The lowering computes such values only
// at these ("picked") positions [B,U,…], and all others whole [B,T,…].
type lowering struct {
	g          *graph.Graph
	sequence   *ir.Sequence
	parameters map[string]*graph.Node
	tokens     *graph.Node // [B,T] i32
	positions  *graph.Node // [B,T] i32
	// If sequences share a row, owners [B,T] i32 holds the sequence of each token,
	// and places [B,T] i32 its place in that sequence; else both are nil.
	owners, places *graph.Node
	// encoder is lowered before a decoder that reads its output. In a step of cached
	// decoding it is nil, and so are all values computed from it alone.
	encoder *lowering
	// pick [B,U] i32 holds the picked positions of each row; nil: all.
	pick *graph.Node
	// given are existing values over positions.
	given     map[string]*graph.Node
	attention attention
	// half makes linear layers multiply in bfloat16 and sum in f32.
	half bool
	// training, if not nil, makes dropout active.
	training *training

	types     map[string]ir.Type
	needWhole map[string]bool
	whole     map[string]*graph.Node
	picked    map[string]*graph.Node
	angles    map[angleKey][2]*graph.Node
	attended  int // attention nodes lowered so far
}

// training holds the additional inputs of a lowering for a training step.
type training struct {
	// keys [dropout nodes, 2] u32 seed the masks of this step.
	keys *graph.Node
	// numbers [B] u32 are the numbers of the rows' examples in their batch.
	numbers *graph.Node
	// checkpoints: layers are recomputed in the backward pass.
	checkpoints bool
	// trains reports whether a parameter trains.
	trains func(parameter string) bool
	// next counts the dropout nodes lowered so far.
	next int
}

// nodeError names the model graph's node whose lowering failed.
type nodeError struct {
	node  string
	cause any
}

func (e *nodeError) Error() string {
	if err, ok := e.cause.(error); ok {
		return fmt.Sprintf("node %q: %v", e.node, err)
	}
	return fmt.Sprintf("node %q: %v", e.node, e.cause)
}

// run lowers the sequence and returns its output, at the picked positions if there
// is a pick. Like GoMLX it panics on errors, with a *nodeError; callers run inside
// Exec, which recovers.
func (l *lowering) run() *graph.Node {
	l.types = map[string]ir.Type{
		ir.Tokens:    {Over: ir.OverPositions, DType: ir.I32},
		ir.Positions: {Over: ir.OverPositions, DType: ir.I32},
		// Its features do not matter here.
		ir.EncoderOutput: {Over: ir.OverEncoder},
	}
	for _, st := range l.sequence.Steps {
		l.types[st.Name] = st.Type
	}
	l.whole = map[string]*graph.Node{ir.Tokens: l.tokens, ir.Positions: l.positions}
	l.picked = map[string]*graph.Node{}
	l.angles = map[angleKey][2]*graph.Node{}
	l.needWhole = l.sequence.WholeNeeded()
	for name, x := range l.given {
		l.whole[name] = x
		l.types[name] = ir.Type{Over: ir.OverPositions}
	}
	if l.encoder != nil {
		l.whole[ir.EncoderOutput] = l.encoder.run()
	}

	layers := l.sequence.Layers
	for i, st := range l.sequence.Steps {
		if len(layers) > 0 && layers[0].First == i {
			l.enter(layers[0])
		}
		l.step(st)
		if len(layers) > 0 && layers[0].End == i+1 {
			l.leave(layers[0])
			layers = layers[1:]
		}
	}
	return l.get(l.sequence.Output, l.pick != nil)
}

// enter marks the values that enter a layer as checkpoints, from which the backward
// pass recomputes the layer.
func (l *lowering) enter(layer ir.Layer) {
	l.barrier(layer.Entering, (*graph.Node).Checkpoint)
}

func (l *lowering) leave(layer ir.Layer) {
	if layer.Last {
		l.barrier(layer.Leaving, (*graph.Node).StopCheckpoint)
	}
}

func (l *lowering) barrier(names []string, mark func(*graph.Node) *graph.Node) {
	if l.training == nil || !l.training.checkpoints {
		return
	}
	for _, name := range names {
		for _, values := range []map[string]*graph.Node{l.whole, l.picked} {
			if x, ok := values[name]; ok && x.DType().IsFloat() {
				values[name] = mark(x)
			}
		}
	}
}

// get returns a value by name. If picked is set and the value is over positions, get
// returns it at the picked positions. It widens parameters that are kept in
// bfloat16.
func (l *lowering) get(name string, picked bool) *graph.Node {
	if p, ok := l.parameters[name]; ok {
		return graph.ConvertDType(p, dtypes.Float32)
	}
	if !picked || l.types[name].Over != ir.OverPositions {
		return l.whole[name]
	}
	if x, ok := l.picked[name]; ok {
		return x
	}
	x := l.pickRows(l.whole[name])
	l.picked[name] = x
	return x
}

// pickRows returns the picked positions of x [B,T,…]: [B,U,…].
func (l *lowering) pickRows(x *graph.Node) *graph.Node {
	rows := graph.Iota(l.g, shapes.Make(dtypes.Int32, append(l.pick.Shape().Clone().Dimensions, 1)...), 0)
	return graph.Gather(x, graph.Concatenate([]*graph.Node{rows, graph.ExpandAxes(l.pick, -1)}, -1))
}

func (l *lowering) step(st ir.Step) {
	defer func() {
		if cause := recover(); cause != nil {
			panic(&nodeError{st.Name, cause})
		}
	}()
	if st.Type.Over == ir.OverEncoder && l.encoder == nil {
		return
	}
	picked := l.pick != nil && st.Type.Over == ir.OverPositions && !l.needWhole[st.Name]
	var x *graph.Node
	if op := st.GetAttention(); op != nil {
		x = l.attend(st, op, picked)
	} else {
		in := make([]*graph.Node, len(st.Inputs))
		for i, name := range st.Inputs {
			in[i] = l.get(name, picked)
			if p, ok := l.parameters[name]; ok && i == 1 && (st.GetLinear() != nil || st.GetEmbedding() != nil) {
				in[i] = p // not widened
			}
		}
		x = l.positionWise(st, in, picked)
	}
	if picked {
		l.picked[st.Name] = x
		return
	}
	l.whole[st.Name] = x
}

// hidden is the number of axes before the feature axes.
func hidden(t ir.Type) int {
	if t.Over == ir.OverNothing {
		return 0
	}
	return 2
}

// withFeatures reshapes the feature axes of x.
func withFeatures(x *graph.Node, hidden int, features []int64) *graph.Node {
	dims := slices.Clone(x.Shape().Dimensions[:hidden])
	for _, d := range features {
		dims = append(dims, int(d))
	}
	return graph.Reshape(x, dims...)
}

func (l *lowering) positionWise(st ir.Step, in []*graph.Node, picked bool) *graph.Node {
	h := hidden(st.Type)
	switch op := st.GetOp().(type) {
	case *harnesspb.Node_Embedding:
		rows := graph.Gather(in[1], graph.ExpandAxes(in[0], -1))
		return graph.ConvertDType(rows, dtypeOf(st.Type.DType))
	case *harnesspb.Node_Linear:
		return l.linear(op.Linear, st, in)
	case *harnesspb.Node_Matmul:
		return matMul(op.Matmul, in)
	case *harnesspb.Node_Binary:
		return l.binary(op.Binary.GetOp(), st, in)
	case *harnesspb.Node_Unary:
		return unary(op.Unary.GetOp(), in[0])
	case *harnesspb.Node_Scale:
		return graph.MulScalar(in[0], op.Scale.GetFactor())
	case *harnesspb.Node_LayerNorm:
		return layerNorm(in, op.LayerNorm.GetEpsilon())
	case *harnesspb.Node_RmsNorm:
		return rmsNorm(in, op.RmsNorm.GetEpsilon())
	case *harnesspb.Node_Softmax:
		return graph.Softmax(in[0], -1)
	case *harnesspb.Node_Reshape:
		return withFeatures(in[0], h, op.Reshape.GetShape())
	case *harnesspb.Node_Transpose:
		permutation := []int{0, 1}[:h]
		for _, p := range op.Transpose.GetPermutation() {
			permutation = append(permutation, h+int(p))
		}
		return graph.TransposeAllAxes(in[0], permutation...)
	case *harnesspb.Node_Slice:
		return sliceAxis(in[0], h+int(op.Slice.GetAxis()), int(op.Slice.GetStart()), int(op.Slice.GetEnd()))
	case *harnesspb.Node_Concat:
		if len(in) == 1 {
			return in[0]
		}
		return graph.Concatenate(in, h+int(op.Concat.GetAxis()))
	case *harnesspb.Node_Reduce:
		return reduce(op.Reduce, in[0], h)
	case *harnesspb.Node_Dropout:
		return l.dropout(in[0], op.Dropout.GetRate(), picked)
	case *harnesspb.Node_Cast:
		return graph.ConvertDType(in[0], dtypeOf(op.Cast.GetDtype()))
	case *harnesspb.Node_Rotary:
		return l.rotary(op.Rotary, in[0], picked)
	}
	panic(fmt.Errorf("op %s is not supported by this engine", ir.OpName(st.Node)))
}

func dtypeOf(d ir.DType) dtypes.DType {
	switch d {
	case ir.F16:
		return dtypes.Float16
	case ir.BF16:
		return dtypes.BFloat16
	case ir.I32:
		return dtypes.Int32
	}
	return dtypes.Float32
}

func (l *lowering) linear(op *harnesspb.Linear, st ir.Step, in []*graph.Node) *graph.Node {
	x, weight := in[0], in[1]
	axis := 1
	if op.GetWeightInOut() {
		axis = 0
	}
	dot := graph.Dot(x, weight)
	if l.half && x.DType() == dtypes.Float32 {
		x, weight = graph.ConvertDType(x, dtypes.BFloat16), graph.ConvertDType(weight, dtypes.BFloat16)
		// With an accumulator type, GoMLX would widen the operands first.
		dot = graph.Dot(x, weight).WithAccumulatorDType(dtypes.InvalidDType).WithOutputDType(dtypes.Float32)
	}
	y := dot.General([]int{-1}, nil, []int{axis}, nil)
	if l.training != nil && l.training.trains(st.Inputs[1]) {
		y = gradientFirst(y)
	}
	if len(in) == 3 {
		y = graph.Add(y, graph.ExpandLeftToRank(in[2], y.Rank()))
	}
	return y
}

// gradientFirst returns x and makes XLA compute the gradient of x completely before
// using it. The product for a weight's gradient reads the gradient of x transposed.
// XLA would otherwise fuse the transposition with the computation of that gradient,
// which would then read its inputs column by column.
func gradientFirst(x *graph.Node) *graph.Node {
	return graph.IdentityWithCustomGradient(x, func(_, gradient *graph.Node) *graph.Node {
		return barriers(gradient)[0]
	})
}

// barriers returns nodes that XLA does not fuse with their uses.
func barriers(nodes ...*graph.Node) []*graph.Node {
	if !nodes[0].Graph().Backend().Capabilities().Operations[compute.OpTypeOptimizationBarrier] {
		return nodes
	}
	return graph.OptimizationBarriers(nodes...)
}

func matMul(op *harnesspb.MatMul, in []*graph.Node) *graph.Node {
	a, b := 1, 0
	if op.GetTransposeA() {
		a = 0
	}
	if op.GetTransposeB() {
		b = 1
	}
	return graph.Dot(in[0], in[1]).General([]int{a}, nil, []int{b}, nil)
}

func (l *lowering) binary(op harnesspb.Binary_Op, st ir.Step, in []*graph.Node) *graph.Node {
	h, rank := hidden(st.Type), hidden(st.Type)+len(st.Type.Dims)
	for i, x := range in {
		if x.Rank() == rank {
			continue
		}
		// A parameter expression gets all missing axes in front; a value over
		// positions gets them between its position axes and its feature axes.
		dims := x.Shape().Dimensions
		own := 0
		if l.typeOf(st.Inputs[i]).Over != ir.OverNothing {
			own = h
		}
		wide := slices.Clone(dims[:own])
		for range rank - len(dims) {
			wide = append(wide, 1)
		}
		in[i] = graph.Reshape(x, append(wide, dims[own:]...)...)
	}
	switch op {
	case harnesspb.Binary_OP_ADD:
		return graph.Add(in[0], in[1])
	case harnesspb.Binary_OP_SUBTRACT:
		return graph.Sub(in[0], in[1])
	case harnesspb.Binary_OP_MULTIPLY:
		return graph.Mul(in[0], in[1])
	case harnesspb.Binary_OP_DIVIDE:
		return graph.Div(in[0], in[1])
	case harnesspb.Binary_OP_MAXIMUM:
		return graph.Max(in[0], in[1])
	}
	panic(fmt.Errorf("binary op %v is not supported by this engine", op))
}

// typeOf is the type of any value by name; parameters have no entry.
func (l *lowering) typeOf(name string) ir.Type {
	if t, ok := l.types[name]; ok {
		return t
	}
	return ir.Type{}
}

func sliceAxis(x *graph.Node, axis, start, end int) *graph.Node {
	specs := make([]graph.SliceAxisSpec, axis+1)
	for i := range specs {
		specs[i] = graph.AxisRange()
	}
	specs[axis] = graph.AxisRange(start, end)
	return graph.Slice(x, specs...)
}

func reduce(op *harnesspb.Reduce, x *graph.Node, h int) *graph.Node {
	axis := h + int(op.GetAxis())
	f := graph.ReduceSum
	if op.GetOp() == harnesspb.Reduce_OP_MEAN {
		f = graph.ReduceMean
	}
	y := f(x, axis)
	if op.GetKeepAxis() {
		y = graph.ExpandAxes(y, axis)
	}
	return y
}
