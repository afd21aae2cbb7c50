package ir

import (
	"fmt"
	"slices"
)

// Counts are numbers of parameters as PEFT's print_trainable_parameters
// counts them: a table that two places share counts once, and All includes
// what the adapter trains. What an adapter adds and freezes (VeRA's shared
// matrices) PEFT keeps in buffers, which are not parameters: it does not count them.
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
	return p.Count(r)
}

// Count counts the program of a graph after the rewrite.
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

// Frozen gives the parameters that the rewrite added to the program's graph
// and does not train. They belong to the adapter: whoever saves it saves them.
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
