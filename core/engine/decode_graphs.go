package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// decodeShape is the shape of one batch of prompts, which never changes while
// it runs.
type decodeShape struct {
	prompts int // decoded side by side
	beams   int // rows of each
	prompt  int // tokens of a prompt, padded
	new     int // new tokens, padded
	greedy  bool
}

func (s decodeShape) String() string {
	return fmt.Sprintf("%dx%d prompt %d new %d greedy %v", s.prompts, s.beams, s.prompt, s.new, s.greedy)
}

// A prompt's keys and values stay as the prefill gave them, once for all its
// beams: [prompts, K, prompt, D]. What its beams add is apart, since it is
// reordered with them: [prompts, beams, K, new, D]. Heads come before positions
// so that a step multiplies the caches as they lie. Both caches list keys and
// values alternately, by attention node.

// prefillGraph takes weights, tokens [1,prompt] and the last position [1,1];
// it gives predictions and the prompt's keys and values.
func (n *network) prefillGraph(s decodeShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		rest := in[len(n.program.Parameters):]
		attention := &fullAttention{capture: true}
		l := &lowering{
			g: rest[0].Graph(), sequence: n.program.Decoder, parameters: n.named(in),
			tokens: rest[0], positions: countUp(rest[0]), pick: rest[1], attention: attention,
		}
		logits := l.run()
		return append(predictionNodes(logits, s.greedy), attention.cached...)
	}
}

// predictionNodes gives log-probabilities [rows,V], or for greedy search the
// best token [rows] and its log-probability.
func predictionNodes(logits *graph.Node, greedy bool) []*graph.Node {
	v := logits.Shape().Dimensions[logits.Rank()-1]
	rows := graph.ConvertDType(graph.Reshape(logits, -1, v), dtypes.Float32)
	shifted := graph.Sub(rows, graph.ReduceAndKeep(rows, graph.ReduceMax, -1))
	logProbabilities := graph.Sub(shifted, graph.Log(graph.ReduceAndKeep(graph.Exp(shifted), graph.ReduceSum, -1)))
	if greedy {
		return []*graph.Node{graph.ArgMax(rows, -1, dtypes.Int32), graph.ReduceMax(logProbabilities, -1)}
	}
	return []*graph.Node{logProbabilities}
}

// insertGraph takes the prompt caches, one prompt's keys and values, and its
// place; it gives the caches with the prompt in place.
func insertGraph(in []*graph.Node) []*graph.Node {
	count := (len(in) - 1) / 2
	out := make([]*graph.Node, count)
	for i := range out {
		cache, one := in[i], in[count+i]
		dims := cache.Shape().Dimensions
		row := graph.Iota(cache.Graph(), shapes.Make(dtypes.Int32, dims...), 0)
		here := graph.Equal(row, graph.BroadcastToDims(in[2*count], dims...))
		out[i] = graph.Where(here, graph.BroadcastToDims(one, dims...), cache)
	}
	return out
}

// keyShape is the number of key/value heads and their size.
func (n *network) keyShape(attention ir.Step) (heads, size int) {
	for _, st := range n.program.Decoder.Steps {
		if st.Name == attention.Inputs[1] {
			return int(st.Type.Dims[0]), int(st.Type.Dims[1])
		}
	}
	return 0, 0
}

// stepGraph takes weights, prompt caches, caches of what was added, tokens
// [prompts,beams], parents [prompts,beams], and per prompt its length and the
// number of tokens added before. It gives predictions and the new caches of
// what was added.
func (n *network) stepGraph(s decodeShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		count := 2 * len(n.attentions)
		rest := in[len(n.program.Parameters):]
		a := &stepAttention{shape: s, prompt: rest[:count], added: rest[count : 2*count], out: make([]*graph.Node, count)}
		tokens := rest[2*count]
		a.parents, a.lengths, a.time = rest[2*count+1], rest[2*count+2], rest[2*count+3]
		rows := s.prompts * s.beams
		position := graph.BroadcastToDims(graph.ExpandAxes(graph.Add(a.lengths, a.time), 1), s.prompts, s.beams)
		l := &lowering{
			g: tokens.Graph(), sequence: n.program.Decoder, parameters: n.named(in),
			tokens:    graph.Reshape(tokens, rows, 1),
			positions: graph.Reshape(position, rows, 1),
			attention: a,
		}
		logits := l.run()
		return append(predictionNodes(logits, s.greedy), a.out...)
	}
}

// stepAttention sees one new position a row, and the caches.
type stepAttention struct {
	shape         decodeShape
	prompt, added []*graph.Node
	parents       *graph.Node // [P,B]
	lengths, time *graph.Node // [P]
	out           []*graph.Node
}

func (a *stepAttention) attend(l *lowering, number int, op *ir.Attention, q, k, v, table *graph.Node, _ bool) *graph.Node {
	s := a.shape
	dims := k.Shape().Dimensions // [P·B,1,K,D]
	kvHeads, size := dims[2], dims[3]
	group := q.Shape().Dimensions[2] / kvHeads
	keys, values := a.write(l.g, 2*number, k), a.write(l.g, 2*number+1, v)
	q = graph.Reshape(q, s.prompts, s.beams, kvHeads, group, size)

	old := a.byBeam(graph.Dot(a.byHead(q), a.prompt[2*number]).General([]int{3}, []int{0, 1}, []int{3}, []int{0, 1}))
	added := graph.Dot(q, keys).General([]int{4}, []int{0, 1, 2}, []int{4}, []int{0, 1, 2})
	scores := graph.MulScalar(graph.Concatenate([]*graph.Node{old, added}, -1), op.GetScale())

	at, key, visible := a.coordinates(l.g, op)
	if b := bias(op, table, kvHeads, group, at, key); b != nil {
		scores = graph.Add(scores, graph.TransposeAllAxes(b, 2, 3, 0, 1, 4))
	}
	scores = hide(scores, graph.ExpandAxes(visible, 2, 3))
	weights := graph.Softmax(scores, -1)
	fromPrompt := graph.Dot(a.byHead(sliceAxis(weights, 4, 0, s.prompt)), a.prompt[2*number+1]).General([]int{3}, []int{0, 1}, []int{2}, []int{0, 1})
	fromAdded := graph.Dot(sliceAxis(weights, 4, s.prompt, s.prompt+s.new), values).General([]int{4}, []int{0, 1, 2}, []int{3}, []int{0, 1, 2})
	return graph.Reshape(graph.Add(a.byBeam(fromPrompt), fromAdded), s.prompts*s.beams, 1, kvHeads*group, size)
}

// byHead turns [P,B,K,R,X] into [P,K,B·R,X]; byBeam turns it back.
func (a *stepAttention) byHead(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(graph.TransposeAllAxes(x, 0, 2, 1, 3, 4), d[0], d[2], d[1]*d[3], d[4])
}

func (a *stepAttention) byBeam(x *graph.Node) *graph.Node {
	d, beams := x.Shape().Dimensions, a.shape.beams
	return graph.TransposeAllAxes(graph.Reshape(x, d[0], d[1], beams, d[2]/beams, d[3]), 0, 2, 1, 3, 4)
}

// write gives cache i in the order of the beams' parents, with x [P·B,1,K,D]
// at each prompt's own time.
func (a *stepAttention) write(g *graph.Graph, i int, x *graph.Node) *graph.Node {
	s, cache := a.shape, a.added[i]
	dims := cache.Shape().Dimensions
	if s.beams > 1 {
		prompt := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, s.beams, 1), 0)
		cache = graph.Gather(cache, graph.Concatenate([]*graph.Node{prompt, graph.ExpandAxes(a.parents, -1)}, -1))
	}
	slot := graph.Iota(g, shapes.Make(dtypes.Int32, dims...), 3)
	now := graph.BroadcastToDims(graph.Reshape(a.time, s.prompts, 1, 1, 1, 1), dims...)
	x = graph.BroadcastToDims(graph.Reshape(x, s.prompts, s.beams, dims[2], 1, dims[4]), dims...)
	a.out[i] = graph.Where(graph.Equal(slot, now), x, cache)
	return a.out[i]
}

// coordinates gives the query's position [P,1,1], the keys' positions
// [P,1,prompt+new], and which keys count.
func (a *stepAttention) coordinates(g *graph.Graph, op *ir.Attention) (at, key, visible *graph.Node) {
	s := a.shape
	length := graph.Reshape(a.lengths, s.prompts, 1, 1)
	time := graph.Reshape(a.time, s.prompts, 1, 1)
	at = graph.Add(length, time)
	inPrompt := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, 1, s.prompt), 2)
	inAdded := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, 1, s.new), 2)
	key = graph.Concatenate([]*graph.Node{inPrompt, graph.Add(inAdded, length)}, 2)
	visible = graph.Concatenate([]*graph.Node{graph.LessThan(inPrompt, length), graph.LessOrEqual(inAdded, time)}, 2)
	if op.GetWindow() > 0 {
		visible = graph.LogicalAnd(visible, graph.GreaterThan(key, graph.AddScalar(at, -op.GetWindow())))
	}
	return at, key, visible
}
