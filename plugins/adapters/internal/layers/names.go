package layers

import (
	"slices"
	"strings"

	"harness/core/ir"
)

// Ends gives names for chosen layers that mean these and no other module of
// the graph by PEFT's rule, which is that a name is a module's path or the end
// of it after a dot. They are as short as that allows, sorted.
func Ends(g *ir.Graph, chosen []Layer) []string {
	inside := map[string]bool{}
	for _, l := range chosen {
		inside[l.Module] = true
	}
	var others []string
	for _, module := range modules(g) {
		if !inside[module] {
			others = append(others, module)
		}
	}
	var names []string
	for _, l := range chosen {
		if end, ok := shortest(l.Module, others); ok {
			names = append(names, end)
			continue
		}
		names = append(names, l.modules()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shortest is the shortest end of a module's path that no other module has;
// none if it would reach the number of the layer.
func shortest(module string, others []string) (string, bool) {
	for start := len(module); start > 0; {
		start = strings.LastIndexByte(module[:start], '.')
		end := module[start+1:]
		if strings.Contains(end, index) {
			return "", false
		}
		if !slices.ContainsFunc(others, func(other string) bool { return other == end || strings.HasSuffix(other, "."+end) }) {
			return end, true
		}
	}
	return "", false
}

// modules are the paths of all modules with parameters, "{i}" for a layer.
func modules(g *ir.Graph) []string {
	var paths []string
	for _, l := range Of(g) {
		paths = append(paths, l.Module)
	}
	for _, p := range g.GetParameters() {
		if sources := p.GetSource().GetTensors(); len(sources) > 0 {
			if dot := strings.LastIndexByte(sources[0], '.'); dot > 0 {
				paths = append(paths, sources[0][:dot])
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
