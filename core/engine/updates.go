package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// updates applies an optimizer's steps to all trained parameters. One graph computes
// the gradients, and other graphs update one group of parameters at a time. So layers
// share a graph, two copies of all weights never exist at once, and if the gradients
// run out of memory, the weights are still unchanged.
type updates struct {
	optimizer  optimizer
	clip       float64
	parameters []updated // in the order of the program's parameters
	groups     []group
}

// updated is a trained parameter.
type updated struct {
	ir.Param
	index  int // in the program's parameters
	keeps  []kept
	decays bool
}

// group is the parameters of a layer, or all parameters outside of layers.
type group struct {
	members   []int  // in updates.parameters
	signature string // equal for groups with the same graph
}

func (n *network) newUpdates(s *harnesspb.TrainStart) (*updates, error) {
	r := s.GetRecipe()
	o, err := newOptimizer(r, s.GetLearningRate())
	if err != nil {
		return nil, err
	}
	u := &updates{optimizer: o, clip: r.GetClip()}
	if !(u.clip >= 0 && u.clip <= 1e12) {
		return nil, fmt.Errorf("clip %v is out of range", u.clip)
	}
	var spared []string
	if r.GetWeightDecay() > 0 && r.GetDecay() != "all" {
		spared = n.program.NormsAndBiases()
	}
	for i, p := range n.program.Parameters {
		if n.trains(p.Name) {
			_, spares := slices.BinarySearch(spared, p.Name)
			u.parameters = append(u.parameters, updated{p, i, o.keeps(p.Shape), !spares})
		}
	}
	if len(u.parameters) == 0 {
		return nil, errors.New("the rewrite trains no parameter")
	}
	u.groups = grouped(u.parameters)
	return u, nil
}

func grouped(parameters []updated) []group {
	var groups []group
	at := map[string]int{}
	for i, p := range parameters {
		layer := layerOf(p.Param)
		if _, ok := at[layer]; !ok {
			at[layer] = len(groups)
			groups = append(groups, group{})
		}
		g := &groups[at[layer]]
		g.members = append(g.members, i)
		g.signature += fmt.Sprintf("%v %v;", p.Shape, p.decays)
	}
	return groups
}

// layerOf is the part of a parameter's name up to the number of its layer. It is empty
// outside of layers.
func layerOf(p ir.Param) string {
	before, after, ok := strings.Cut(p.Template, "{i}")
	if !ok {
		return ""
	}
	// A template may contain its number more than once.
	after, _, _ = strings.Cut(after, "{i}")
	number := p.Name[len(before):]
	if after != "" {
		number, _, _ = strings.Cut(number, after)
	}
	return before + number
}

// step takes one optimizer step. weights are all weights of the program; step replaces
// the trained ones, and kept, their optimizer states. It overwrites or frees the old
// tensors, even if it fails. It returns the gradient's norm before clipping.
func (u *updates) step(e *Engine, weights []*tensors.Tensor, kept [][]*tensors.Tensor, gradients []*tensors.Tensor, rate float64, step int64) (float64, error) {
	x, err := e.executable(fmt.Sprintf("norm of %s clipped at %v", u.signature(), u.clip), normGraph(u.clip))
	if err != nil {
		return 0, err
	}
	norm, err := x.run(anyOf(gradients))
	if err != nil {
		return 0, err
	}
	defer release(norm...)
	values := u.optimizer.scalars(rate, step)
	scalars := tensors.FromFlatDataAndDimensions(values, len(values))
	defer release(scalars)
	for _, g := range u.groups {
		x, err := e.executable(fmt.Sprintf("update %v of %s", u.optimizer, g.signature), u.updateGraph(g))
		if err != nil {
			return 0, err
		}
		args := []any{scalars, norm[1]}
		for _, i := range g.members {
			if args, err = e.consume(args, append([]*tensors.Tensor{weights[u.parameters[i].index], gradients[i]}, kept[i]...)...); err != nil {
				return 0, err
			}
		}
		out, err := x.run(args)
		if err != nil {
			return 0, err
		}
		for _, i := range g.members {
			weight := &weights[u.parameters[i].index]
			release(*weight, gradients[i])
			release(kept[i]...)
			end := 1 + len(kept[i])
			*weight, kept[i], out = out[0], out[1:end], out[end:]
		}
	}
	return scalar(norm[0]), nil
}

// add adds gradients to a sum of earlier ones, in place, and frees them.
func (u *updates) add(e *Engine, sum, gradients []*tensors.Tensor) error {
	for _, g := range u.groups {
		x, err := e.executable("sum of "+g.signature, sumGraph)
		if err != nil {
			return err
		}
		var args []any
		for _, from := range [][]*tensors.Tensor{sum, gradients} {
			for _, i := range g.members {
				if args, err = e.consume(args, from[i]); err != nil {
					return err
				}
			}
		}
		out, err := x.run(args)
		if err != nil {
			return err
		}
		for k, i := range g.members {
			release(sum[i], gradients[i])
			sum[i] = out[k]
		}
	}
	return nil
}

// signature is the signature of all parameters, in their order.
func (u *updates) signature() string {
	var b strings.Builder
	for _, p := range u.parameters {
		fmt.Fprint(&b, p.Shape)
	}
	return b.String()
}

func scalar(t *tensors.Tensor) float64 { return float64(tensors.ToScalar[float32](t)) }
