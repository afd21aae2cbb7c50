package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

func unary(op harnesspb.Unary_Op, x *graph.Node) *graph.Node {
	switch op {
	case ir.GELU:
		return graph.Mul(graph.MulScalar(x, 0.5), graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt2/2))))
	case ir.GELUTanh:
		cube := graph.Mul(x, graph.Mul(x, x))
		inner := graph.MulScalar(graph.Add(x, graph.MulScalar(cube, 0.044715)), math.Sqrt(2/math.Pi))
		return graph.Mul(graph.MulScalar(x, 0.5), graph.OnePlus(graph.Tanh(inner)))
	case ir.ReLU:
		return graph.Max(x, graph.ZerosLike(x))
	case ir.SiLU:
		return graph.Mul(x, graph.Sigmoid(x))
	case ir.Tanh:
		return graph.Tanh(x)
	case ir.Sigmoid:
		return graph.Sigmoid(x)
	case ir.Exp:
		return graph.Exp(x)
	case ir.Sqrt:
		return graph.Sqrt(x)
	case ir.Square:
		return graph.Square(x)
	case ir.Negate:
		return graph.Neg(x)
	case ir.StopGradient:
		return graph.StopGradient(x)
	}
	panic(fmt.Errorf("unary op %v is not supported by this engine", op))
}

// layerNorm divides by a square root, since GoMLX has no gradient for the inverse
// square root.
func layerNorm(in []*graph.Node, epsilon float64) *graph.Node {
	x := in[0]
	centred := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
	y := normalised(centred, in[1], epsilon)
	if len(in) == 3 {
		y = graph.Add(y, graph.ExpandLeftToRank(in[2], y.Rank()))
	}
	return y
}

func rmsNorm(in []*graph.Node, epsilon float64) *graph.Node {
	return normalised(in[0], in[1], epsilon)
}

// normalised is x / √(mean x² + ε) · gain.
func normalised(x, gain *graph.Node, epsilon float64) *graph.Node {
	variance := graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, -1)
	y := graph.Div(x, graph.Sqrt(graph.AddScalar(variance, epsilon)))
	return graph.Mul(y, graph.ExpandLeftToRank(gain, y.Rank()))
}

// angleKey identifies the cosines and sines of a rotation.
type angleKey struct {
	frequencies string // all of them, since a network may have several kinds
	amplitude   float64
	picked      bool
}

// rotary rotates the first dimensions of each head of x [B,T,heads,D].
func (l *lowering) rotary(op *ir.Rotary, x *graph.Node, picked bool) *graph.Node {
	cos, sin := l.cosSin(op, picked)
	size, turned := x.Shape().Dimensions[3], int(op.GetDimensions())
	rest := x
	if turned < size {
		x = sliceAxis(x, 3, 0, turned)
	}
	var y *graph.Node
	if op.GetInterleaved() {
		dims := x.Shape().Dimensions
		pairs := graph.Reshape(x, dims[0], dims[1], dims[2], turned/2, 2)
		cos, sin := graph.ExpandAxes(cos, -1), graph.ExpandAxes(sin, -1)
		a, b := sliceAxis(pairs, 4, 0, 1), sliceAxis(pairs, 4, 1, 2)
		y = graph.Reshape(graph.Concatenate(turn(a, b, cos, sin), 4), dims...)
	} else {
		a, b := sliceAxis(x, 3, 0, turned/2), sliceAxis(x, 3, turned/2, turned)
		y = graph.Concatenate(turn(a, b, cos, sin), 3)
	}
	if turned < size {
		y = graph.Concatenate([]*graph.Node{y, sliceAxis(rest, 3, turned, size)}, 3)
	}
	return y
}

func turn(a, b, cos, sin *graph.Node) []*graph.Node {
	return []*graph.Node{
		graph.Sub(graph.Mul(a, cos), graph.Mul(b, sin)),
		graph.Add(graph.Mul(b, cos), graph.Mul(a, sin)),
	}
}

// cosSin returns cosines and sines [B,T,1,dimensions/2]. It computes them once per
// kind of rotation.
func (l *lowering) cosSin(op *ir.Rotary, picked bool) (cos, sin *graph.Node) {
	frequencies := make([]float32, op.GetDimensions()/2)
	for j := range frequencies {
		if given := op.GetFrequencies(); len(given) > 0 {
			frequencies[j] = float32(given[j])
			continue
		}
		frequencies[j] = float32(1 / math.Pow(op.GetTheta(), float64(2*j)/float64(op.GetDimensions())))
	}
	key := angleKey{fmt.Sprint(frequencies), op.GetAmplitude(), picked}
	if pair, ok := l.angles[key]; ok {
		return pair[0], pair[1]
	}
	positions := graph.ConvertDType(l.get(ir.Positions, picked), dtypes.Float32)
	angle := graph.Mul(graph.ExpandAxes(positions, 2, 3),
		graph.ExpandLeftToRank(graph.Const(l.g, frequencies), 4))
	cos, sin = graph.Cos(angle), graph.Sin(angle)
	if a := op.GetAmplitude(); a != 0 && a != 1 {
		cos, sin = graph.MulScalar(cos, a), graph.MulScalar(sin, a)
	}
	// Without barriers, XLA would recompute them for each head of each layer.
	pair := [2]*graph.Node(barriers(cos, sin))
	l.angles[key] = pair
	return pair[0], pair[1]
}

// dropout zeroes elements of x and scales the others up, in training.
func (l *lowering) dropout(x *graph.Node, rate float64, picked bool) *graph.Node {
	if l.training == nil || rate == 0 {
		return x
	}
	dims := x.Shape().Dimensions
	rows, columns := l.rowsAndColumns(dims[0], dims[1], picked)
	return dropped(x, dropoutMask(l.dropoutKey(), dims, rate, [2]*graph.Node{rows, columns}), rate)
}

// dropoutKey is the key [1,2] of the next dropout node.
func (l *lowering) dropoutKey() *graph.Node {
	key := graph.Slice(l.training.keys, graph.AxisElem(l.training.next))
	l.training.next++
	return key
}

func dropped(x, keep *graph.Node, rate float64) *graph.Node {
	scaled := graph.MulScalar(x, 1/(1-rate))
	return graph.Where(keep, scaled, graph.ZerosLike(scaled))
}

// rowsAndColumns returns the coordinates [B,T] u32 of positions: the number of the
// example in its batch, and the place in the example. Neither depends on the
// micro-batch or on the row in which the example is computed.
func (l *lowering) rowsAndColumns(b, t int, picked bool) (rows, columns *graph.Node) {
	if l.owners != nil {
		rows, columns = l.owners, l.places
		if picked {
			rows, columns = l.pickRows(rows), l.pickRows(columns)
		}
		return graph.ConvertDType(rows, dtypes.Uint32), graph.ConvertDType(columns, dtypes.Uint32)
	}
	rows = graph.BroadcastToDims(graph.ExpandAxes(l.training.numbers, -1), b, t)
	columns = graph.Iota(l.g, shapes.Make(dtypes.Uint32, b, t), 1)
	if picked {
		columns = graph.ConvertDType(l.pick, dtypes.Uint32)
	}
	return rows, columns
}

// dropoutMask hashes (key, row, position, other coordinates). The hash uses integer
// arithmetic, so masks are the same on every backend. The bit of an element does not
// depend on the padding of its batch.
func dropoutMask(key *graph.Node, dims []int, rate float64, first [2]*graph.Node) *graph.Node {
	rest := 1
	for _, d := range dims[2:] {
		rest *= d
	}
	inner := graph.Iota(key.Graph(), shapes.Make(dtypes.Uint32, 1, 1, rest), 2)
	keep := keeps(graph.ExpandAxes(positionHash(key, first[0], first[1]), -1), inner, rate)
	return graph.Reshape(keep, dims...)
}

// positionHash mixes a key [1,2] with rows and columns, which have one shape [B,T].
func positionHash(key, rows, columns *graph.Node) *graph.Node {
	k0 := graph.Reshape(graph.Slice(key, graph.AxisRange(), graph.AxisRange(0, 1)), 1, 1)
	k1 := graph.Reshape(graph.Slice(key, graph.AxisRange(), graph.AxisRange(1, 2)), 1, 1)
	return mix(graph.BitwiseXor(mix(graph.Add(rows, k0)), graph.Add(columns, k1)))
}

// keeps is true for a fraction 1 - rate of the elements. The hashes of positions and
// of inner coordinates are broadcast to each other.
func keeps(position, inner *graph.Node, rate float64) *graph.Node {
	h := mix(graph.BitwiseXor(position, mix(inner)))
	return graph.GreaterOrEqual(h, graph.Scalar(h.Graph(), dtypes.Uint32, uint32(math.Round(rate*(1<<32)))))
}

// mix is the finaliser of MurmurHash3, a bijection of 32 bits.
func mix(h *graph.Node) *graph.Node {
	h = graph.AddScalar(h, uint32(0x9e3779b9))
	h = graph.BitwiseXor(h, graph.BitwiseShiftRightLogicalScalar(h, uint32(16)))
	h = graph.MulScalar(h, uint32(0x85ebca6b))
	h = graph.BitwiseXor(h, graph.BitwiseShiftRightLogicalScalar(h, uint32(13)))
	h = graph.MulScalar(h, uint32(0xc2b2ae35))
	return graph.BitwiseXor(h, graph.BitwiseShiftRightLogicalScalar(h, uint32(16)))
}
