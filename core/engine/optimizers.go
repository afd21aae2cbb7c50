package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"harness/core/protocol/harnesspb"
)

// optimizer updates a parameter by its gradient and keeps state between steps. It
// handles one parameter at a time.
type optimizer interface {
	// String is a key for the graphs that update builds.
	String() string
	// keeps lists the state tensors of a parameter. They start at zero.
	keeps(shape []int64) []kept
	// scalars are the values that change from step to step. Steps count from 1.
	scalars(rate float64, step int64) []float32
	// update returns the parameter and its state after a step. All inputs are f32;
	// each scalar is a separate node.
	update(scalars []*graph.Node, weight, gradient *graph.Node, kept []*graph.Node, decays bool) (*graph.Node, []*graph.Node)
}

// kept is a tensor of an optimizer's state. Its name is prefix and the parameter's
// name.
type kept struct {
	prefix string
	shape  []int64
}

// newOptimizer checks the settings. It ignores numbers that the optimizer does not
// use.
func newOptimizer(o *harnesspb.Recipe, rate float64) (optimizer, error) {
	type setting struct {
		name        string
		value       float64
		least, most float64
	}
	settings := []setting{
		{"learning rate", rate, 0, 1e3},
		{"weight decay", o.GetWeightDecay(), 0, 1e3},
	}
	var out optimizer
	switch o.GetOptimizer() {
	case "adamw":
		betas := o.GetBetas()
		if len(betas) != 2 {
			return nil, fmt.Errorf("adamw has two betas, found %d", len(betas))
		}
		settings = append(settings,
			setting{"beta1", betas[0], 0, 1 - 1e-12},
			setting{"beta2", betas[1], 0, 1 - 1e-12},
			setting{"epsilon", o.GetEpsilon(), 0, 1})
		out = adamW{betas[0], betas[1], o.GetEpsilon(), o.GetWeightDecay()}
	case "adafactor":
		// An ε that f32 rounds to zero would divide zero gradients by zero.
		settings = append(settings,
			setting{"epsilon", o.GetEpsilon(), 1e-37, 1},
			setting{"decay rate", o.GetDecayRate(), -10, -1e-3},
			setting{"clip threshold", o.GetClipThreshold(), 1e-6, 1e6})
		out = adafactor{o.GetEpsilon(), o.GetDecayRate(), o.GetClipThreshold(), o.GetWeightDecay()}
	default:
		return nil, fmt.Errorf("unknown optimizer %q, expected adamw or adafactor", o.GetOptimizer())
	}
	for _, x := range settings {
		if !(x.value >= x.least && x.value <= x.most) {
			return nil, fmt.Errorf("%s's %s %v is out of range, expected %v to %v", o.GetOptimizer(), x.name, x.value, x.least, x.most)
		}
	}
	return out, nil
}

// adamW is torch's AdamW: decoupled weight decay, bias-corrected moments, and ε
// outside the root.
type adamW struct {
	beta1, beta2, epsilon, decay float64
}

func (o adamW) String() string { return fmt.Sprintf("adamw %v %v %v", o.beta1, o.beta2, o.epsilon) }

func (o adamW) keeps(shape []int64) []kept {
	return []kept{{"first.", shape}, {"second.", shape}}
}

// scalars are computed in f64, as in torch: the factor of weight decay, the step size
// and the root of the second moment's bias correction.
func (o adamW) scalars(rate float64, step int64) []float32 {
	return []float32{
		float32(1 - rate*o.decay),
		float32(rate / (1 - math.Pow(o.beta1, float64(step)))),
		float32(math.Sqrt(1 - math.Pow(o.beta2, float64(step)))),
	}
}

func (o adamW) update(scalars []*graph.Node, weight, gradient *graph.Node, kept []*graph.Node, decays bool) (*graph.Node, []*graph.Node) {
	left, step, correction := scalars[0], scalars[1], scalars[2]
	first, second := kept[0], kept[1]
	first = graph.Add(first, graph.MulScalar(graph.Sub(gradient, first), 1-o.beta1))
	second = graph.Add(graph.MulScalar(second, o.beta2), graph.MulScalar(graph.Mul(gradient, gradient), 1-o.beta2))
	root := graph.AddScalar(graph.Div(graph.Sqrt(second), correction), o.epsilon)
	if decays {
		weight = graph.Mul(weight, left)
	}
	return graph.Sub(weight, graph.Mul(step, graph.Div(first, root))), []*graph.Node{first, second}
}

// adafactor is Adafactor (Shazeer & Stern, 2018) as in transformers, without relative
// steps, without scaling by the parameter and without a first moment. For a matrix it
// keeps only the means of rows and columns of the squared gradients. Axes before the
// last two index several matrices.
type adafactor struct {
	epsilon, decayRate, threshold, decay float64
}

func (o adafactor) String() string {
	return fmt.Sprintf("adafactor %v %v", o.epsilon, o.threshold)
}

func (o adafactor) keeps(shape []int64) []kept {
	n := len(shape)
	if n < 2 {
		return []kept{{"squares.", shape}}
	}
	columns := append(append([]int64{}, shape[:n-2]...), shape[n-1])
	return []kept{{"rows.", shape[:n-1]}, {"columns.", columns}}
}

// scalars are the factor of weight decay, the rate, and the weights of the old and
// the new value in the second moment.
func (o adafactor) scalars(rate float64, step int64) []float32 {
	stays := 1 - math.Pow(float64(step), o.decayRate)
	return []float32{float32(1 - rate*o.decay), float32(rate), float32(stays), float32(1 - stays)}
}

func (o adafactor) update(scalars []*graph.Node, weight, gradient *graph.Node, kept []*graph.Node, decays bool) (*graph.Node, []*graph.Node) {
	left, rate, stays, comes := scalars[0], scalars[1], scalars[2], scalars[3]
	squares := graph.AddScalar(graph.Mul(gradient, gradient), o.epsilon)
	moved := func(old, new *graph.Node) *graph.Node {
		return graph.Add(graph.Mul(old, stays), graph.Mul(new, comes))
	}
	var update *graph.Node
	if len(kept) == 1 {
		kept = []*graph.Node{moved(kept[0], squares)}
		update = graph.Div(gradient, graph.Sqrt(kept[0]))
	} else {
		kept = []*graph.Node{
			moved(kept[0], graph.ReduceMean(squares, -1)),
			moved(kept[1], graph.ReduceMean(squares, -2)),
		}
		rows := graph.Div(kept[0], graph.ReduceAndKeep(kept[0], graph.ReduceMean, -1))
		update = graph.Div(graph.Div(gradient, graph.Sqrt(graph.ExpandAxes(rows, -1))), graph.Sqrt(graph.ExpandAxes(kept[1], -2)))
	}
	rms := graph.Sqrt(graph.ReduceAllMean(graph.Mul(update, update)))
	update = graph.Div(update, graph.MaxScalar(graph.DivScalar(rms, o.threshold), 1))
	if decays {
		weight = graph.Mul(weight, left)
	}
	return graph.Sub(weight, graph.Mul(update, rate)), kept
}
