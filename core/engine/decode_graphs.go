package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// decodeShape is the shape of one batch of prompts. It does not change while the
// batch runs.
type decodeShape struct {
	prompts int // decoded at once
	beams   int // rows per prompt
	prompt  int // tokens of a prompt, padded
	new     int // new tokens, padded
	greedy  bool
	reorder bool // a row may continue another row; each step gives the parents
}

func (s decodeShape) String() string {
	return fmt.Sprintf("%dx%d prompt %d new %d greedy %v reorder %v", s.prompts, s.beams, s.prompt, s.new, s.greedy, s.reorder)
}

// Two caches hold keys and values. The prompt cache holds those of the prompts, as
// the prefill computed them, once for all beams of a prompt: keys [prompts, K, D,
// prompt], values [prompts, K, prompt, D]. The added cache holds those of new
// tokens, which are reordered with the beams: [prompts, beams, K, D, new] and
// [prompts, beams, K, new, D]. A step multiplies both in these layouts. Both list
// keys and values alternately, by attention node.
//
// New tokens are at places 0, 1, 2, … of their own row, no matter when their prompt
// entered the batch. So sums have one order, and a result has the same bits
// whatever other prompts are in the batch.
//
// With an encoder, the prompt is the encoder's input. Cross attention reads it, and
// nothing is added to it. Self attention then reads only the start token before the
// tokens that it adds.

// cacheShape is the shape of an attention node's caches.
type cacheShape struct {
	heads, size int // of its keys and values
	prompt      int // number of keys from the prefill, with a learned prefix
	grows       bool
}

// caches returns the shape of each attention node's cache, in the order of the
// nodes.
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

// dims are the dimensions of keys and values, in the prompt cache and in the added
// cache.
func (c cacheShape) dims(s decodeShape) (prompt, added [2][]int) {
	prompt = [2][]int{{s.prompts, c.heads, c.size, c.prompt}, {s.prompts, c.heads, c.prompt, c.size}}
	added = [2][]int{{s.prompts, s.beams, c.heads, c.size, s.new}, {s.prompts, s.beams, c.heads, s.new, c.size}}
	return prompt, added
}

// prefillGraph takes weights, prompt caches, tokens [1,prompt], the last position
// [1,1] and the prompt's slot. It returns predictions, and the caches with the
// prompt's keys and values in its slot.
func (n *network) prefillGraph(s decodeShape) func(in []*graph.Node) []*graph.Node {
	return func(in []*graph.Node) []*graph.Node {
		weights, rest := split(in, len(n.program.Parameters))
		caches, rest := split(rest, 2*len(n.attentions))
		overwrite(caches...)
		sequence := sequences{tokens: rest[0], pick: rest[1], decoding: true}
		if n.encodes() {
			g := rest[0].Graph()
			sequence.encoded, sequence.lengths = rest[0], graph.AddScalar(graph.Reshape(rest[1], 1), 1)
			sequence.tokens = graph.BroadcastToDims(graph.Const(g, n.program.DecoderStart), 1, 1)
			sequence.pick = nil
		}
		l := n.lower(weights, sequence)
		out := predictionNodes(l.run(), s.greedy)
		for i, x := range l.attention.(*fullAttention).cached {
			out = append(out, replace(caches[i], x, 0, rest[2]))
		}
		return out
	}
}

func split(nodes []*graph.Node, at int) (before, after []*graph.Node) { return nodes[:at], nodes[at:] }

// replace writes x, which has length 1 on an axis, into a cache at an index of that
// axis.
func replace(cache, x *graph.Node, axis int, at *graph.Node) *graph.Node {
	g, dims := cache.Graph(), cache.Shape().Dimensions
	if g.Backend().Capabilities().Operations[compute.OpTypeDynamicUpdateSlice] {
		starts := make([]*graph.Node, len(dims))
		for i := range starts {
			starts[i] = graph.ScalarZero(g, dtypes.Int32)
		}
		starts[axis] = at
		return graph.DynamicUpdateSlice(cache, x, starts)
	}
	index := graph.Iota(g, shapes.Make(dtypes.Int32, dims...), axis)
	return graph.Where(graph.Equal(index, graph.BroadcastToDims(at, dims...)), graph.BroadcastToDims(x, dims...), cache)
}

// predictionNodes returns logits [rows,V], each row's highest logit [rows] and the
// logarithm of its sum of exp(logit - highest) [rows]. For greedy search it returns
// the best token [rows] and its log-probability [rows].
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

// stepGraph takes weights, prompt caches, added caches, tokens [prompts,beams],
// parents [prompts,beams], and per prompt its length and the number of tokens
// added before. It returns predictions and the new added caches.
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
				overwrite(rest[:2]...)
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
			g: tokens.Graph(), sequence: n.program.Decoder, half: n.half, parameters: n.nodesByName(in, true),
			tokens:    graph.Reshape(tokens, rows, 1),
			positions: graph.Reshape(position, rows, 1),
			attention: a,
		}
		logits := l.run()
		return append(predictionNodes(logits, s.greedy), a.out...)
	}
}

// stepAttention reads one new position per row, and the caches.
type stepAttention struct {
	shape decodeShape
	// Keys and values by attention node.
	prompt, added [][2]*graph.Node
	grows         []bool
	parents       *graph.Node   // [P,B]
	lengths       *graph.Node   // [P], of the prompts
	before        *graph.Node   // [P] tokens before the added tokens
	time          *graph.Node   // [P] tokens added before this one: its place
	out           []*graph.Node // the added caches, with this token
}

func (a *stepAttention) attend(l *lowering, number int, op *ir.Attention, in attentionInputs) *graph.Node {
	s, prompt := a.shape, a.prompt[number]
	dims := prompt[0].Shape().Dimensions // [P,K,D,S]
	kvHeads, size, length := dims[1], dims[2], dims[3]
	heads := in.query.Shape().Dimensions[2]
	group := heads / kvHeads
	q := graph.Reshape(graph.MulScalar(in.query, op.GetScale()), s.prompts, s.beams, kvHeads, group, size)

	// Scores for the prompt cache are [P,K,B,R,S], so that all beams multiply it
	// together; scores for the added cache are [P,B,K,R,N].
	at, key, visible := a.inPrompt(l.g, op, length, prefixLength(in.prefixKey))
	old := graph.Dot(swapBeams(q, s.prompts, kvHeads, s.beams*group, size), prompt[0]).General([]int{3}, []int{0, 1}, []int{2}, []int{0, 1})
	old = graph.Reshape(old, s.prompts, kvHeads, s.beams, group, length)
	if b := bias(op, in.table, kvHeads, group, at, key); b != nil {
		old = graph.Add(old, graph.TransposeAllAxes(b, 2, 0, 3, 1, 4))
	}
	old = hide(old, graph.ExpandAxes(visible, 1, 2))
	// One softmax over both, without concatenating them.
	highest := swapBeams(graph.ReduceAndKeep(old, graph.ReduceMax, -1))
	var own *graph.Node
	var added [2]*graph.Node
	if a.grows[number] {
		added = [2]*graph.Node{a.write(l.g, a.added[number][0], in.key, 4), a.write(l.g, a.added[number][1], in.value, 3)}
		at, key, visible = a.inAdded(l.g, op)
		own = graph.Dot(q, added[0]).General([]int{4}, []int{0, 1, 2}, []int{3}, []int{0, 1, 2})
		if b := bias(op, in.table, kvHeads, group, at, key); b != nil {
			own = graph.Add(own, graph.TransposeAllAxes(b, 2, 3, 0, 1, 4))
		}
		own = hide(own, graph.ExpandAxes(visible, 2, 3))
		highest = graph.Max(highest, graph.ReduceAndKeep(own, graph.ReduceMax, -1))
	}
	weights := graph.Exp(graph.Sub(old, swapBeams(highest)))
	total := swapBeams(graph.ReduceAndKeep(weights, graph.ReduceSum, -1))
	sum := graph.Dot(graph.Reshape(weights, s.prompts, kvHeads, s.beams*group, length), prompt[1]).General([]int{3}, []int{0, 1}, []int{2}, []int{0, 1})
	sum = swapBeams(graph.Reshape(sum, s.prompts, kvHeads, s.beams, group, size))
	if own != nil {
		weights = graph.Exp(graph.Sub(own, highest))
		total = graph.Add(total, graph.ReduceAndKeep(weights, graph.ReduceSum, -1))
		sum = graph.Add(sum, graph.Dot(weights, added[1]).General([]int{4}, []int{0, 1, 2}, []int{3}, []int{0, 1, 2}))
	}
	return graph.Reshape(graph.Div(sum, total), s.prompts*s.beams, 1, heads, size)
}

// swapBeams transposes [P,B,K,…] to [P,K,B,…] or back, then reshapes to dims.
func swapBeams(x *graph.Node, dims ...int) *graph.Node {
	x = graph.TransposeAllAxes(x, 0, 2, 1, 3, 4)
	if len(dims) > 0 {
		x = graph.Reshape(x, dims...)
	}
	return x
}

// write returns a cache in the order of the beams' parents, with x [P·B,1,K,D] at
// the prompts' places on an axis. For a single prompt without reordering it writes
// only that place. Otherwise it selects between x and the old value for every
// element of the cache. XLA does that in place, and it costs nothing if beams are
// reordered anyway.
func (a *stepAttention) write(g *graph.Graph, cache, x *graph.Node, axis int) *graph.Node {
	s := a.shape
	dims := slices.Clone(cache.Shape().Dimensions)
	if s.reorder {
		prompt := graph.Iota(g, shapes.Make(dtypes.Int32, s.prompts, s.beams, 1), 0)
		cache = graph.Gather(cache, graph.Concatenate([]*graph.Node{prompt, graph.ExpandAxes(a.parents, -1)}, -1))
	}
	one := slices.Clone(dims)
	one[axis] = 1
	x = graph.Reshape(x, one...)
	if s.prompts == 1 && !s.reorder {
		cache = replace(cache, x, axis, graph.Reshape(a.time))
	} else {
		place := graph.BroadcastToDims(graph.Reshape(a.time, -1, 1, 1, 1, 1), dims...)
		here := graph.Equal(graph.Iota(g, shapes.Make(dtypes.Int32, dims...), axis), place)
		cache = graph.Where(here, graph.BroadcastToDims(x, dims...), cache)
	}
	a.out = append(a.out, cache)
	return cache
}

// inPrompt returns the query's position [P,1,1], the positions [1,1,S] of the keys
// in the prompt cache, and which of these keys are visible [P,1,S]. Positions count
// from the first key after the prefix.
func (a *stepAttention) inPrompt(g *graph.Graph, op *ir.Attention, prompt, prefix int) (at, key, visible *graph.Node) {
	before, at := a.query()
	key = graph.AddScalar(graph.Iota(g, shapes.Make(dtypes.Int32, 1, 1, prompt), 2), -prefix)
	if op.GetMask() == ir.Cross {
		return at, key, graph.LessThan(key, graph.Reshape(a.lengths, -1, 1, 1))
	}
	return at, key, withinWindow(op, graph.LessThan(key, before), at, key)
}

// inAdded returns the same for the added cache, with positions [P,1,N].
func (a *stepAttention) inAdded(g *graph.Graph, op *ir.Attention) (at, key, visible *graph.Node) {
	before, at := a.query()
	key = graph.Add(before, graph.Iota(g, shapes.Make(dtypes.Int32, 1, 1, a.shape.new), 2))
	return at, key, withinWindow(op, graph.LessOrEqual(key, at), at, key)
}

// query returns, as [P,1,1], the number of tokens before the added ones, and the
// query's position.
func (a *stepAttention) query() (before, at *graph.Node) {
	before = graph.Reshape(a.before, -1, 1, 1)
	return before, graph.Add(before, graph.Reshape(a.time, -1, 1, 1))
}
