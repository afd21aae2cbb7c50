package ir

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"harness/core/protocol/harnesspb"
)

// infer returns the type of a node's result, given the types of its inputs. It
// fails if the types do not fit the op.
func infer(n *Node, in []Type) (Type, error) {
	switch op := n.GetOp().(type) {
	case *harnesspb.Node_Embedding:
		return inferEmbedding(in)
	case *harnesspb.Node_Linear:
		return inferLinear(op.Linear, in)
	case *harnesspb.Node_Matmul:
		return inferMatMul(op.Matmul, in)
	case *harnesspb.Node_Binary:
		return inferBinary(op.Binary, in)
	case *harnesspb.Node_Unary:
		if op.Unary.GetOp() == harnesspb.Unary_OP_UNSPECIFIED || harnesspb.Unary_Op_name[int32(op.Unary.GetOp())] == "" {
			return Type{}, fmt.Errorf("unknown unary op %d", int32(op.Unary.GetOp()))
		}
		return same(in)
	case *harnesspb.Node_Scale:
		if !finite(op.Scale.GetFactor()) {
			return Type{}, fmt.Errorf("factor %v is not finite", op.Scale.GetFactor())
		}
		return same(in)
	case *harnesspb.Node_LayerNorm:
		return inferNorm(in, op.LayerNorm.GetEpsilon(), 3)
	case *harnesspb.Node_RmsNorm:
		return inferNorm(in, op.RmsNorm.GetEpsilon(), 2)
	case *harnesspb.Node_Softmax:
		t, err := same(in)
		if err == nil && len(t.Dims) == 0 {
			err = fmt.Errorf("softmax needs a last axis, %v has none", t)
		}
		return t, err
	case *harnesspb.Node_Reshape:
		return inferReshape(op.Reshape.GetShape(), in)
	case *harnesspb.Node_Transpose:
		return inferTranspose(op.Transpose.GetPermutation(), in)
	case *harnesspb.Node_Slice:
		return inferSlice(op.Slice, in)
	case *harnesspb.Node_Concat:
		return inferConcat(int(op.Concat.GetAxis()), in)
	case *harnesspb.Node_Reduce:
		return inferReduce(op.Reduce, in)
	case *harnesspb.Node_Dropout:
		if r := op.Dropout.GetRate(); !(r >= 0 && r < 1) {
			return Type{}, fmt.Errorf("dropout rate %v is outside [0, 1)", r)
		}
		return same(in)
	case *harnesspb.Node_Cast:
		t, err := same(in)
		if err == nil && !isFloat(op.Cast.GetDtype()) {
			err = fmt.Errorf("cast to %s; only f32, f16 and bf16 are possible", dtypeName(op.Cast.GetDtype()))
		}
		t.DType = op.Cast.GetDtype()
		return t, err
	case *harnesspb.Node_Rotary:
		return inferRotary(op.Rotary, in)
	case *harnesspb.Node_Attention:
		return inferAttention(op.Attention, in)
	}
	return Type{}, errors.New("has no op, or an op that this version does not know")
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// need checks the number of inputs, and that all have the same float type.
func need(in []Type, least, most int) error {
	switch {
	case len(in) < least || len(in) > most:
		want := fmt.Sprint(least)
		if most > least {
			want = fmt.Sprintf("%d to %d", least, most)
		}
		return fmt.Errorf("has %d inputs, expected %s", len(in), want)
	}
	for i, t := range in {
		if !isFloat(t.DType) {
			return fmt.Errorf("input %d is %v, expected numbers of a float type", i, t)
		}
		if t.DType != in[0].DType {
			return fmt.Errorf("input %d is %s and input 0 %s; cast one of them", i, dtypeName(t.DType), dtypeName(in[0].DType))
		}
	}
	return nil
}

func same(in []Type) (Type, error) {
	if err := need(in, 1, 1); err != nil {
		return Type{}, err
	}
	return in[0], nil
}

// expression checks that an input is a parameter expression of the given rank.
func expression(what string, t Type, rank int) error {
	if t.Over != OverNothing || len(t.Dims) != rank {
		return fmt.Errorf("%s is %v, expected a parameter expression of rank %d", what, t, rank)
	}
	return nil
}

func inferEmbedding(in []Type) (Type, error) {
	if len(in) != 2 {
		return Type{}, fmt.Errorf("has %d inputs, expected ids and a table", len(in))
	}
	ids, table := in[0], in[1]
	if ids.DType != I32 || ids.Over == OverNothing || len(ids.Dims) != 0 {
		return Type{}, fmt.Errorf("ids are %v, expected [B,T] i32", ids)
	}
	if err := expression("table", table, 2); err != nil {
		return Type{}, err
	}
	return Type{Over: ids.Over, DType: table.DType, Dims: table.Dims[1:]}, nil
}

func inferLinear(op *harnesspb.Linear, in []Type) (Type, error) {
	if err := need(in, 2, 3); err != nil {
		return Type{}, err
	}
	x, w := in[0], in[1]
	if err := expression("weight", w, 2); err != nil {
		return Type{}, err
	}
	out, inner := w.Dims[0], w.Dims[1]
	if op.GetWeightInOut() {
		out, inner = inner, out
	}
	if len(x.Dims) == 0 || x.Dims[len(x.Dims)-1] != inner {
		return Type{}, fmt.Errorf("x is %v, but the weight %v takes %d features", x, w, inner)
	}
	if len(in) == 3 {
		if err := expression("bias", in[2], 1); err != nil {
			return Type{}, err
		}
		if in[2].Dims[0] != out {
			return Type{}, fmt.Errorf("bias is %v, but the weight %v gives %d features", in[2], w, out)
		}
	}
	dims := slices.Clone(x.Dims)
	dims[len(dims)-1] = out
	return Type{Over: x.Over, DType: x.DType, Dims: dims}, nil
}

func inferMatMul(op *harnesspb.MatMul, in []Type) (Type, error) {
	if err := need(in, 2, 2); err != nil {
		return Type{}, err
	}
	a, b := in[0], in[1]
	for i, t := range in {
		if err := expression(fmt.Sprintf("input %d", i), t, 2); err != nil {
			return Type{}, err
		}
	}
	rows, inner := a.Dims[0], a.Dims[1]
	if op.GetTransposeA() {
		rows, inner = inner, rows
	}
	inner2, columns := b.Dims[0], b.Dims[1]
	if op.GetTransposeB() {
		inner2, columns = columns, inner2
	}
	if inner != inner2 {
		return Type{}, fmt.Errorf("a %v and b %v do not fit: inner sizes are %d and %d", a, b, inner, inner2)
	}
	return Type{DType: a.DType, Dims: []int64{rows, columns}}, nil
}

// join is the domain of a value that is computed from two others.
func join(a, b Domain) (Domain, error) {
	switch {
	case a == b || b == OverNothing:
		return a, nil
	case a == OverNothing:
		return b, nil
	}
	return 0, errors.New("joins values over different positions; only cross-attention may do that")
}

func inferBinary(op *harnesspb.Binary, in []Type) (Type, error) {
	if op.GetOp() == harnesspb.Binary_OP_UNSPECIFIED || harnesspb.Binary_Op_name[int32(op.GetOp())] == "" {
		return Type{}, fmt.Errorf("unknown binary op %d", int32(op.GetOp()))
	}
	if err := need(in, 2, 2); err != nil {
		return Type{}, err
	}
	a, b := in[0], in[1]
	over, err := join(a.Over, b.Over)
	if err != nil {
		return Type{}, err
	}
	dims := make([]int64, max(len(a.Dims), len(b.Dims)))
	for i := range dims {
		x, y := fromEnd(a.Dims, i), fromEnd(b.Dims, i)
		if x != y && x != 1 && y != 1 {
			return Type{}, fmt.Errorf("a %v and b %v do not broadcast", a, b)
		}
		dims[len(dims)-1-i] = max(x, y)
	}
	return Type{Over: over, DType: a.DType, Dims: dims}, nil
}

// fromEnd is the size of the i-th axis from the end, or 1 if there is none.
func fromEnd(dims []int64, i int) int64 {
	if i >= len(dims) {
		return 1
	}
	return dims[len(dims)-1-i]
}

func inferNorm(in []Type, epsilon float64, most int) (Type, error) {
	if err := need(in, 2, most); err != nil {
		return Type{}, err
	}
	if !finite(epsilon) || epsilon < 0 {
		return Type{}, fmt.Errorf("epsilon %v is not a finite number ≥ 0", epsilon)
	}
	x := in[0]
	if len(x.Dims) == 0 {
		return Type{}, fmt.Errorf("x is %v, expected a last axis to normalise", x)
	}
	features := x.Dims[len(x.Dims)-1]
	for i, p := range in[1:] {
		what := [...]string{"gain", "bias"}[i]
		if err := expression(what, p, 1); err != nil {
			return Type{}, err
		}
		if p.Dims[0] != features {
			return Type{}, fmt.Errorf("%s is %v, but x %v has %d features", what, p, x, features)
		}
	}
	return x, nil
}

func inferReshape(shape []int64, in []Type) (Type, error) {
	x, err := same(in)
	if err != nil {
		return Type{}, err
	}
	if what := badDims(shape); what != "" {
		return Type{}, errors.New(what)
	}
	out := Type{Over: x.Over, DType: x.DType, Dims: slices.Clone(shape)}
	if x.Elements() != out.Elements() {
		return Type{}, fmt.Errorf("reshape of %v to %v: %d elements become %d", x, out, x.Elements(), out.Elements())
	}
	return out, nil
}

func inferTranspose(permutation []int32, in []Type) (Type, error) {
	x, err := same(in)
	if err != nil {
		return Type{}, err
	}
	if len(permutation) != len(x.Dims) {
		return Type{}, fmt.Errorf("permutation %v has %d axes, x %v has %d", clip(permutation), len(permutation), x, len(x.Dims))
	}
	out := Type{Over: x.Over, DType: x.DType, Dims: make([]int64, len(x.Dims))}
	seen := make([]bool, len(x.Dims))
	for i, p := range permutation {
		if p < 0 || int(p) >= len(x.Dims) || seen[p] {
			return Type{}, fmt.Errorf("%v is not a permutation of the %d feature axes of %v", permutation, len(x.Dims), x)
		}
		seen[p] = true
		out.Dims[i] = x.Dims[p]
	}
	return out, nil
}

// clip keeps error texts short.
func clip[T any](list []T) []T { return list[:min(len(list), 8)] }

// checkAxis checks that x has the axis.
func checkAxis(x Type, axis int32) error {
	if axis < 0 || int(axis) >= len(x.Dims) {
		return fmt.Errorf("axis %d does not exist in %v, which has %d feature axes", axis, x, len(x.Dims))
	}
	return nil
}

func inferSlice(op *harnesspb.Slice, in []Type) (Type, error) {
	x, err := same(in)
	if err != nil {
		return Type{}, err
	}
	if err := checkAxis(x, op.GetAxis()); err != nil {
		return Type{}, err
	}
	size := x.Dims[op.GetAxis()]
	if op.GetStart() < 0 || op.GetStart() >= op.GetEnd() || op.GetEnd() > size {
		return Type{}, fmt.Errorf("slice %d…%d is outside axis %d of %v", op.GetStart(), op.GetEnd(), op.GetAxis(), x)
	}
	dims := slices.Clone(x.Dims)
	dims[op.GetAxis()] = op.GetEnd() - op.GetStart()
	return Type{Over: x.Over, DType: x.DType, Dims: dims}, nil
}

func inferConcat(axis int, in []Type) (Type, error) {
	if err := need(in, 1, MaxInputs); err != nil {
		return Type{}, err
	}
	first := in[0]
	if err := checkAxis(first, int32(axis)); err != nil {
		return Type{}, err
	}
	out := Type{Over: first.Over, DType: first.DType, Dims: slices.Clone(first.Dims)}
	for i, t := range in[1:] {
		fits := t.Over == first.Over && len(t.Dims) == len(first.Dims)
		for j := 0; fits && j < len(t.Dims); j++ {
			fits = j == axis || t.Dims[j] == first.Dims[j]
		}
		if !fits {
			return Type{}, fmt.Errorf("input %d is %v, which cannot be concatenated with %v along axis %d", i+1, t, first, axis)
		}
		out.Dims[axis] += t.Dims[axis]
	}
	return out, nil
}

func inferReduce(op *harnesspb.Reduce, in []Type) (Type, error) {
	if op.GetOp() == harnesspb.Reduce_OP_UNSPECIFIED || harnesspb.Reduce_Op_name[int32(op.GetOp())] == "" {
		return Type{}, fmt.Errorf("unknown reduction %d", int32(op.GetOp()))
	}
	x, err := same(in)
	if err != nil {
		return Type{}, err
	}
	if err := checkAxis(x, op.GetAxis()); err != nil {
		return Type{}, err
	}
	dims := slices.Clone(x.Dims)
	if op.GetKeepAxis() {
		dims[op.GetAxis()] = 1
	} else {
		dims = slices.Delete(dims, int(op.GetAxis()), int(op.GetAxis())+1)
	}
	return Type{Over: x.Over, DType: x.DType, Dims: dims}, nil
}

func inferRotary(op *harnesspb.Rotary, in []Type) (Type, error) {
	x, err := same(in)
	if err != nil {
		return Type{}, err
	}
	if x.Over == OverNothing || len(x.Dims) != 2 {
		return Type{}, fmt.Errorf("x is %v, expected [B,T,heads,head size]", x)
	}
	if d := op.GetDimensions(); d <= 0 || d%2 != 0 || d > x.Dims[1] {
		return Type{}, fmt.Errorf("rotates %d dimensions; expected an even number up to the head size %d", d, x.Dims[1])
	}
	if theta := op.GetTheta(); len(op.GetFrequencies()) == 0 && (!finite(theta) || theta <= 0) {
		return Type{}, fmt.Errorf("theta %v is not a positive number", theta)
	}
	if n := int64(len(op.GetFrequencies())); n != 0 && n != op.GetDimensions()/2 {
		return Type{}, fmt.Errorf("%d frequencies for %d dimensions; expected half as many, or none", n, op.GetDimensions())
	}
	for _, f := range op.GetFrequencies() {
		if !finite(f) || f < 0 {
			return Type{}, fmt.Errorf("frequency %v is not a finite number ≥ 0", f)
		}
	}
	if a := op.GetAmplitude(); !finite(a) || a < 0 {
		return Type{}, fmt.Errorf("amplitude %v is not a finite number ≥ 0", a)
	}
	return x, nil
}

func inferAttention(op *harnesspb.Attention, in []Type) (Type, error) {
	want := 3
	if op.GetRelativeBias() != nil {
		want++
	}
	if op.GetPrefix() {
		want += 2
	}
	if err := need(in, want, want); err != nil {
		return Type{}, err
	}
	q, k, v := in[0], in[1], in[2]
	keysOver := OverPositions
	switch op.GetMask() {
	case harnesspb.Attention_MASK_CAUSAL, harnesspb.Attention_MASK_FULL:
	case harnesspb.Attention_MASK_CROSS:
		keysOver = OverEncoder
	default:
		return Type{}, fmt.Errorf("unknown mask %d", int32(op.GetMask()))
	}
	if q.Over != OverPositions || len(q.Dims) != 2 {
		return Type{}, fmt.Errorf("query is %v, expected [B,T,heads,head size]", q)
	}
	heads, size := q.Dims[0], q.Dims[1]
	if k.Over != keysOver || !k.Equal(v) || len(k.Dims) != 2 || k.Dims[1] != size {
		return Type{}, fmt.Errorf("key is %v and value %v, expected both %v", k, v,
			Type{Over: keysOver, DType: q.DType, Dims: []int64{-1, size}}.keyString())
	}
	if heads%k.Dims[0] != 0 {
		return Type{}, fmt.Errorf("%d key/value heads do not divide %d query heads", k.Dims[0], heads)
	}
	if !finite(op.GetScale()) || op.GetScale() <= 0 {
		return Type{}, fmt.Errorf("scale %v is not a positive number", op.GetScale())
	}
	if r := op.GetDropout(); !(r >= 0 && r < 1) {
		return Type{}, fmt.Errorf("dropout rate %v is outside [0, 1)", r)
	}
	if op.GetWindow() < 0 || (op.GetWindow() > 0 && op.GetMask() != harnesspb.Attention_MASK_CAUSAL) {
		return Type{}, fmt.Errorf("window %d: only a causal mask may have one, of 1 or more", op.GetWindow())
	}
	rest := in[3:]
	if r := op.GetRelativeBias(); r != nil {
		if r.GetBuckets() < 4 || r.GetBuckets() > 1<<16 || r.GetMaxDistance() < 1 || r.GetMaxDistance() <= r.GetBuckets()/4 {
			return Type{}, fmt.Errorf("relative bias of %d buckets up to distance %d is out of range", r.GetBuckets(), r.GetMaxDistance())
		}
		if err := expression("relative bias table", rest[0], 2); err != nil {
			return Type{}, err
		}
		if rest[0].Dims[0] != int64(r.GetBuckets()) || rest[0].Dims[1] != heads {
			return Type{}, fmt.Errorf("relative bias table is %v, expected [%d,%d]", rest[0], r.GetBuckets(), heads)
		}
		rest = rest[1:]
	}
	if op.GetPrefix() {
		for i, t := range rest {
			what := [...]string{"prefix key", "prefix value"}[i]
			if err := expression(what, t, 3); err != nil {
				return Type{}, err
			}
			if t.Dims[1] != k.Dims[0] || t.Dims[2] != size || t.Dims[0] != rest[0].Dims[0] {
				return Type{}, fmt.Errorf("%s is %v, expected [%d,%d,%d]", what, t, rest[0].Dims[0], k.Dims[0], size)
			}
		}
	}
	return q, nil
}

// keyString prints the expected type of keys; any number of heads is possible.
func (t Type) keyString() string {
	letter := "T"
	if t.Over == OverEncoder {
		letter = "S"
	}
	return fmt.Sprintf("[B,%s,key/value heads,%d]", letter, t.Dims[1])
}

// badDims returns the problem with an untrusted shape, or "".
func badDims(dims []int64) string {
	if len(dims) > MaxRank {
		return fmt.Sprintf("has rank %d, at most %d is possible", len(dims), MaxRank)
	}
	n := int64(1)
	for _, d := range dims {
		if d < 1 || d > MaxAxis {
			return fmt.Sprintf("has an axis of %d elements in %v", d, dims)
		}
		if n > MaxElements/d {
			return fmt.Sprintf("has more than %d elements: %v", int64(MaxElements), dims)
		}
		n *= d
	}
	return ""
}
