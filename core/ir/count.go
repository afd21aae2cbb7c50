package ir

import (
	"fmt"
	"slices"
)

// Counts are numbers of parameters as PEFT's print_trainable_parameters counts
// them. A table that two layers share counts once, and All includes the
// adapter's trained parameters. PEFT keeps the tensors that an adapter adds and
// freezes (VeRA's shared matrices) in buffers, which are not parameters, so
// they do not count.
type Counts struct {
	Trainable, All int64
}

// Count counts the parameters of a graph after the rewrite. A nil rewrite
// trains nothing.
func Count(g *Graph, r *Rewrite) (Counts, error) {
	after, err := Apply(g, r)
	if err != nil {
		return Counts{}, err
	}
	p, err := Expand(after)
	if err != nil {
		return Counts{}, err
	}
	return p.Count(r)
}

// Count counts the parameters of the rewritten graph's program.
func (p *Program) Count(r *Rewrite) (Counts, error) {
	train, err := p.Trainable(r.GetTrain())
	if err != nil {
		return Counts{}, err
	}
	frozen, err := p.Frozen(r)
	if err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, param := range p.Parameters {
		c.All += param.Elements()
		if _, trains := slices.BinarySearch(train, param.Name); trains {
			c.Trainable += param.Elements()
		}
	}
	for _, param := range frozen {
		c.All -= param.Elements()
	}
	return c, nil
}

// Frozen returns the parameters that the rewrite added to the program's graph
// and does not train. They belong to the adapter and are saved with it.
func (p *Program) Frozen(r *Rewrite) ([]Param, error) {
	train, err := p.Trainable(r.GetTrain())
	if err != nil {
		return nil, err
	}
	added := map[string]bool{}
	for _, param := range r.GetParameters() {
		added[param.GetName()] = true
	}
	var frozen []Param
	for _, param := range p.Parameters {
		if _, trains := slices.BinarySearch(train, param.Name); added[param.Template] && !trains {
			frozen = append(frozen, param)
		}
	}
	return frozen, nil
}

// Trainable returns the sorted, written-out names of the parameters that match
// the patterns of a Rewrite's train list. A pattern may match the name in the
// graph ("layers.{i}.lora_A") or the written-out name ("layers.3.lora_A"). A
// pattern that matches nothing is an error.
func (p *Program) Trainable(patterns []string) ([]string, error) {
	var names []string
	used := make([]bool, len(patterns))
	for _, param := range p.Parameters {
		fits := false
		for i, pattern := range patterns {
			if Match(pattern, param.Name) || Match(pattern, param.Template) {
				used[i], fits = true, true
			}
		}
		if fits {
			names = append(names, param.Name)
		}
	}
	for i, ok := range used {
		if !ok {
			return nil, Mistakes{{"rewrite", fmt.Sprintf("trains %s, which matches no parameter", quoted(patterns[i]))}}
		}
	}
	slices.Sort(names)
	return names, nil
}

func trainable(g *Graph, patterns []string) ([]string, error) {
	if len(patterns) > MaxNodes {
		return nil, Mistakes{{"rewrite", fmt.Sprintf("has more than %d train patterns", MaxNodes)}}
	}
	p, err := Expand(g)
	if err != nil {
		return nil, err
	}
	return p.Trainable(patterns)
}
