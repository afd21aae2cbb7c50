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
	reorder bool // rows go on from others' rows, which a step says
}

func (s decodeShape) String() string {
	return fmt.Sprintf("%dx%d prompt %d new %d greedy %v reorder %v", s.prompts, s.beams, s.prompt, s.new, s.greedy, s.reorder)
}

// A prompt's keys and values stay as the prefill gave them, once for all its
// beams: [prompts, K, prompt, D]. What its beams add is apart, since it is
// reordered with them: [prompts, beams, K, new, D]. Heads come before positions
// so that a step multiplies the caches as they lie. Both caches list keys and
// values alternately, by attention node.
//
// With an encoder the prompt is its input, which cross attention sees and to
// which nothing is added. What comes before the tokens that self attention adds
// is then the start token alone.

// cacheShape is what decoding keeps of an attention node.
type cacheShape struct {
	heads, size int // of its keys and values
	prompt      int // their number from the prefill, a learned prefix included
	grows       bool
}

// caches gives the shape of each attention node's cache, in their order.
func (n *network) caches(s decodeShape) []cacheShape {
	dims := map[string][]int64{}
	for _, p := range n.program.Parameters {
		dims[p.Name] = p.Shape
	}
	for _, st := range n.program.Decoder.Steps {
		dims[st.Name] = st.Type.Dims
	}
	var out []cacheShape
	for _, st := range n.attentions {
		key := dims[st.Inputs[1]]
		c := cacheShape{heads: int(key[0]), size: int(key[1]), prompt: s.prompt, grows: st.GetAttention().GetMask() == ir.Causal}
		if n.encodes() && c.grows {
			c.prompt = 1
		}
		if st.GetAttention().GetPrefix() {
			prefix := dims[st.Inputs[len(st.Inputs)-1]]
			c.prompt += int(prefix[0])
		}
		out = append(out, c)
	}
	return out
}

// prefillGraph takes weights, tokens [1,prompt] and the last position [1,1];
// it gives predictions and the prompt's keys and values.
func (n *network) prefillGraph(s decodeShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		count := len(n.program.Parameters)
		weights, rest := in[:count], in[count:]
		sequence := sequences{tokens: rest[0], pick: rest[1], capture: true}
		if n.encodes() {
			g := rest[0].Graph()
			sequence.encoded, sequence.lengths = rest[0], graph.AddScalar(graph.Reshape(rest[1], 1), 1)
			sequence.tokens = graph.BroadcastToDims(graph.Const(g, n.program.DecoderStart), 1, 1)
			sequence.pick = nil
		}
		l := n.lower(weights, sequence)
		logits := l.run()
		return append(predictionNodes(logits, s.greedy), l.attention.(*fullAttention).cached...)
	}
}

// predictionNodes gives logits [rows,V] with each row's highest [rows] and the
// logarithm of its sum of exp(logit - highest) [rows], or for greedy search the
// best token [rows] and its log-probability [rows].
func predictionNodes(logits *graph.Node, greedy bool) []*graph.Node {
	v := logits.Shape().Dimensions[logits.Rank()-1]
	rows := graph.ConvertDType(graph.Reshape(logits, -1, v), dtypes.Float32)
	highest := graph.ReduceAndKeep(rows, graph.ReduceMax, -1)
	logSum := graph.Log(graph.ReduceSum(graph.Exp(graph.Sub(rows, highest)), -1))
	if greedy {
		return []*graph.Node{graph.ArgMax(rows, -1, dtypes.Int32), graph.Neg(logSum)}
	}
	return []*graph.Node{rows, graph.Squeeze(highest, -1), logSum}
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

// stepGraph takes weights, prompt caches, caches of what was added, tokens
// [prompts,beams], parents [prompts,beams], and per prompt its length and the
// number of tokens added before. It gives predictions and the new caches of
// what was added.
func (n *network) stepGraph(s decodeShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		rest := in[len(n.program.Parameters):]
		a := &stepAttention{shape: s}
		for _, c := range n.caches(s) {
			a.prompt, rest = append(a.prompt, [2]*graph.Node(rest)), rest[2:]
			a.grows = append(a.grows, c.grows)
		}
		for _, grows := range a.grows {
			var added [2]*graph.Node
			if grows {
				added, rest = [2]*graph.Node(rest), rest[2:]
			}
			a.added = append(a.added, added)
		}
		tokens := rest[0]
		a.parents, a.lengths, a.time = rest[1], rest[2], rest[3]
		a.before = a.lengths
		if n.encodes() {
			a.before = graph.OnesLike(a.lengths)
		}
		rows := s.prompts * s.beams
		at := graph.AddScalar(graph.Add(a.before, a.time), n.program.FirstPosition)
		position := graph.BroadcastToDims(graph.ExpandAxes(at, 1), s.prompts, s.beams)
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
	shape decodeShape
	// Keys and values by attention node.
	prompt, added [][2]*graph.Node
	grows         []bool
	parents       *graph.Node   // [P,B]
	lengths       *graph.Node   // [P], of the prompts
	before        *graph.Node   // [P] tokens before those that were added
	time          *graph.Node   // [P] tokens that were added before this one
	out           []*graph.Node // the caches of what was added, with this one
}

func (a *stepAttention) attend(l *lowering, number int, op *ir.Attention, in attentionInputs) *graph.Node {
	s, prompt := a.shape, a.prompt[number]
	dims := prompt[0].Shape().Dimensions // [P,K,prompt,D]
	kvHeads, length, size := dims[1], dims[2], dims[3]
	group := in.query.Shape().Dimensions[2] / kvHeads
	q := graph.Reshape(in.query, s.prompts, s.beams, kvHeads, group, size)

	scores := a.byBeam(graph.Dot(a.byHead(q), prompt[0]).General([]int{3}, []int{0, 1}, []int{3}, []int{0, 1}))
	var added [2]*graph.Node
	if a.grows[number] {
		added = [2]*graph.Node{a.write(l.g, a.added[number][0], in.key), a.write(l.g, a.added[number][1], in.value)}
		own := graph.Dot(q, added[0]).General([]int{4}, []int{0, 1, 2}, []int{4}, []int{0, 1, 2})
		scores = graph.Concatenate([]*graph.Node{scores, own}, -1)
	}
	scores = graph.MulScalar(scores, op.GetScale())

	at, key, visible := a.coordinates(l.g, op, length, prefixLength(in.prefixKey))
	if b := bias(op, in.table, kvHeads, group, at, key); b != nil {
		scores = graph.Add(scores, graph.TransposeAllAxes(b, 2, 3, 0, 1, 4))
	}
	scores = hide(scores, graph.ExpandAxes(visible, 2, 3))
	weights := graph.Softmax(scores, -1)
	sum := a.byBeam(graph.Dot(a.byHead(sliceAxis(weights, 4, 0, length)), prompt[1]).General([]int{3}, []int{0, 1}, []int{2}, []int{0, 1}))
	if a.grows[number] {
		own := graph.Dot(sliceAxis(weights, 4, length, length+s.new), added[1]).General([]int{4}, []int{0, 1, 2}, []int{3}, []int{0, 1, 2})
		sum = graph.Add(sum, own)
	}
	return graph.Reshape(sum, s.prompts*s.beams, 1, kvHeads*group, size)
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

// write gives a cache in the order of the beams' parents, with x [P·B,1,K,D]
// at each prompt's own time.
func (a *stepAttention) write(g *graph.Graph, cache, x *graph.Node) *graph.Node {
	s := a.shape
	dims := cache.Shape().Dimensions
	if s.reorder {
		prompt := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, s.beams, 1), 0)
		cache = graph.Gather(cache, graph.Concatenate([]*graph.Node{prompt, graph.ExpandAxes(a.parents, -1)}, -1))
	}
	slot := graph.Iota(g, shapes.Make(dtypes.Int32, dims...), 3)
	now := graph.BroadcastToDims(graph.Reshape(a.time, s.prompts, 1, 1, 1, 1), dims...)
	x = graph.BroadcastToDims(graph.Reshape(x, s.prompts, s.beams, dims[2], 1, dims[4]), dims...)
	cache = graph.Where(graph.Equal(slot, now), x, cache)
	a.out = append(a.out, cache)
	return cache
}

// coordinates gives the query's position [P,1,1], the positions [P,1,S] of the
// keys of a prompt cache and, in self attention, of what was added, and which
// of them count. They count from the first key behind the prefix.
func (a *stepAttention) coordinates(g *graph.Graph, op *ir.Attention, prompt, prefix int) (at, key, visible *graph.Node) {
	s := a.shape
	perPrompt := func(x *graph.Node) *graph.Node { return graph.Reshape(x, s.prompts, 1, 1) }
	before, time := perPrompt(a.before), perPrompt(a.time)
	at = graph.Add(before, time)
	key = graph.AddScalar(graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, 1, prompt), 2), -prefix)
	if op.GetMask() == ir.Cross {
		return at, key, graph.LessThan(key, perPrompt(a.lengths))
	}
	visible = graph.LessThan(key, before)
	inAdded := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, 1, s.new), 2)
	key = graph.Concatenate([]*graph.Node{key, graph.Add(inAdded, before)}, 2)
	visible = graph.Concatenate([]*graph.Node{visible, graph.LessOrEqual(inAdded, time)}, 2)
	return at, key, withinWindow(op, visible, at, key)
}
