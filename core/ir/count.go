package ir

import (
	"fmt"
	"slices"
)

// Counts are numbers of parameters as PEFT's print_trainable_parameters
// counts them: a table that two places share counts once, and All includes
// the adapter.
type Counts struct {
	Trainable, All int64
}

// Count counts a graph as it is after the rewrite. A nil rewrite trains
// nothing.
func Count(g *Graph, r *Rewrite) (Counts, error) {
	after, err := Apply(g, r)
	if err != nil {
		return Counts{}, err
	}
	p, err := Expand(after)
	if err != nil {
		return Counts{}, err
	}
	names, err := p.Trainable(r.GetTrain())
	if err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, param := range p.Parameters {
		c.All += param.Elements()
		if _, ok := slices.BinarySearch(names, param.Name); ok {
			c.Trainable += param.Elements()
		}
	}
	return c, nil
}

// Trainable gives the sorted written-out names of the parameters that the
// patterns of a Rewrite's train list mean. A pattern may fit the name in the
// graph ("layers.{i}.lora_A") or written out ("layers.3.lora_A"); one that
// fits nothing is an error.
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
			return nil, Mistakes{{"rewrite", fmt.Sprintf("trains %s, which no parameter is", quoted(patterns[i]))}}
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
