package ir

import (
	"fmt"

	"harness/core/protocol/harnesspb"
)

// Stackable gives the names of the values that differ between trainings of
// this program that are computed side by side: the trained parameters, as
// Trainable gives them, and what is made of parameters alone with one of those
// among them. An engine has such values once for each training, and all other
// parameters, frozen weights above all, once.
//
// The error says why trainings of the program cannot be computed together: a
// node reads such a value otherwise than as the weight or bias of a linear
// layer, the gain or bias of a norm, or in arithmetic element by element.
// Tables of embeddings, prefixes of attention and products of two weights are
// examples.
func (p *Program) Stackable(trained []string) (map[string]bool, error) {
	differ := map[string]bool{}
	for _, name := range trained {
		differ[name] = true
	}
	for _, s := range []*Sequence{p.Encoder, p.Decoder} {
		if s == nil {
			continue
		}
		for _, st := range s.Steps {
			if err := stackable(st, differ); err != nil {
				return nil, err
			}
		}
	}
	return differ, nil
}

// stackable looks at one step, and notes whether its value differs.
func stackable(st Step, differ map[string]bool) error {
	for i, input := range st.Inputs {
		if !differ[input] {
			continue
		}
		if !readsApart(st, i) {
			return fmt.Errorf("node %s (%s) reads %s, which trains or is made of what trains; only weights and biases of linear layers and norms, and arithmetic element by element, are computed for several trainings at once",
				quoted(st.Name), OpName(st.Node), quoted(input))
		}
		if st.Type.Over == OverNothing {
			differ[st.Name] = true
		}
	}
	return nil
}

// readsApart reports whether a step can read an input of which there is one
// for each training.
func readsApart(st Step, input int) bool {
	switch st.GetOp().(type) {
	case *harnesspb.Node_Linear, *harnesspb.Node_LayerNorm, *harnesspb.Node_RmsNorm:
		return input > 0 && st.Type.Over != OverNothing
	case *harnesspb.Node_Binary:
		return true
	case *harnesspb.Node_Unary, *harnesspb.Node_Scale, *harnesspb.Node_Cast,
		*harnesspb.Node_Reshape, *harnesspb.Node_Transpose, *harnesspb.Node_Slice:
		return st.Type.Over == OverNothing
	}
	return false
}
