package ir

import (
	"fmt"
	"strconv"
	"strings"

	"harness/core/protocol/harnesspb"
)

// Print writes a graph as text, one parameter or node a line, with types if
// the graph has no mistakes. The text is for people; nothing reads it back.
func Print(g *Graph) string {
	c, _ := check(g) // types of the correct nodes are worth showing anyway
	w := &printer{types: c.types}
	w.line(0, "graph %s", quoted(g.GetName()))
	for _, p := range g.GetParameters() {
		w.parameter(p)
	}
	for _, s := range []struct {
		name  string
		stack *Stack
	}{{"encoder", g.GetEncoder()}, {"decoder", g.GetDecoder()}} {
		if s.stack != nil {
			w.stack(s.name, s.stack)
		}
	}
	return w.b.String()
}

type printer struct {
	b     strings.Builder
	types map[string]Type
}

func (w *printer) line(indent int, format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *printer) parameter(p *Parameter) {
	text := fmt.Sprintf("parameter %s %v", p.GetName(), Type{DType: F32, Dims: p.GetShape()})
	if p.GetCount() > 0 {
		text += fmt.Sprintf(" ×%d", p.GetCount())
	}
	switch kind := p.GetInitializer().GetKind().(type) {
	case *harnesspb.Initializer_Constant:
		text += fmt.Sprintf(", constant %g", kind.Constant)
	case *harnesspb.Initializer_Normal:
		text += fmt.Sprintf(", normal %g", kind.Normal)
	case *harnesspb.Initializer_Uniform:
		text += fmt.Sprintf(", uniform %g", kind.Uniform)
	case *harnesspb.Initializer_Norm:
		text += fmt.Sprintf(", norm of %s over axis %d", kind.Norm.GetParameter(), kind.Norm.GetAxis())
	}
	if tensors := p.GetSource().GetTensors(); len(tensors) > 0 {
		text += ", from " + strings.Join(tensors, " or ")
		if p.GetSource().GetTranspose() {
			text += " transposed"
		}
	}
	w.line(1, "%s", text)
}

func (w *printer) stack(name string, s *Stack) {
	w.line(0, "%s", name)
	for _, item := range s.GetItems() {
		if n := item.GetNode(); n != nil {
			w.node(1, n)
			continue
		}
		r := item.GetRepeat()
		w.line(1, "repeat %d", r.GetCount())
		for _, c := range r.GetCarries() {
			w.line(2, "carry %s: %s, then %s", c.GetName(), c.GetInitial(), c.GetNext())
		}
		for _, n := range r.GetNodes() {
			w.node(2, n)
		}
	}
	w.line(1, "output %s", s.GetOutput())
}

func (w *printer) node(indent int, n *Node) {
	name, args := opText(n)
	text := fmt.Sprintf("%s = %s(%s)", n.GetName(), name, strings.Join(append(n.GetInputs()[:len(n.GetInputs()):len(n.GetInputs())], args...), ", "))
	if t, ok := w.types[n.GetName()]; ok {
		text += " → " + t.String()
	}
	w.line(indent, "%s", text)
}

// OpName is the op of a node as Print writes it.
func OpName(n *Node) string {
	name, _ := opText(n)
	return name
}

// opText is the op and its attributes that are not the default.
func opText(n *Node) (string, []string) {
	var args []string
	add := func(name string, value any) { args = append(args, fmt.Sprintf("%s=%v", name, value)) }
	flag := func(name string, on bool) {
		if on {
			args = append(args, name)
		}
	}
	switch op := n.GetOp().(type) {
	case *harnesspb.Node_Embedding:
		return "embedding", nil
	case *harnesspb.Node_Linear:
		flag("weight_in_out", op.Linear.GetWeightInOut())
		return "linear", args
	case *harnesspb.Node_Matmul:
		flag("transpose_a", op.Matmul.GetTransposeA())
		flag("transpose_b", op.Matmul.GetTransposeB())
		return "matmul", args
	case *harnesspb.Node_Binary:
		return enumText(op.Binary.GetOp().String()), nil
	case *harnesspb.Node_Unary:
		return enumText(op.Unary.GetOp().String()), nil
	case *harnesspb.Node_Scale:
		return "scale", []string{strconv.FormatFloat(op.Scale.GetFactor(), 'g', -1, 64)}
	case *harnesspb.Node_LayerNorm:
		add("epsilon", op.LayerNorm.GetEpsilon())
		return "layer_norm", args
	case *harnesspb.Node_RmsNorm:
		add("epsilon", op.RmsNorm.GetEpsilon())
		return "rms_norm", args
	case *harnesspb.Node_Softmax:
		return "softmax", nil
	case *harnesspb.Node_Reshape:
		return "reshape", []string{fmt.Sprint(clip(op.Reshape.GetShape()))}
	case *harnesspb.Node_Transpose:
		return "transpose", []string{fmt.Sprint(clip(op.Transpose.GetPermutation()))}
	case *harnesspb.Node_Slice:
		add("axis", op.Slice.GetAxis())
		return "slice", append(args, fmt.Sprintf("%d…%d", op.Slice.GetStart(), op.Slice.GetEnd()))
	case *harnesspb.Node_Concat:
		add("axis", op.Concat.GetAxis())
		return "concat", args
	case *harnesspb.Node_Reduce:
		add("axis", op.Reduce.GetAxis())
		flag("keep_axis", op.Reduce.GetKeepAxis())
		return enumText(op.Reduce.GetOp().String()), args
	case *harnesspb.Node_Dropout:
		add("rate", op.Dropout.GetRate())
		return "dropout", args
	case *harnesspb.Node_Cast:
		return "cast", []string{dtypeName(op.Cast.GetDtype())}
	case *harnesspb.Node_Rotary:
		add("dimensions", op.Rotary.GetDimensions())
		if f := op.Rotary.GetFrequencies(); len(f) > 0 {
			args = append(args, fmt.Sprintf("frequencies=%g … %g", f[0], f[len(f)-1]))
		} else {
			add("theta", op.Rotary.GetTheta())
		}
		flag("interleaved", op.Rotary.GetInterleaved())
		if op.Rotary.GetAmplitude() != 0 {
			add("amplitude", op.Rotary.GetAmplitude())
		}
		return "rotary", args
	case *harnesspb.Node_Attention:
		return "attention", attentionText(op.Attention)
	}
	return "unknown", nil
}

func attentionText(a *harnesspb.Attention) []string {
	args := []string{strings.ToLower(strings.TrimPrefix(a.GetMask().String(), "MASK_")), fmt.Sprintf("scale=%g", a.GetScale())}
	if a.GetWindow() > 0 {
		args = append(args, fmt.Sprintf("window=%d", a.GetWindow()))
	}
	if a.GetAlibi() {
		args = append(args, "alibi")
	}
	if r := a.GetRelativeBias(); r != nil {
		args = append(args, fmt.Sprintf("buckets=%d up to %d", r.GetBuckets(), r.GetMaxDistance()))
		if r.GetBidirectional() {
			args = append(args, "bidirectional")
		}
	}
	if a.GetPrefix() {
		args = append(args, "prefix")
	}
	if a.GetDropout() > 0 {
		args = append(args, fmt.Sprintf("dropout=%g", a.GetDropout()))
	}
	return args
}

func enumText(name string) string {
	return strings.ToLower(strings.TrimPrefix(name, "OP_"))
}
