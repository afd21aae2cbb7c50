package ir

import (
	"harness/core/protocol/harnesspb"
)

// Nodes writes nodes. It has one method per op; each returns the node's value.
// The package comment gives the shapes.
type Nodes struct {
	add func(*Node)
}

func (b *Nodes) node(name string, n *Node, inputs ...Value) Value {
	n.Name = name
	for _, in := range inputs {
		n.Inputs = append(n.Inputs, string(in))
	}
	b.add(n)
	return Value(name)
}

// Embedding looks up ids in a table.
func (b *Nodes) Embedding(name string, ids, table Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Embedding{Embedding: &harnesspb.Embedding{}}}, ids, table)
}

// Linear is x·weightᵀ plus the bias, if one is given.
func (b *Nodes) Linear(name string, x, weight Value, bias ...Value) Value {
	return b.linear(name, false, x, weight, bias)
}

// LinearInOut is Linear with a weight stored [in, out].
func (b *Nodes) LinearInOut(name string, x, weight Value, bias ...Value) Value {
	return b.linear(name, true, x, weight, bias)
}

func (b *Nodes) linear(name string, inOut bool, x, weight Value, bias []Value) Value {
	n := &Node{Op: &harnesspb.Node_Linear{Linear: &harnesspb.Linear{WeightInOut: inOut}}}
	return b.node(name, n, append([]Value{x, weight}, bias...)...)
}

// MatMul multiplies two parameter expressions.
func (b *Nodes) MatMul(name string, x, y Value, transposeX, transposeY bool) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Matmul{Matmul: &harnesspb.MatMul{TransposeA: transposeX, TransposeB: transposeY}}}, x, y)
}

func (b *Nodes) binary(name string, op harnesspb.Binary_Op, x, y Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Binary{Binary: &harnesspb.Binary{Op: op}}}, x, y)
}

// Add is x + y.
func (b *Nodes) Add(name string, x, y Value) Value {
	return b.binary(name, harnesspb.Binary_OP_ADD, x, y)
}

// Subtract is x - y.
func (b *Nodes) Subtract(name string, x, y Value) Value {
	return b.binary(name, harnesspb.Binary_OP_SUBTRACT, x, y)
}

// Multiply is x · y.
func (b *Nodes) Multiply(name string, x, y Value) Value {
	return b.binary(name, harnesspb.Binary_OP_MULTIPLY, x, y)
}

// Divide is x / y.
func (b *Nodes) Divide(name string, x, y Value) Value {
	return b.binary(name, harnesspb.Binary_OP_DIVIDE, x, y)
}

// Unary applies a function to every element.
func (b *Nodes) Unary(name string, op harnesspb.Unary_Op, x Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Unary{Unary: &harnesspb.Unary{Op: op}}}, x)
}

// Scale is x · factor.
func (b *Nodes) Scale(name string, x Value, factor float64) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Scale{Scale: &harnesspb.Scale{Factor: factor}}}, x)
}

// LayerNorm normalises the last axis.
func (b *Nodes) LayerNorm(name string, x, gain Value, epsilon float64, bias ...Value) Value {
	n := &Node{Op: &harnesspb.Node_LayerNorm{LayerNorm: &harnesspb.LayerNorm{Epsilon: epsilon}}}
	return b.node(name, n, append([]Value{x, gain}, bias...)...)
}

// RMSNorm normalises the last axis without subtracting its mean.
func (b *Nodes) RMSNorm(name string, x, gain Value, epsilon float64) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_RmsNorm{RmsNorm: &harnesspb.RMSNorm{Epsilon: epsilon}}}, x, gain)
}

// Softmax is over the last axis.
func (b *Nodes) Softmax(name string, x Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Softmax{Softmax: &harnesspb.Softmax{}}}, x)
}

// Reshape changes the shape of the feature axes.
func (b *Nodes) Reshape(name string, x Value, shape ...int64) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Reshape{Reshape: &harnesspb.Reshape{Shape: shape}}}, x)
}

// Transpose permutes the feature axes.
func (b *Nodes) Transpose(name string, x Value, permutation ...int32) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Transpose{Transpose: &harnesspb.Transpose{Permutation: permutation}}}, x)
}

// Slice keeps elements start…end-1 of one feature axis.
func (b *Nodes) Slice(name string, x Value, axis int, start, end int64) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Slice{Slice: &harnesspb.Slice{Axis: int32(axis), Start: start, End: end}}}, x)
}

// Concat joins values along one feature axis.
func (b *Nodes) Concat(name string, axis int, values ...Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Concat{Concat: &harnesspb.Concat{Axis: int32(axis)}}}, values...)
}

// Reduce takes the sum or mean over one feature axis.
func (b *Nodes) Reduce(name string, x Value, op harnesspb.Reduce_Op, axis int, keep bool) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Reduce{Reduce: &harnesspb.Reduce{Op: op, Axis: int32(axis), KeepAxis: keep}}}, x)
}

// Dropout drops elements in training. A rate of 0 writes no node.
func (b *Nodes) Dropout(name string, x Value, rate float64) Value {
	if rate == 0 {
		return x
	}
	return b.node(name, &Node{Op: &harnesspb.Node_Dropout{Dropout: &harnesspb.Dropout{Rate: rate}}}, x)
}

// Cast converts to another float type.
func (b *Nodes) Cast(name string, x Value, to DType) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Cast{Cast: &harnesspb.Cast{Dtype: to}}}, x)
}

// Rotary applies rotary position embeddings to heads.
func (b *Nodes) Rotary(name string, x Value, op *harnesspb.Rotary) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Rotary{Rotary: op}}, x)
}

// Attention computes attention. rest holds the relative bias table and the
// prefix, if op uses them.
func (b *Nodes) Attention(name string, query, key, value Value, op *harnesspb.Attention, rest ...Value) Value {
	return b.node(name, &Node{Op: &harnesspb.Node_Attention{Attention: op}}, append([]Value{query, key, value}, rest...)...)
}
