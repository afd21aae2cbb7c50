package ir

import (
	"slices"
	"strings"

	"harness/core/protocol/harnesspb"
)

// NormsAndBiases gives the sorted names of the parameters that weight decay
// usually spares: gains and biases of norms, biases of linear layers, and
// whatever has "bias" in its name or its checkpoint's. They are those that
// Hugging Face's Trainer leaves out.
func (p *Program) NormsAndBiases() []string {
	spared := map[string]bool{}
	for _, s := range []*Sequence{p.Encoder, p.Decoder} {
		if s == nil {
			continue
		}
		for _, step := range s.Steps {
			first := len(step.Inputs)
			switch step.GetOp().(type) {
			case *harnesspb.Node_LayerNorm, *harnesspb.Node_RmsNorm:
				first = 1
			case *harnesspb.Node_Linear:
				first = 2
			}
			for _, input := range step.Inputs[min(first, len(step.Inputs)):] {
				spared[input] = true
			}
		}
	}
	var names []string
	for _, param := range p.Parameters {
		named := strings.Contains(param.Name, "bias") || slices.ContainsFunc(param.Tensors, func(tensor string) bool {
			return strings.Contains(tensor, "bias")
		})
		if spared[param.Name] || named {
			names = append(names, param.Name)
		}
	}
	slices.Sort(names)
	return names
}
