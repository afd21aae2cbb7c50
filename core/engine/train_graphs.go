package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// trainShape is the padded shape of a batch.
type trainShape struct {
	rows, length int // examples and tokens
	labels       int // labels of one example
}

// batchInputs are the inputs that come after the weights: tokens [B,T], the
// positions whose logits predict a label [B,U], the labels [B,U] i32, and 1 or
// 0 for labels and padding [B,U] f32. With an encoder the tokens are its input,
// and the second of them is the lengths of its rows [B].
const batchInputs = 4

// labelLogits gives the logits [B,U,V] that predict the labels of a batch.
func (n *network) labelLogits(weights, batch []*graph.Node, t *training) *graph.Node {
	tokens, where, labels := batch[0], batch[1], batch[2]
	s := sequences{tokens: tokens, training: t}
	if n.encodes() {
		before := graph.BroadcastToDims(graph.Const(tokens.Graph(), n.program.DecoderStart), labels.Shape().Dimensions[0], 1)
		s.encoded, s.lengths = tokens, where
		s.tokens = sliceAxis(graph.Concatenate([]*graph.Node{before, labels}, 1), 1, 0, labels.Shape().Dimensions[1])
	} else {
		s.pick = where
	}
	return n.lower(weights, s).run()
}

// lossNodes gives the sum of the labels' cross-entropies and their number.
func (n *network) lossNodes(weights, batch []*graph.Node, t *training) (sum, count *graph.Node) {
	labels, weight := batch[2], batch[3]
	logits := graph.ConvertDType(n.labelLogits(weights, batch, t), dtypes.Float32) // [B,U,V]
	// A vocabulary is wide: no gather and no one-hot array of it.
	shifted := graph.Sub(logits, graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, -1)))
	normaliser := graph.Log(graph.ReduceSum(graph.Exp(shifted), -1))
	column := graph.Iota(logits.Graph(), shapes.Make(dtypes.Int32, shifted.Shape().Dimensions...), 2)
	isLabel := graph.Equal(column, graph.BroadcastToDims(graph.ExpandAxes(labels, -1), shifted.Shape().Dimensions...))
	chosen := graph.ReduceSum(graph.Where(isLabel, shifted, graph.ZerosLike(shifted)), -1)
	return graph.ReduceAllSum(graph.Mul(graph.Sub(normaliser, chosen), weight)), graph.ReduceAllSum(weight)
}

// lossGraph takes weights and a batch and gives sum and count.
func (n *network) lossGraph(in []*graph.Node) []*graph.Node {
	at := len(n.program.Parameters)
	sum, count := n.lossNodes(in[:at], in[at:], nil)
	return []*graph.Node{sum, count}
}

// gradientGraph takes all weights in the order of the parameters, a batch, the
// number of labels that its losses are divided by, and the dropout keys. It
// gives the gradients of what trains, in the order of the parameters, and the
// sum of losses.
func (n *network) gradientGraph(in []*graph.Node) []*graph.Node {
	at := len(n.program.Parameters)
	weights, batch, labels, keys := in[:at], in[at:at+batchInputs], in[at+batchInputs], in[at+batchInputs+1]
	sum, _ := n.lossNodes(weights, batch, &training{keys: keys})
	var trained []*graph.Node
	for i, p := range n.program.Parameters {
		if n.trains(p.Name) {
			trained = append(trained, weights[i])
		}
	}
	return append(graph.Gradient(graph.Div(sum, labels), trained...), sum)
}

// sumGraph adds two lists of tensors, one after the other.
func sumGraph(in []*graph.Node) []*graph.Node {
	half := len(in) / 2
	out := make([]*graph.Node, half)
	for i := range out {
		out[i] = graph.Add(in[i], in[half+i])
	}
	return out
}

// normGraph gives the norm of all gradients together, and the factor that
// clips it as torch does.
func normGraph(clip float64) func(gradients []*graph.Node) []*graph.Node {
	return func(gradients []*graph.Node) []*graph.Node {
		var squares *graph.Node
		for _, g := range gradients {
			s := graph.ReduceAllSum(graph.Square(g))
			if squares == nil {
				squares = s
				continue
			}
			squares = graph.Add(squares, s)
		}
		norm := graph.Sqrt(squares)
		factor := graph.OnesLike(norm)
		if clip > 0 {
			factor = graph.MinScalar(graph.Div(graph.Const(norm.Graph(), float32(clip)), graph.AddScalar(norm, 1e-6)), 1)
		}
		return []*graph.Node{norm, factor}
	}
}

// updateGraph takes the scalars of an optimizer, the clipping factor, and for
// each parameter of a group its weight, its gradient and what is kept for it.
// It gives the new weights, each with what is kept.
func (u *updates) updateGraph(g group) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		vector, factor, in := in[0], in[1], in[2:]
		var scalars []*graph.Node
		for i := range vector.Shape().Dimensions[0] {
			scalars = append(scalars, graph.Reshape(graph.Slice(vector, graph.AxisElem(i))))
		}
		var out []*graph.Node
		for _, i := range g.members {
			end := 2 + len(u.parameters[i].keeps)
			weight, kept := u.optimizer.update(scalars, in[0], graph.Mul(in[1], factor), in[2:end], u.parameters[i].decays)
			out, in = append(append(out, weight), kept...), in[end:]
		}
		return out
	}
}

// dropouts counts the places where a network drops in training.
func (n *network) dropouts() int {
	count := 0
	for _, s := range []*ir.Sequence{n.program.Encoder, n.program.Decoder} {
		if s == nil {
			continue
		}
		for _, st := range s.Steps {
			if st.GetDropout().GetRate() > 0 || st.GetAttention().GetDropout() > 0 {
				count++
			}
		}
	}
	return count
}

func (s trainShape) String() string {
	return fmt.Sprintf("%dx%d labels %d", s.rows, s.length, s.labels)
}
