package ir

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
)

// Apply returns a new graph with the rewrite applied; g and r stay unchanged.
// A nil rewrite gives a copy. The replaced node N is renamed to "N@base" and
// dropped if nothing reads it; the replacement's result takes the name N, so
// readers, outputs and later rewrites need no change. Apply checks the new
// graph; its error is Mistakes.
func Apply(g *Graph, r *Rewrite) (*Graph, error) {
	if err := Check(g); err != nil {
		return nil, err
	}
	out := proto.Clone(g).(*Graph)
	if r == nil {
		return out, nil
	}
	if len(r.GetReplacements()) > MaxNodes || len(r.GetParameters()) > MaxNodes {
		return nil, Mistakes{{"rewrite", fmt.Sprintf("has more than %d replacements or parameters", MaxNodes)}}
	}
	for _, p := range r.GetParameters() {
		out.Parameters = append(out.Parameters, proto.Clone(p).(*Parameter))
	}
	a := newApplication(out)
	for _, rep := range r.GetReplacements() {
		a.replace(rep)
	}
	if len(a.mistakes) > 0 {
		return nil, a.mistakes
	}
	a.assemble()
	if r.GetFirstPosition() != 0 {
		out.FirstPosition = r.GetFirstPosition()
	}
	if err := Check(out); err != nil {
		return nil, err
	}
	if _, err := trainable(out, r.GetTrain()); err != nil {
		return nil, err
	}
	return out, nil
}

// application holds the nodes that replace each node of the graph.
type application struct {
	graph    *Graph
	known    map[string]*Node   // by name before the rewrite
	replaced map[string][]*Node // name → original as "@base", then new nodes
	mistakes Mistakes
}

func newApplication(g *Graph) *application {
	a := &application{graph: g, known: map[string]*Node{}, replaced: map[string][]*Node{}}
	for _, s := range []*Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				a.known[n.GetName()] = n
			}
			for _, n := range item.GetRepeat().GetNodes() {
				a.known[n.GetName()] = n
			}
		}
	}
	return a
}

func (a *application) replace(rep *Replacement) {
	where := "replacement of " + quoted(rep.GetNode())
	fail := func(format string, args ...any) {
		if len(a.mistakes) < maxMistakes {
			a.mistakes = append(a.mistakes, Mistake{where, fmt.Sprintf(format, args...)})
		}
	}
	original, ok := a.known[rep.GetNode()]
	switch {
	case !ok:
		fail("the graph has no such node")
		return
	case a.replaced[rep.GetNode()] != nil:
		fail("the node is replaced twice; put both changes into one replacement")
		return
	case len(rep.GetNodes()) == 0:
		fail("has no nodes")
		return
	}
	if !slices.ContainsFunc(rep.GetNodes(), func(n *Node) bool { return n.GetName() == rep.GetResult() }) {
		fail("has the result %s, but none of its nodes has that name", quoted(rep.GetResult()))
		return
	}
	base := proto.Clone(original).(*Node)
	base.Name = rep.GetNode() + baseSuffix
	nodes := []*Node{base}
	for _, n := range rep.GetNodes() {
		n = proto.Clone(n).(*Node)
		if n.GetName() == rep.GetNode() && n.GetName() != rep.GetResult() {
			fail("has a node with the replaced node's name that is not its result")
			return
		}
		if n.GetName() == rep.GetResult() {
			n.Name = rep.GetNode()
		}
		for i, input := range n.GetInputs() {
			if input == rep.GetResult() {
				n.Inputs[i] = rep.GetNode()
			}
		}
		nodes = append(nodes, n)
	}
	a.replaced[rep.GetNode()] = nodes
}

// assemble puts the new nodes into the graph and drops bases that nobody reads.
func (a *application) assemble() {
	read := map[string]bool{}
	for _, nodes := range a.replaced {
		for _, n := range nodes[1:] {
			for _, input := range n.GetInputs() {
				read[input] = true
			}
		}
	}
	place := func(n *Node) []*Node {
		nodes, ok := a.replaced[n.GetName()]
		switch {
		case !ok:
			return []*Node{n}
		case !read[nodes[0].GetName()]:
			return nodes[1:]
		}
		return nodes
	}
	for _, s := range []*Stack{a.graph.GetEncoder(), a.graph.GetDecoder()} {
		if s == nil {
			continue
		}
		var items []*Item
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				for _, n := range place(n) {
					items = append(items, nodeItem(n))
				}
				continue
			}
			var nodes []*Node
			for _, n := range item.GetRepeat().GetNodes() {
				nodes = append(nodes, place(n)...)
			}
			item.GetRepeat().Nodes = nodes
			items = append(items, item)
		}
		s.Items = items
	}
}
