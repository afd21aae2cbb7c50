package ir

import (
	"fmt"
	"strconv"
	"strings"

	"harness/core/protocol/harnesspb"
)

// The graph's messages under short names, for plugin authors.
type (
	Graph       = harnesspb.Graph
	Stack       = harnesspb.Stack
	Item        = harnesspb.Item
	Repeat      = harnesspb.Repeat
	Carry       = harnesspb.Carry
	Node        = harnesspb.Node
	Parameter   = harnesspb.Parameter
	Initializer = harnesspb.Initializer
	Source      = harnesspb.Source
	Rewrite     = harnesspb.Rewrite
	Replacement = harnesspb.Replacement
	DType       = harnesspb.DType

	Rotary       = harnesspb.Rotary
	Attention    = harnesspb.Attention
	RelativeBias = harnesspb.RelativeBias
	UnaryOp      = harnesspb.Unary_Op
)

// Functions of Unary.
const (
	GELU         = harnesspb.Unary_OP_GELU
	GELUTanh     = harnesspb.Unary_OP_GELU_TANH
	ReLU         = harnesspb.Unary_OP_RELU
	SiLU         = harnesspb.Unary_OP_SILU
	Tanh         = harnesspb.Unary_OP_TANH
	Sigmoid      = harnesspb.Unary_OP_SIGMOID
	Exp          = harnesspb.Unary_OP_EXP
	Sqrt         = harnesspb.Unary_OP_SQRT
	Square       = harnesspb.Unary_OP_SQUARE
	Negate       = harnesspb.Unary_OP_NEGATE
	StopGradient = harnesspb.Unary_OP_STOP_GRADIENT
)

// Reductions of Reduce.
const (
	Sum  = harnesspb.Reduce_OP_SUM
	Mean = harnesspb.Reduce_OP_MEAN
)

// Masks of Attention.
const (
	Causal = harnesspb.Attention_MASK_CAUSAL
	Full   = harnesspb.Attention_MASK_FULL
	Cross  = harnesspb.Attention_MASK_CROSS
)

// Element types.
const (
	F32  = harnesspb.DType_DTYPE_F32
	F16  = harnesspb.DType_DTYPE_F16
	BF16 = harnesspb.DType_DTYPE_BF16
	I32  = harnesspb.DType_DTYPE_I32
)

// Implicit values of a stack.
const (
	Tokens    = "tokens"
	Positions = "positions"
	// EncoderOutput exists only in the decoder of a network with an encoder.
	EncoderOutput = "encoder.output"
)

// Limits that Check enforces.
const (
	MaxNodes  = 1 << 17 // nodes and parameters after expansion
	MaxRepeat = 1 << 10
	// MaxFirstPosition bounds a learned prefix.
	MaxFirstPosition = 1 << 16
	MaxRank          = 6
	MaxAxis          = 1 << 31 // elements of one axis
	MaxElements      = 1 << 40 // of one value, per position
	MaxNameLength    = 200
	MaxInputs        = 64
)

// Domain is the set of hidden axes of a value.
type Domain int

const (
	// OverNothing: a parameter or an expression of parameters alone.
	OverNothing Domain = iota
	// OverPositions: [batch, position] of the stack itself.
	OverPositions
	// OverEncoder: [batch, position] of the encoder, seen from the decoder.
	OverEncoder
)

// Type is the static type of a value.
type Type struct {
	Over  Domain
	DType DType
	Dims  []int64 // feature axes
}

// Elements is the number of elements per position.
func (t Type) Elements() int64 {
	n := int64(1)
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Equal reports whether both types are the same.
func (t Type) Equal(o Type) bool {
	if t.Over != o.Over || t.DType != o.DType || len(t.Dims) != len(o.Dims) {
		return false
	}
	for i, d := range t.Dims {
		if o.Dims[i] != d {
			return false
		}
	}
	return true
}

// String prints "[B,T,48]" for f32 and "[B,T] i32" for any other type.
func (t Type) String() string {
	var axes []string
	switch t.Over {
	case OverPositions:
		axes = append(axes, "B", "T")
	case OverEncoder:
		axes = append(axes, "B", "S")
	}
	for _, d := range t.Dims {
		axes = append(axes, strconv.FormatInt(d, 10))
	}
	s := "[" + strings.Join(axes, ",") + "]"
	if t.DType != F32 {
		s += " " + dtypeName(t.DType)
	}
	return s
}

func dtypeName(d DType) string {
	switch d {
	case F32:
		return "f32"
	case F16:
		return "f16"
	case BF16:
		return "bf16"
	case I32:
		return "i32"
	}
	return fmt.Sprintf("dtype %d", int32(d))
}

func isFloat(d DType) bool { return d == F32 || d == F16 || d == BF16 }

// Mistake is one thing wrong with a graph or a rewrite.
type Mistake struct {
	Where string // "node lm_head", "parameter wte.weight", "decoder"
	What  string
}

func (m Mistake) String() string { return m.Where + ": " + m.What }

// Mistakes is the error of Check and Apply: everything that is wrong, in the
// order of the graph.
type Mistakes []Mistake

func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	if len(lines) == 1 {
		return "model graph: " + lines[0]
	}
	return fmt.Sprintf("model graph has %d mistakes:\n  %s", len(lines), strings.Join(lines, "\n  "))
}
