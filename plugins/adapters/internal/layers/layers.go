// Package layers finds the linear layers that an adapter changes, and names
// them as PEFT does. A layer inside a Repeat stands for one module per
// iteration, and an adapter changes all of them or none.
package layers

import (
	"fmt"
	"slices"
	"strings"

	"harness/core/ir"
	"harness/core/sdk"
)

// Prefix is what PEFT puts before a module's path in names of tensors.
const Prefix = "base_model.model."

// index is the iteration's mark in names of templates.
const index = "{i}"

// Layer is a linear layer of a model, or one per iteration of a Repeat.
type Layer struct {
	Node    *ir.Node
	In, Out int64
	// InOut: the weight is [In,Out] instead of [Out,In].
	InOut bool
	// Transposed: the checkpoint has the weight as [in,out].
	Transposed   bool
	Weight, Bias string // parameters; Bias is empty where there is none
	Count        int    // iterations of the Repeat around it, 0 outside
	// Module is the reference implementation's path, "{i}" for the iteration.
	Module string
	// head marks the layer that gives the logits.
	head bool
}

// Name is the node's name.
func (l Layer) Name() string { return l.Node.GetName() }

// Input is the value that the layer multiplies.
func (l Layer) Input() ir.Value { return ir.Value(l.Node.GetInputs()[0]) }

// Copies are the options of a parameter that exists once a layer.
func (l Layer) Copies(more ...ir.ParameterOption) []ir.ParameterOption {
	if l.Count > 0 {
		more = append(more, ir.Templated(l.Count))
	}
	return more
}

// modules are the paths of the modules that the layer stands for.
func (l Layer) modules() []string {
	var paths []string
	for i := range max(1, l.Count) {
		paths = append(paths, ir.At(l.Module, i))
	}
	return paths
}

// Of lists a checked graph's linear layers whose weights are parameters, the
// encoder's first.
func Of(g *ir.Graph) []Layer {
	parameters := map[string]*ir.Parameter{}
	for _, p := range g.GetParameters() {
		parameters[p.GetName()] = p
	}
	tables := map[string]bool{}
	visit(g, func(n *ir.Node, _ int) {
		if n.GetEmbedding() != nil {
			tables[n.GetInputs()[1]] = true
		}
	})
	var all []Layer
	visit(g, func(n *ir.Node, count int) {
		if n.GetLinear() == nil {
			return
		}
		w := parameters[n.GetInputs()[1]]
		if w == nil {
			return
		}
		l := Layer{
			Node: n, In: w.GetShape()[1], Out: w.GetShape()[0], InOut: n.GetLinear().GetWeightInOut(),
			Weight: w.GetName(), Count: count, Module: n.GetName(), head: n.GetName() == g.GetDecoder().GetOutput(),
		}
		if l.InOut {
			l.In, l.Out = l.Out, l.In
		}
		l.Transposed = l.InOut != w.GetSource().GetTranspose()
		// The first source of a weight is the module's path with ".weight". A
		// table that the head shares is named after the embedding; the head is
		// a module of its own.
		if sources := w.GetSource().GetTensors(); len(sources) > 0 && !tables[w.GetName()] {
			l.Module = strings.TrimSuffix(sources[0], ".weight")
		}
		if inputs := n.GetInputs(); len(inputs) > 2 && parameters[inputs[2]] != nil {
			l.Bias = inputs[2]
		}
		all = append(all, l)
	})
	return all
}

// Find gives the linear layers that targets mean: names of nodes or modules,
// ends of names after a dot, or patterns with "*". Each of the user's own
// targets must mean one; a family's defaults may name what a smaller variant
// of the network lacks. Mistakes point at the attribute.
func Find(g *ir.Graph, attribute string, targets []string, fromUser bool) ([]Layer, error) {
	if len(targets) == 0 {
		return nil, sdk.Diagnose([]string{attribute}, "No target layers", "The model family names no default targets; list the layers to adapt, for instance targets = [\"q_proj\", \"v_proj\"].")
	}
	var found []Layer
	used := make([]bool, len(targets))
	matches := func(names ...string) bool {
		matched := false
		for i, target := range targets {
			if slices.ContainsFunc(names, func(name string) bool { return ir.MatchTarget(target, name) }) {
				used[i], matched = true, true
			}
		}
		return matched
	}
	all := Of(g)
	linear := map[string]bool{}
	var names []string
	for _, l := range all {
		linear[l.Name()] = true
		names = append(names, l.Name())
		if matches(l.Name(), l.Module) {
			found = append(found, l)
		}
	}
	var wrong error
	visit(g, func(n *ir.Node, _ int) {
		switch {
		case wrong != nil || linear[n.GetName()] || !matches(n.GetName()):
		case n.GetLinear() == nil:
			wrong = sdk.Diagnose([]string{attribute}, "Target is not a linear layer", fmt.Sprintf("The target %s is of the op %s; only linear layers can be adapted.", n.GetName(), ir.OpName(n)))
		default:
			wrong = sdk.Diagnose([]string{attribute}, "Target's weight is computed", fmt.Sprintf("The weight of %s is an expression, not a parameter; probably another adapter's.", n.GetName()))
		}
	})
	if wrong != nil {
		return nil, wrong
	}
	for i, ok := range used {
		if !ok && (fromUser || len(found) == 0) {
			return nil, sdk.Diagnose([]string{attribute}, "Target not in the model", fmt.Sprintf("No layer is called %q. The model's linear layers are: %s.", targets[i], strings.Join(names, ", ")))
		}
	}
	return found, nil
}

// visit calls f with every node, and the count of the Repeat around it.
func visit(g *ir.Graph, f func(n *ir.Node, count int)) {
	for _, s := range []*ir.Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				f(n, 0)
			}
			for _, n := range item.GetRepeat().GetNodes() {
				f(n, int(item.GetRepeat().GetCount()))
			}
		}
	}
}
