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

// Scalars of a step, one f32 vector: what changes from step to step.
const (
	scalarDecay      = iota // 1 - rate · weight decay
	scalarStep              // rate / (1 - β1^t)
	scalarCorrection        // √(1 - β2^t)
	scalars
)

// stepScalars computes them in f64, as torch does.
func stepScalars(o *harnesspb.Optimizer, rate float64, step int64) []float32 {
	out := make([]float32, scalars)
	out[scalarDecay] = float32(1 - rate*o.GetWeightDecay())
	out[scalarStep] = float32(rate / (1 - math.Pow(o.GetBeta1(), float64(step))))
	out[scalarCorrection] = float32(math.Sqrt(1 - math.Pow(o.GetBeta2(), float64(step))))
	return out
}

// trainGraph takes the frozen weights, the trained ones, their first and
// second moments, a batch, the scalars and the dropout keys. It gives the new
// trained weights and moments, the sum of losses and the gradient's norm before
// clipping.
func (n *network) trainGraph(o *harnesspb.Optimizer, clip float64) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		count := len(n.train)
		frozen, in := in[:len(n.program.Parameters)-count], in[len(n.program.Parameters)-count:]
		trained, first, second, rest := in[:count], in[count:2*count], in[2*count:3*count], in[3*count:]
		batch, scalar, keys := rest[:batchInputs], rest[batchInputs], rest[batchInputs+1]

		sum, labels := n.lossNodes(n.merge(frozen, trained), batch, &training{keys: keys})
		gradients := graph.Gradient(graph.Div(sum, labels), trained...)
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
		if clip > 0 {
			factor := graph.MinScalar(graph.Div(graph.Const(norm.Graph(), float32(clip)), graph.AddScalar(norm, 1e-6)), 1)
			for i, g := range gradients {
				gradients[i] = graph.Mul(g, factor)
			}
		}
		w, m, v := adamW(o, scalar, trained, first, second, gradients)
		out := append(append(w, m...), v...)
		return append(out, sum, norm)
	}
}

// adamW is torch's: decay apart from the gradient, ε outside the root.
func adamW(o *harnesspb.Optimizer, scalar *graph.Node, weights, first, second, gradients []*graph.Node) (w, m, v []*graph.Node) {
	at := func(i int) *graph.Node { return graph.Reshape(graph.Slice(scalar, graph.AxisElem(i))) }
	decay, step, correction := at(scalarDecay), at(scalarStep), at(scalarCorrection)
	for i, g := range gradients {
		mean := graph.Add(first[i], graph.MulScalar(graph.Sub(g, first[i]), 1-o.GetBeta1()))
		square := graph.Add(graph.MulScalar(second[i], o.GetBeta2()), graph.MulScalar(graph.Mul(g, g), 1-o.GetBeta2()))
		root := graph.AddScalar(graph.Div(graph.Sqrt(square), correction), o.GetEpsilon())
		weight := graph.Sub(graph.Mul(weights[i], decay), graph.Mul(step, graph.Div(mean, root)))
		w, m, v = append(w, weight), append(m, mean), append(v, square)
	}
	return w, m, v
}

// merge puts frozen and trained nodes into the order of the parameters.
func (n *network) merge(frozen, trained []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, 0, len(n.program.Parameters))
	for _, p := range n.program.Parameters {
		from := &frozen
		if n.trains(p.Name) {
			from = &trained
		}
		out = append(out, (*from)[0])
		*from = (*from)[1:]
	}
	return out
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
