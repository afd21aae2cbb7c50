package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// head is the last linear layer of a network, which computes the logits. A
// vocabulary is large: the logits of a batch and their gradient would be by far the
// largest values of a step, although they are needed only briefly. So the loss and
// its gradient are computed together, some rows at a time.
type head struct {
	lowering        *lowering
	step            ir.Step
	x, weight, bias *graph.Node // x [B,U,in]; weight as step has it; bias or nil
	// trains: the gradients of weight and bias are needed.
	trains bool
}

// head returns the linear layer that computed the output of a finished lowering. It
// returns false if another op computed it.
func (n *network) head(l *lowering) (head, bool) {
	st := l.sequence.Steps[len(l.sequence.Steps)-1]
	if st.GetLinear() == nil || st.Name != l.sequence.Output || st.Type.Over != ir.OverPositions {
		return head{}, false
	}
	h := head{lowering: l, step: st, x: l.get(st.Inputs[0], l.pick != nil)}
	in := make([]*graph.Node, len(st.Inputs))
	for i, name := range st.Inputs[1:] {
		node, parameter := l.parameters[name]
		if !parameter {
			node = l.get(name, false)
		}
		in[i] = node
		h.trains = h.trains || !parameter || n.trains(name)
	}
	h.weight, h.bias = in[0], in[1]
	return h, true
}

// chunkNumbers is the approximate number of logits that are computed at once.
const chunkNumbers = 1 << 24

// loss returns the labels' cross-entropies [B,U], and a scalar whose gradient is
// that of their sum divided by the number of labels. The scalar's own value has no
// meaning.
func (h head) loss(b batchNodes, labels *graph.Node) (losses, objective *graph.Node) {
	dims := h.x.Shape().Dimensions
	rows := dims[0] * dims[1]
	x := graph.Reshape(graph.ConvertDType(h.x, dtypes.Float32), rows, dims[2])
	fixed := graph.StopGradient(x)
	weight := graph.ConvertDType(h.weight, dtypes.Float32)
	label, counts := graph.Reshape(b.labels, rows), graph.Reshape(b.weight, rows)
	out := 0
	if h.step.GetLinear().GetWeightInOut() {
		out = 1
	}
	vocabulary := weight.Shape().Dimensions[out]

	var each, dx []*graph.Node
	var dWeight, dBias *graph.Node
	size := min(rows, max(64, chunkNumbers/vocabulary/64*64))
	for start := 0; start < rows; start += size {
		end := min(rows, start+size)
		part := sliceAxis(fixed, 0, start, end)
		c := chunk{logits: h.logits(part), labels: sliceAxis(label, 0, start, end), counts: sliceAxis(counts, 0, start, end)}
		loss, d := c.loss(labels)
		each = append(each, loss)
		dx = append(dx, graph.Dot(d, graph.StopGradient(weight)).General([]int{1}, nil, []int{out}, nil))
		if !h.trains {
			continue
		}
		left, right := d, part
		if h.step.GetLinear().GetWeightInOut() {
			left, right = part, d
		}
		dWeight = plus(dWeight, graph.Dot(left, right).General([]int{0}, nil, []int{0}, nil))
		if h.bias != nil {
			dBias = plus(dBias, graph.ReduceSum(d, 0))
		}
	}
	objective = directed(x, join(dx))
	if h.trains {
		objective = graph.Add(objective, directed(weight, dWeight))
		if h.bias != nil {
			objective = graph.Add(objective, directed(h.bias, dBias))
		}
	}
	return graph.Reshape(join(each), dims[0], dims[1]), objective
}

// logits of rows [N,in].
func (h head) logits(rows *graph.Node) *graph.Node {
	in := []*graph.Node{rows, graph.StopGradient(h.weight)}
	if h.bias != nil {
		in = append(in, graph.StopGradient(h.bias))
	}
	return graph.ConvertDType(h.lowering.linear(h.step.GetLinear(), h.step, in), dtypes.Float32)
}

// chunk is a part of a batch's labels.
type chunk struct {
	logits         *graph.Node // [N,V]
	labels, counts *graph.Node // [N]
}

// loss returns the cross-entropies [N], and the gradient [N,V] of their sum divided
// by the number of labels.
func (c chunk) loss(labels *graph.Node) (losses, gradient *graph.Node) {
	wide := c.logits.Shape().Dimensions
	shifted := graph.Sub(c.logits, graph.ReduceAndKeep(c.logits, graph.ReduceMax, -1))
	powers := graph.Exp(shifted)
	sum := graph.ReduceAndKeep(powers, graph.ReduceSum, -1)
	column := graph.Iota(c.logits.Graph(), shapes.Make(dtypes.Int32, wide...), 1)
	isLabel := graph.Equal(column, graph.BroadcastToDims(graph.ExpandAxes(c.labels, -1), wide...))
	chosen := graph.ReduceSum(graph.Where(isLabel, shifted, graph.ZerosLike(shifted)), -1)
	losses = graph.Mul(graph.Sub(graph.Log(graph.Reshape(sum, -1)), chosen), c.counts)

	each := graph.ExpandAxes(graph.Div(c.counts, labels), -1)
	gradient = graph.Mul(powers, graph.Div(each, sum))
	return losses, graph.Where(isLabel, graph.Sub(gradient, graph.BroadcastToDims(each, wide...)), gradient)
}

// directed returns a scalar whose gradient with respect to x is the given one.
func directed(x, gradient *graph.Node) *graph.Node {
	return graph.ReduceAllSum(graph.Mul(x, graph.StopGradient(gradient)))
}

func plus(sum, x *graph.Node) *graph.Node {
	if sum == nil {
		return x
	}
	return graph.Add(sum, x)
}

func join(parts []*graph.Node) *graph.Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return graph.Concatenate(parts, 0)
}
