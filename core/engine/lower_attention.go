package engine

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"harness/core/ir"
)

// attention computes attention nodes. For a whole sequence all keys and values are
// inputs; in a decoding step the older ones come from a cache.
type attention interface {
	// attend returns [B,U,H,D]. number counts the attention nodes from 0.
	attend(l *lowering, number int, op *ir.Attention, in attentionInputs) *graph.Node
}

// attentionInputs are the inputs of an attention node.
type attentionInputs struct {
	query      *graph.Node // [B,U,H,D]: U positions, picked or all
	key, value *graph.Node // [B,T,K,D]; nil if only a cache holds them
	table      *graph.Node // of the relative bias, or nil
	// prefixKey and prefixValue [P,K,D] come before all keys and values, or are nil.
	prefixKey, prefixValue *graph.Node
	picked                 bool
}

// masked is added to the scores of hidden keys. It is far below any real score, but
// finite, so that a row without any key stays finite.
const masked = -1e30

func (l *lowering) attend(st ir.Step, op *ir.Attention, picked bool) *graph.Node {
	in := attentionInputs{
		query: l.get(st.Inputs[0], picked), key: l.get(st.Inputs[1], false), value: l.get(st.Inputs[2], false), picked: picked,
	}
	rest := st.Inputs[3:]
	if op.GetRelativeBias() != nil {
		in.table, rest = l.get(rest[0], false), rest[1:]
	}
	if op.GetPrefix() {
		in.prefixKey, in.prefixValue = l.get(rest[0], false), l.get(rest[1], false)
	}
	number := l.attended
	l.attended++
	return l.attention.attend(l, number, op, in)
}

// fullAttention attends to whole sequences, padded on the right. In a causal
// sequence padding comes after all real positions, so the mask hides it.
type fullAttention struct {
	// lengths [B] are the lengths of the encoder's rows, so that full and cross
	// attention can hide their padding; nil without an encoder.
	lengths *graph.Node
	// capture keeps keys [B,K,D,P+T] and values [B,K,P+T,D] for a cache, including
	// learned prefixes, in the order of the nodes.
	capture bool
	cached  []*graph.Node
}

func (a *fullAttention) attend(l *lowering, _ int, op *ir.Attention, in attentionInputs) *graph.Node {
	k, v := withPrefix(in.prefixKey, in.key), withPrefix(in.prefixValue, in.value)
	if a.capture {
		a.cached = append(a.cached, graph.TransposeAllAxes(k, 0, 2, 3, 1), graph.TransposeAllAxes(v, 0, 2, 1, 3))
	}
	queries, keys := in.query.Shape().Dimensions[1], k.Shape().Dimensions[1]
	q := byGroup(in.query, k.Shape().Dimensions[2])
	scores := graph.MulScalar(graph.Einsum("bukrd,btkd->bkrut", q, k), op.GetScale())

	// Coordinates as [B or 1, U, T], counted from the first key after the prefix.
	at := graph.Iota(l.g, shapes.Make(dtypes.Int32, 1, queries, 1), 1)
	if in.picked {
		at = graph.ExpandAxes(l.pick, -1)
	}
	key := graph.AddScalar(graph.Iota(l.g, shapes.Make(dtypes.Int32, 1, 1, keys), 2), -prefixLength(in.prefixKey))
	if b := bias(op, in.table, q.Shape().Dimensions[2], q.Shape().Dimensions[3], at, key); b != nil {
		scores = graph.Add(scores, graph.TransposeAllAxes(b, 2, 0, 1, 3, 4))
	}
	var visible *graph.Node
	if op.GetMask() == ir.Causal {
		visible = graph.LessOrEqual(key, at)
	} else {
		visible = graph.LessThan(key, graph.Reshape(a.lengths, -1, 1, 1))
	}
	if l.owners != nil {
		visible = graph.LogicalAnd(visible, l.sameOwner(in))
	}
	visible = withinWindow(op, visible, at, key)
	scores = hide(scores, graph.ExpandAxes(visible, 1, 2))
	weights := l.attentionDropout(graph.Softmax(scores, -1), op, in)
	return ungroup(graph.Einsum("bkrut,btkd->bukrd", weights, v))
}

// sameOwner [B,U,P+T] hides sequences that share a row from each other. All of them
// attend to the prefix.
func (l *lowering) sameOwner(in attentionInputs) *graph.Node {
	query := l.owners
	if in.picked {
		query = l.pickRows(query)
	}
	d := []int{query.Shape().Dimensions[0], query.Shape().Dimensions[1], l.owners.Shape().Dimensions[1]}
	same := graph.Equal(
		graph.BroadcastToDims(graph.ExpandAxes(query, -1), d...),
		graph.BroadcastToDims(graph.ExpandAxes(l.owners, 1), d...))
	if p := prefixLength(in.prefixKey); p > 0 {
		same = graph.Concatenate([]*graph.Node{graph.Ones(l.g, shapes.Make(dtypes.Bool, d[0], d[1], p)), same}, -1)
	}
	return same
}

func prefixLength(prefix *graph.Node) int {
	if prefix == nil {
		return 0
	}
	return prefix.Shape().Dimensions[0]
}

// withPrefix prepends a prefix [P,K,D] to every row of x [B,T,K,D].
func withPrefix(prefix, x *graph.Node) *graph.Node {
	if prefix == nil {
		return x
	}
	d := x.Shape().Dimensions
	rows := graph.BroadcastToDims(graph.ExpandAxes(prefix, 0), d[0], prefix.Shape().Dimensions[0], d[2], d[3])
	return graph.Concatenate([]*graph.Node{rows, x}, 1)
}

// withinWindow hides keys that are too far back. It never hides the prefix, whose
// coordinates are negative.
func withinWindow(op *ir.Attention, visible, at, key *graph.Node) *graph.Node {
	if op.GetWindow() == 0 {
		return visible
	}
	near := graph.GreaterThan(key, graph.AddScalar(at, -op.GetWindow()))
	if op.GetPrefix() {
		near = graph.LogicalOr(near, graph.LessThan(key, graph.ZerosLike(key)))
	}
	return graph.LogicalAnd(visible, near)
}

// attentionDropout drops attention weights [B,K,R,U,P+T], keyed by the query's place,
// the head and the key. Places count within the example, so padding, packing and the
// number of keys do not change the mask.
func (l *lowering) attentionDropout(weights *graph.Node, op *ir.Attention, in attentionInputs) *graph.Node {
	rate := op.GetDropout()
	if l.training == nil || rate == 0 {
		return weights
	}
	d, prefix := weights.Shape().Dimensions, prefixLength(in.prefixKey)
	rows, columns := l.rowsAndColumns(d[0], d[3], in.picked)
	position := graph.ExpandAxes(positionHash(l.dropoutKey(), rows, columns), 1, 2, 4)

	keys := graph.Iota(l.g, shapes.Make(dtypes.Uint32, 1, d[4]), 1)
	if l.owners != nil {
		keys = graph.ConvertDType(graph.AddScalar(l.places, prefix), dtypes.Uint32)
		if prefix > 0 {
			before := graph.Iota(l.g, shapes.Make(dtypes.Uint32, d[0], prefix), 1)
			keys = graph.Concatenate([]*graph.Node{before, keys}, 1)
		}
	}
	heads := graph.MulScalar(graph.Iota(l.g, shapes.Make(dtypes.Uint32, d[1]*d[2]), 0), uint32(2*maxLength))
	inner := graph.Add(graph.Reshape(heads, 1, d[1], d[2], 1, 1), graph.ExpandAxes(keys, 1, 2, 3))
	return dropped(weights, keeps(position, inner, rate), rate)
}

// byGroup splits heads [B,U,H,D] by the key/value head they read: [B,U,K,R,D].
func byGroup(q *graph.Node, kvHeads int) *graph.Node {
	d := q.Shape().Dimensions
	return graph.Reshape(q, d[0], d[1], kvHeads, d[2]/kvHeads, d[3])
}

func ungroup(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(x, d[0], d[1], d[2]*d[3], d[4])
}

// hide puts the masked score where visible (broadcast to scores) is false.
func hide(scores, visible *graph.Node) *graph.Node {
	visible = graph.BroadcastToDims(visible, scores.Shape().Dimensions...)
	return graph.Where(visible, scores, graph.BroadcastToDims(graph.Scalar(scores.Graph(), scores.DType(), masked), scores.Shape().Dimensions...))
}

// bias returns the bias of attention scores [K,R,B,U,T], or nil, for queries and
// keys at positions that broadcast to [B,U,T].
func bias(op *ir.Attention, table *graph.Node, kvHeads, group int, query, key *graph.Node) *graph.Node {
	g, heads := query.Graph(), kvHeads*group
	var sum *graph.Node
	if op.GetAlibi() {
		slopes := graph.Reshape(graph.Const(g, alibiSlopes(heads)), heads, 1, 1, 1)
		sum = graph.Mul(slopes, graph.ExpandAxes(graph.ConvertDType(key, dtypes.Float32), 0))
	}
	if r := op.GetRelativeBias(); r != nil {
		entries := graph.Gather(table, graph.ExpandAxes(relativeBucket(graph.Sub(key, query), r), -1))
		relative := graph.TransposeAllAxes(entries, 3, 0, 1, 2)
		if sum == nil {
			sum = relative
		} else {
			sum = graph.Add(sum, relative)
		}
	}
	if sum == nil {
		return nil
	}
	d := sum.Shape().Dimensions
	return graph.Reshape(sum, kvHeads, group, d[1], d[2], d[3])
}

// alibiSlopes are Bloom's slopes: a geometric sequence for the largest power of two
// heads, and every other element of the next finer sequence for the other heads.
func alibiSlopes(heads int) []float32 {
	power := 1
	for power*2 <= heads {
		power *= 2
	}
	slopes := make([]float32, heads)
	for i := range slopes {
		exponent := -8 * float64(i+1) / float64(power)
		if i >= power {
			exponent = -4 * float64(2*(i-power)+1) / float64(power)
		}
		slopes[i] = float32(math.Exp2(exponent))
	}
	return slopes
}

// relativeBucket is T5's bucket of a distance: each near distance has its own
// bucket, and far distances share buckets on a logarithmic scale.
func relativeBucket(distance *graph.Node, r *ir.RelativeBias) *graph.Node {
	g := distance.Graph()
	buckets := int(r.GetBuckets())
	zero := graph.ZerosLike(distance)
	var offset *graph.Node
	if r.GetBidirectional() {
		buckets /= 2
		offset = graph.Where(graph.GreaterThan(distance, zero), graph.AddScalar(zero, buckets), zero)
		distance = graph.Abs(distance)
	} else {
		distance = graph.Max(graph.Neg(distance), zero)
	}
	exact := buckets / 2
	// The logarithm's argument is at least 1; smaller distances have exact buckets.
	ratio := graph.DivScalar(graph.ConvertDType(graph.MaxScalar(distance, exact), dtypes.Float32), float32(exact))
	log := graph.MulScalar(graph.DivScalar(graph.Log(ratio), math.Log(float64(r.GetMaxDistance())/float64(exact))), float32(buckets-exact))
	far := graph.MinScalar(graph.AddScalar(graph.ConvertDType(graph.Floor(log), dtypes.Int32), exact), buckets-1)
	bucket := graph.Where(graph.LessThan(distance, graph.Scalar(g, dtypes.Int32, exact)), distance, far)
	if offset != nil {
		bucket = graph.Add(bucket, offset)
	}
	return bucket
}
