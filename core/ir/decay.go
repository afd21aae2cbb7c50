package ir

import (
	"slices"
	"strings"

	"harness/core/protocol/harnesspb"
)

// NormsAndBiases returns the sorted names of the parameters that are usually
// excluded from weight decay: gains and biases of norms, biases of linear
// layers, and parameters with "bias" in their own or their checkpoint tensor's
// name. Hugging Face's Trainer excludes the same parameters.
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
