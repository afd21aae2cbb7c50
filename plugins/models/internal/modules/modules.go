// Package modules writes modules that the decoders of several families share,
// with the module names of the reference implementation, so that trained weights
// can be compared with it and saved under its names.
package modules

import (
	"strings"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
)

// Builder writes a graph's parameters together with the nodes that use them. A
// module whose name contains "{i}" exists once per layer.
type Builder struct {
	*ir.Builder
	Layers int64
	// Deviation is the standard deviation of new weights.
	Deviation float64
	// Epsilon is the constant that norms add to the variance.
	Epsilon float64
	// Prefix begins the modules' names; a checkpoint's names may lack it.
	Prefix string
	// Request is the request to build the graph.
	Request *model.BuildRequest
}

// sources are the names that a tensor may have in a checkpoint.
func (b Builder) sources(name string) []string {
	if short, ok := strings.CutPrefix(name, b.Prefix); ok && b.Prefix != "" {
		return []string{name, short}
	}
	return []string{name}
}

func (b Builder) parameter(name string, start ir.ParameterOption, shape ...int64) ir.Value {
	options := []ir.ParameterOption{ir.From(b.sources(name)...), start}
	if strings.Contains(name, "{i}") {
		options = append(options, ir.Templated(int(b.Layers)))
	}
	return b.Parameter(name, shape, options...)
}

// Weight is a module's weight.
func (b Builder) Weight(module string, shape ...int64) ir.Value {
	return b.parameter(module+".weight", ir.Normal(b.Deviation), shape...)
}

// Table returns the weights of the token embedding and of the head. If tied,
// they are one parameter, which a checkpoint may hold under either name or both.
// If the checkpoint holds two different ones, they are not tied.
func (b Builder) Table(module string, tied bool, vocabulary, width int64) (table, head ir.Value) {
	const lmHead = "lm_head"
	name := module + ".weight"
	if !configjson.Tied(b.Request, tied, lmHead+".weight", b.sources(name)...) {
		return b.Weight(module, vocabulary, width), b.Weight(lmHead, vocabulary, width)
	}
	table = b.Parameter(name, []int64{vocabulary, width}, ir.From(append(b.sources(name), lmHead+".weight")...), ir.Normal(b.Deviation))
	return table, table
}

// Linear is a module that maps in features to out, with a bias or without.
func (b Builder) Linear(n *ir.Nodes, module string, x ir.Value, out, in int64, biased bool) ir.Value {
	w := b.Weight(module, out, in)
	if !biased {
		return n.Linear(module, x, w)
	}
	return n.Linear(module, x, w, b.parameter(module+".bias", ir.Constant(0), out))
}

// LayerNorm is a module that normalises the width, with a gain and a bias.
func (b Builder) LayerNorm(n *ir.Nodes, module string, x ir.Value, width int64) ir.Value {
	gain := b.parameter(module+".weight", ir.Constant(1), width)
	return n.LayerNorm(module, x, gain, b.Epsilon, b.parameter(module+".bias", ir.Constant(0), width))
}
