package engine

import (
	"github.com/gomlx/gomlx/core/graph"
)

// stack is trainings of one network that are computed side by side. Rows are
// those of the first training's batch, then the same of the next: [K·B,…].
// Frozen weights meet them all at once, which is what is gained; a value that
// differs between the trainings has a first axis of K and meets the rows of
// its own. The zero stack is one training, without that axis.
type stack struct {
	width   int             // K
	differs map[string]bool // as ir.Program.Stackable gives them
}

// has reports whether a value, by its name, is there once for each training.
func (s stack) has(name string) bool { return s.width > 0 && s.differs[name] }

// apart gives rows the trainings' axis: [K·B,…] is [K,B,…].
func (s stack) apart(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(x, append([]int{s.width, d[0] / s.width}, d[1:]...)...)
}

// joined undoes apart.
func (s stack) joined(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(x, append([]int{d[0] * d[1]}, d[2:]...)...)
}

// eachFeature applies a binary function to rows and a parameter by features,
// which may be there once for each training.
func (s stack) eachFeature(f func(x, y *graph.Node) *graph.Node, x, parameter *graph.Node, name string) *graph.Node {
	if !s.has(name) {
		return f(x, graph.ExpandLeftToRank(parameter, x.Rank()))
	}
	return s.joined(f(s.apart(x), widened(parameter, 1, x.Rank()+1)))
}

// repeat gives every training the same rows [B,…]: [K·B,…].
func (s stack) repeat(x *graph.Node) *graph.Node {
	if s.width == 0 || x == nil {
		return x
	}
	d := x.Shape().Dimensions
	return s.joined(graph.BroadcastToDims(graph.ExpandAxes(x, 0), append([]int{s.width}, d...)...))
}

// sums adds up the numbers of each training's rows: a scalar, or [K].
func (s stack) sums(x *graph.Node) *graph.Node {
	if s.width == 0 {
		return graph.ReduceAllSum(x)
	}
	return graph.ReduceSum(graph.Reshape(x, s.width, -1), 1)
}

// parameters takes a program's parameters from the front of a graph's inputs,
// where each that trains is there once for each training, one after the other.
// It gives the parameters, and the inputs that train.
func (s stack) parameters(n *network, in []*graph.Node) (weights, trained, rest []*graph.Node) {
	for _, p := range n.program.Parameters {
		switch {
		case !n.trains(p.Name):
			weights, in = append(weights, in[0]), in[1:]
		case s.width == 0:
			weights, trained, in = append(weights, in[0]), append(trained, in[0]), in[1:]
		default:
			weights, trained, in = append(weights, graph.Stack(in[:s.width], 0)), append(trained, in[:s.width]...), in[s.width:]
		}
	}
	return weights, trained, in
}
