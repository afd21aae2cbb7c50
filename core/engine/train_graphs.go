package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// batchShape is the padded shape of a micro-batch.
type batchShape struct {
	rows   int
	length int  // tokens per row; of the encoder's rows if there is one
	labels int  // per row
	placed bool // positions are inputs, instead of counting from the row's start
	packed bool // rows hold several examples; implies placed
}

func (s batchShape) String() string {
	return fmt.Sprintf("%dx%d labels %d placed %v packed %v", s.rows, s.length, s.labels, s.placed, s.packed)
}

// extent is the extent of a network's computation for this shape.
func (s batchShape) extent(encodes bool) ir.Extent {
	x := ir.Extent{Rows: int64(s.rows), Tokens: int64(s.length), Picked: int64(s.labels)}
	if encodes {
		x.Source, x.Tokens, x.Picked = x.Tokens, x.Picked, 0
	}
	return x
}

// batchNodes are the nodes of a micro-batch in a graph.
type batchNodes struct {
	tokens *graph.Node // [B,T] i32, the encoder's if there is one
	// Without an encoder, where [B,U] i32 are the positions whose logits predict the
	// labels. With an encoder, lengths [B] i32 are the lengths of its rows.
	where, lengths *graph.Node
	labels         *graph.Node // [B,U] i32
	weight         *graph.Node // [B,U] f32, 1 for labels and 0 for padding
	numbers        *graph.Node // [B] u32, the examples' numbers in their batch
	positions      *graph.Node // [B,T] i32, or nil
	owners         *graph.Node // [B,T] i32, the example of each token, or nil
}

// batchOf takes a micro-batch from the front of a graph's inputs.
func (n *network) batchOf(s batchShape, in []*graph.Node) (batchNodes, []*graph.Node) {
	next := func() (x *graph.Node) {
		x, in = in[0], in[1:]
		return x
	}
	b := batchNodes{tokens: next()}
	if n.encodes() {
		b.lengths = next()
	} else {
		b.where = next()
	}
	b.labels, b.weight, b.numbers = next(), next(), next()
	if s.placed {
		b.positions = next()
	}
	if s.packed {
		b.owners = next()
	}
	return b, in
}

// overLabels prepares a lowering that computes the logits that predict the labels.
func (n *network) overLabels(weights []*graph.Node, b batchNodes, t *training) *lowering {
	s := sequences{tokens: b.tokens, pick: b.where, positions: b.positions, owners: b.owners, training: t}
	if n.encodes() {
		before := graph.BroadcastToDims(graph.Const(b.tokens.Graph(), n.program.DecoderStart), b.labels.Shape().Dimensions[0], 1)
		s.encoded, s.lengths = b.tokens, b.lengths
		s.tokens = sliceAxis(graph.Concatenate([]*graph.Node{before, b.labels}, 1), 1, 0, b.labels.Shape().Dimensions[1])
	}
	return n.lower(weights, s)
}

// labelLosses returns the labels' cross-entropies [B,U], and hits [B,U] f32: 1 if the
// label is the likeliest token (among equals, the first), else 0. A vocabulary is
// large, so it avoids gathers and one-hot arrays over it.
func labelLosses(logits *graph.Node, b batchNodes) (losses, hits *graph.Node) {
	logits = graph.ConvertDType(logits, dtypes.Float32)
	wide := logits.Shape().Dimensions
	shifted := graph.Sub(logits, graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, -1)))
	normaliser := graph.Log(graph.ReduceSum(graph.Exp(shifted), -1))
	column := graph.Iota(logits.Graph(), shapes.Make(dtypes.Int32, wide...), 2)
	isLabel := graph.Equal(column, graph.BroadcastToDims(graph.ExpandAxes(b.labels, -1), wide...))
	chosen := graph.ReduceSum(graph.Where(isLabel, shifted, graph.ZerosLike(shifted)), -1)
	losses = graph.Mul(graph.Sub(normaliser, chosen), b.weight)

	best := graph.Where(graph.GreaterOrEqual(shifted, graph.ZerosLike(shifted)), column, graph.AddScalar(graph.ZerosLike(column), wide[2]))
	hits = graph.ConvertDType(graph.Equal(graph.ReduceMin(best, -1), b.labels), dtypes.Float32)
	return losses, hits
}

// lossGraph takes all weights in the order of the parameters and a micro-batch. It
// returns the sum of losses and the hits.
func (n *network) lossGraph(s batchShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		at := len(n.program.Parameters)
		b, _ := n.batchOf(s, in[at:])
		losses, hits := labelLosses(n.overLabels(in[:at], b, nil).run(), b)
		return []*graph.Node{graph.ReduceAllSum(losses), hits}
	}
}

// gradientGraph takes all weights in the order of the parameters, a micro-batch, the
// number of labels by which losses are divided, and the dropout keys. It returns the
// gradients of the trained parameters, in the order of the parameters, and the sum of
// losses.
func (n *network) gradientGraph(s batchShape, checkpoints bool) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		weights := in[:len(n.program.Parameters)]
		b, rest := n.batchOf(s, in[len(weights):])
		labels, keys := rest[0], rest[1]
		l := n.overLabels(weights, b, &training{keys: keys, numbers: b.numbers, trains: n.trains, checkpoints: checkpoints})
		logits := l.run()
		var losses, objective *graph.Node
		if h, ok := n.head(l); ok {
			losses, objective = h.loss(b, labels)
		} else {
			losses, _ = labelLosses(logits, b)
			objective = graph.Div(graph.ReduceAllSum(losses), labels)
		}
		var trained []*graph.Node
		for i, p := range n.program.Parameters {
			if n.trains(p.Name) {
				trained = append(trained, weights[i])
			}
		}
		return append(graph.Gradient(objective, trained...), graph.ReduceAllSum(losses))
	}
}

// sumGraph adds two lists of tensors element by element. Its inputs are the first
// list, then the second.
func sumGraph(in []*graph.Node) []*graph.Node {
	overwrite(in...)
	half := len(in) / 2
	out := make([]*graph.Node, half)
	for i := range out {
		out[i] = graph.Add(in[i], in[half+i])
	}
	return out
}

// normGraph returns the norm of all gradients together, and the factor that clips it
// as torch does.
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

// updateGraph takes the scalars of an optimizer, the clipping factor, and for each
// parameter of a group its weight, its gradient and its optimizer state. It returns
// the new weights, each with its new state.
func (u *updates) updateGraph(g group) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		vector, factor, in := in[0], in[1], in[2:]
		overwrite(in...)
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

// dropouts is the number of dropouts in a network.
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
