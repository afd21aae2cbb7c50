package ir

import (
	"fmt"
	"slices"

	"harness/core/protocol/harnesspb"
)

// Fold describes how to merge the replacement of one Linear node into the
// node's own weight and bias. The replacement is an affine function of the
// node's input: its value at 0 is the bias, and its values at unit vectors,
// less the bias, are the weight.
type Fold struct {
	Node, Template string // the node's written-out name, and its name in the graph
	// Input is the value that the node reads, with In features; Out is the
	// number of features of its result.
	Input   string
	In, Out int64
	// Weight and Bias are the node's parameters; Bias is "" if it has none.
	// The weight is [Out,In], or [In,Out] with WeightInOut.
	Weight, Bias string
	WeightInOut  bool
	// Steps compute the replacement's result from Input and Parameters; the
	// last step is the result. They are over the stack's own positions, even
	// if Input is over the encoder's.
	Steps      []Step
	Parameters []string
}

// Merge finds how the replaced layers of a rewritten graph fold back into the
// original graph, and which of the original graph's parameters train directly.
// It fails if a replacement is not affine, or if merging it would change values
// that other nodes read.
func Merge(g *Graph, r *Rewrite) (folds []Fold, trained []string, err error) {
	after, err := Apply(g, r)
	if err != nil {
		return nil, nil, err
	}
	if after.GetFirstPosition() != g.GetFirstPosition() {
		return nil, nil, fmt.Errorf("the adapter shifts all positions by %d, which cannot be merged into weights", after.GetFirstPosition()-g.GetFirstPosition())
	}
	before, err := Expand(g)
	if err != nil {
		return nil, nil, err
	}
	program, err := Expand(after)
	if err != nil {
		return nil, nil, err
	}
	names, err := program.Trainable(r.GetTrain())
	if err != nil {
		return nil, nil, err
	}
	for _, p := range before.Parameters {
		if slices.Contains(names, p.Name) {
			trained = append(trained, p.Name)
		}
	}
	own := map[string]map[string]bool{} // replaced node → the nodes of its replacement
	for _, rep := range r.GetReplacements() {
		nodes := map[string]bool{rep.GetNode(): true, rep.GetNode() + baseSuffix: true}
		for _, n := range rep.GetNodes() {
			nodes[n.GetName()] = true
		}
		own[rep.GetNode()] = nodes
	}
	m := merger{own: own, parameters: map[string][]int64{}, readers: map[string][]string{}}
	for _, p := range program.Parameters {
		m.parameters[p.Name] = p.Shape
	}
	sequences := [][2]*Sequence{{before.Encoder, program.Encoder}, {before.Decoder, program.Decoder}}
	for _, pair := range sequences {
		if pair[1] == nil {
			continue
		}
		for _, st := range pair[1].Steps {
			for _, input := range st.Inputs {
				m.readers[input] = append(m.readers[input], st.Name)
			}
		}
	}
	for _, pair := range sequences {
		if pair[0] == nil {
			continue
		}
		m.steps = map[string]Step{}
		for _, st := range pair[1].Steps {
			m.steps[st.Name] = st
		}
		for _, st := range pair[0].Steps {
			if own[st.GetName()] == nil {
				continue
			}
			f, err := m.fold(st)
			if err != nil {
				return nil, nil, fmt.Errorf("node %s: %w", quoted(st.Name), err)
			}
			folds = append(folds, f)
		}
	}
	return folds, trained, nil
}

// merger folds the layers of one program.
type merger struct {
	own        map[string]map[string]bool
	parameters map[string][]int64  // shapes
	readers    map[string][]string // value → nodes that read it
	steps      map[string]Step     // of one stack after the rewrite
}

// fold returns the fold of one replaced node; was is the node before the rewrite.
func (m *merger) fold(was Step) (Fold, error) {
	op := was.GetLinear()
	if op == nil {
		return Fold{}, fmt.Errorf("the adapter replaces a node with the op %s; only linear layers can be merged", OpName(was.Node))
	}
	f := Fold{Node: was.Name, Template: was.GetName(), Input: was.Inputs[0], Weight: was.Inputs[1], WeightInOut: op.GetWeightInOut()}
	if len(was.Inputs) == 3 {
		f.Bias = was.Inputs[2]
	}
	if was.Type.Over == OverNothing || len(was.Type.Dims) != 1 {
		return Fold{}, fmt.Errorf("its result is %v; only layers over positions with one axis of features are merged", was.Type)
	}
	for _, name := range []string{f.Weight, f.Bias} {
		if name != "" && m.parameters[name] == nil {
			return Fold{}, fmt.Errorf("its weight or bias %s is computed, not a parameter to merge into", quoted(name))
		}
	}
	w := walk{merger: m, fold: &f, affine: map[string]bool{}}
	if _, err := w.value(was.Name); err != nil {
		return Fold{}, err
	}
	shape := m.parameters[f.Weight]
	f.In, f.Out = shape[1], shape[0]
	if f.WeightInOut {
		f.In, f.Out = f.Out, f.In
	}
	inside := map[string]bool{}
	for _, st := range f.Steps {
		inside[st.Name] = true
	}
	for _, name := range []string{f.Weight, f.Bias} {
		for _, reader := range m.readers[name] {
			if name != "" && !inside[reader] {
				return Fold{}, fmt.Errorf("%s also reads the parameter %s, and merging would change it", quoted(reader), quoted(name))
			}
		}
	}
	return f, nil
}

// walk goes back from a fold's result to its input.
type walk struct {
	*merger
	fold   *Fold
	affine map[string]bool // visited value → whether it depends on the input
}

// value reports whether a value depends on the fold's input. It fails if the
// dependence is not affine.
func (w *walk) value(name string) (bool, error) {
	if depends, ok := w.affine[name]; ok {
		return depends, nil
	}
	if name == w.fold.Input {
		w.affine[name] = true
		return true, nil
	}
	if w.parameters[name] != nil {
		w.affine[name] = false
		w.fold.Parameters = append(w.fold.Parameters, name)
		return false, nil
	}
	st, ok := w.steps[name]
	if !ok || (st.Type.Over != OverNothing && !w.own[w.fold.Template][st.GetName()]) {
		return false, fmt.Errorf("the adapter reads %s in addition to the layer's own input, so it cannot be merged", quoted(name))
	}
	depends := make([]bool, len(st.Inputs))
	any := false
	for i, input := range st.Inputs {
		var err error
		if depends[i], err = w.value(input); err != nil {
			return false, err
		}
		any = any || depends[i]
	}
	if any && !affine(st, depends) {
		return false, fmt.Errorf("the adapter's node %s (%s) is not an affine function of the layer's input, so it cannot be merged", quoted(name), OpName(st.Node))
	}
	if st.Type.Over == OverEncoder {
		st.Type.Over = OverPositions
	}
	w.fold.Steps = append(w.fold.Steps, st)
	w.affine[name] = any
	return any, nil
}

// affine reports whether a node is an affine function of the inputs that depend
// on the layer's input; the other inputs are constants. Dropout is the identity
// outside training.
func affine(st Step, depends []bool) bool {
	switch op := st.GetOp().(type) {
	case *harnesspb.Node_Linear:
		return !slices.Contains(depends[1:], true)
	case *harnesspb.Node_Binary:
		switch op.Binary.GetOp() {
		case harnesspb.Binary_OP_ADD, harnesspb.Binary_OP_SUBTRACT:
			return true
		case harnesspb.Binary_OP_MULTIPLY:
			return depends[0] != depends[1]
		case harnesspb.Binary_OP_DIVIDE:
			return !depends[1]
		}
	case *harnesspb.Node_Unary:
		return op.Unary.GetOp() == Negate || op.Unary.GetOp() == StopGradient
	case *harnesspb.Node_Cast:
		return op.Cast.GetDtype() == F32
	case *harnesspb.Node_Scale, *harnesspb.Node_Reshape, *harnesspb.Node_Transpose, *harnesspb.Node_Slice,
		*harnesspb.Node_Concat, *harnesspb.Node_Reduce, *harnesspb.Node_Dropout:
		return true
	}
	return false
}
