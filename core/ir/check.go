package ir

import (
	"fmt"
	"maps"
)

// Check reports every mistake in a graph as Mistakes, or nil. A node is not
// reported just because it reads a node with a mistake.
func Check(g *Graph) error {
	_, err := check(g)
	return err
}

// checked holds the types that a check found.
type checked struct {
	types   map[string]Type // of every node, by its name in the graph
	carries map[string]Type
}

type checker struct {
	mistakes   Mistakes
	parameters map[string]*Parameter
	kinds      map[string]string // name → "parameter", "node", "carry"
	declared   map[string]bool   // all nodes and carries of the graph
	nodes      int               // after expansion
	checked
}

// scope holds the values that nodes may read. A value without a known type is
// in broken, so that the check does not report its readers.
type scope struct {
	types  map[string]Type
	broken map[string]bool
	count  int // iterations of the Repeat; 0 outside
}

func check(g *Graph) (checked, error) {
	c := &checker{
		parameters: map[string]*Parameter{},
		kinds:      map[string]string{},
		checked:    checked{types: map[string]Type{}, carries: map[string]Type{}},
	}
	if g == nil {
		return c.checked, Mistakes{{"graph", "is missing"}}
	}
	if len(g.GetParameters()) > MaxNodes {
		return c.checked, Mistakes{{"graph", fmt.Sprintf("has %d parameters, at most %d are possible", len(g.GetParameters()), MaxNodes)}}
	}
	for _, p := range g.GetParameters() {
		c.parameter(p)
	}
	for _, p := range g.GetParameters() {
		c.norm(p)
	}
	if n := g.GetFirstPosition(); n < 0 || n > MaxFirstPosition {
		c.add("graph", fmt.Sprintf("has the first position %d, expected 0 to %d", n, MaxFirstPosition))
	}
	if n := g.GetDecoderStart(); n < 0 {
		c.add("graph", fmt.Sprintf("has the decoder's start token %d", n))
	}
	if n := len(g.GetBuffers()); n > MaxNodes {
		c.add("graph", fmt.Sprintf("names %d buffers, at most %d are possible", n, MaxNodes))
	}
	c.declared = names(g)
	encoded := Type{Over: OverEncoder, DType: F32}
	encoderBroken := false
	if g.GetEncoder() != nil {
		t, ok := c.stack("encoder", g.GetEncoder(), nil, false)
		encoded.DType, encoded.Dims, encoderBroken = t.DType, t.Dims, !ok
	}
	if g.GetDecoder() == nil {
		c.add("decoder", "is missing")
	} else {
		var extra map[string]Type
		if g.GetEncoder() != nil {
			extra = map[string]Type{EncoderOutput: encoded}
		}
		t, ok := c.stack("decoder", g.GetDecoder(), extra, encoderBroken)
		if ok && (t.Over != OverPositions || len(t.Dims) != 1 || !isFloat(t.DType)) {
			c.add("decoder", fmt.Sprintf("output %s is %v, expected logits [B,T,vocabulary]", quoted(g.GetDecoder().GetOutput()), t))
		}
	}
	if len(c.mistakes) == 0 {
		c.collisions(g)
	}
	if len(c.mistakes) > 0 {
		return c.checked, c.mistakes
	}
	return c.checked, nil
}

// maxMistakes bounds the number of reported mistakes.
const maxMistakes = 100

func (c *checker) add(where, what string) {
	if len(c.mistakes) < maxMistakes {
		c.mistakes = append(c.mistakes, Mistake{where, what})
	}
}

// names returns the names of all nodes and carries. With them the check can
// distinguish a name that is not visible from a misspelt one.
func names(g *Graph) map[string]bool {
	found := map[string]bool{}
	for _, s := range []*Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				found[n.GetName()] = true
			}
			for _, n := range item.GetRepeat().GetNodes() {
				found[n.GetName()] = true
			}
			for _, carry := range item.GetRepeat().GetCarries() {
				found[carry.GetName()] = true
			}
		}
	}
	return found
}

// name enters a name into the namespace and reports whether it is usable.
func (c *checker) name(kind, name string) bool {
	where := kind + " " + quoted(name)
	if what := badName(name); what != "" {
		c.add(where, what)
		return false
	}
	if other, ok := c.kinds[name]; ok {
		c.add(where, "has a name that a "+other+" already has")
		return false
	}
	c.kinds[name] = kind
	return true
}

func (c *checker) parameter(p *Parameter) {
	where := "parameter " + quoted(p.GetName())
	if !c.name("parameter", p.GetName()) {
		return
	}
	c.parameters[p.GetName()] = p
	if what := badDims(p.GetShape()); what != "" {
		c.add(where, what)
	}
	switch template := isTemplate(p.GetName()); {
	case template && (p.GetCount() < 1 || p.GetCount() > MaxRepeat):
		c.add(where, fmt.Sprintf("is a template with a count of %d, expected 1 to %d", p.GetCount(), MaxRepeat))
	case !template && p.GetCount() != 0:
		c.add(where, fmt.Sprintf(`has a count of %d but no "{i}" in its name`, p.GetCount()))
	}
	c.nodes += max(1, int(min(p.GetCount(), MaxRepeat)))
	if what := badInitializer(p.GetInitializer()); what != "" {
		c.add(where, what)
	}
	for _, tensor := range p.GetSource().GetTensors() {
		if tensor == "" || len(tensor) > MaxNameLength {
			c.add(where, "has a source tensor whose name is empty or too long")
		}
		if isTemplate(tensor) && p.GetCount() == 0 {
			c.add(where, fmt.Sprintf(`has the source %s with "{i}" but none in its own name`, quoted(tensor)))
		}
	}
	if p.GetSource().GetTranspose() && len(p.GetShape()) != 2 {
		c.add(where, fmt.Sprintf("has a transposed source but the shape %v; only rank 2 can be transposed", p.GetShape()))
	}
}

// norm checks an initializer that takes the norms of another parameter.
func (c *checker) norm(p *Parameter) {
	if p.GetInitializer().GetNorm() == nil {
		return
	}
	where := "parameter " + quoted(p.GetName())
	axis, name := int(p.GetInitializer().GetNorm().GetAxis()), p.GetInitializer().GetNorm().GetParameter()
	of, ok := c.parameters[name]
	switch {
	case !ok:
		c.add(where, fmt.Sprintf("starts as a norm of %s, but no parameter has that name", quoted(name)))
	case of.GetInitializer().GetNorm() != nil:
		c.add(where, fmt.Sprintf("starts as a norm of %s, which itself starts as a norm", quoted(name)))
	case of.GetCount() != p.GetCount():
		c.add(where, fmt.Sprintf("exists %d times and starts as a norm of %s, which exists %d times", p.GetCount(), quoted(name), of.GetCount()))
	case len(of.GetShape()) != 2 || axis < 0 || axis > 1:
		c.add(where, fmt.Sprintf("starts as the norm over axis %d of %s %v, expected axis 0 or 1 of a matrix", axis, quoted(name), of.GetShape()))
	case len(p.GetShape()) != 1 || p.GetShape()[0] != of.GetShape()[1-axis]:
		c.add(where, fmt.Sprintf("has the shape %v, but the norm over axis %d of %s %v is [%d]", p.GetShape(), axis, quoted(name), of.GetShape(), of.GetShape()[1-axis]))
	}
}

// stack checks one stack and returns the type of its output.
func (c *checker) stack(where string, s *Stack, extra map[string]Type, extraBroken bool) (Type, bool) {
	sc := &scope{
		types: map[string]Type{
			Tokens:    {Over: OverPositions, DType: I32},
			Positions: {Over: OverPositions, DType: I32},
		},
		broken: map[string]bool{},
	}
	for name, t := range extra {
		if extraBroken {
			sc.broken[name] = true
			continue
		}
		sc.types[name] = t
	}
	for _, item := range s.GetItems() {
		if c.nodes > MaxNodes {
			c.add(where, fmt.Sprintf("has more than %d nodes and parameters after its repeats are written out", MaxNodes))
			return Type{}, false
		}
		switch {
		case item.GetNode() != nil:
			c.nodes++
			c.node(item.GetNode(), sc)
		case item.GetRepeat() != nil:
			c.repeat(where, item.GetRepeat(), sc)
		default:
			c.add(where, "has an item that is neither a node nor a repeat")
		}
	}
	out := s.GetOutput()
	if sc.broken[out] {
		return Type{}, false
	}
	t, ok := sc.types[out]
	if !ok || c.kinds[out] == "" {
		c.add(where, fmt.Sprintf("has the output %s, but none of its nodes or carries has that name", quoted(out)))
		return Type{}, false
	}
	return t, true
}

func (c *checker) repeat(where string, r *Repeat, outer *scope) {
	count := int(r.GetCount())
	if count < 1 || count > MaxRepeat {
		c.add(where, fmt.Sprintf("repeats %d times, expected 1 to %d", count, MaxRepeat))
		count = min(max(count, 1), MaxRepeat)
	}
	c.nodes += count * len(r.GetNodes())
	if c.nodes > MaxNodes {
		c.add(where, fmt.Sprintf("has more than %d nodes and parameters after its repeats are written out", MaxNodes))
		return
	}
	body := &scope{types: maps.Clone(outer.types), broken: maps.Clone(outer.broken), count: count}
	for _, carry := range r.GetCarries() {
		at := "carry " + quoted(carry.GetName())
		usable := c.name("carry", carry.GetName())
		if usable && isTemplate(carry.GetName()) {
			c.add(at, `has "{i}" in its name; a carry is one value that all iterations share`)
		}
		t, ok := outer.types[carry.GetInitial()]
		if !ok {
			if !outer.broken[carry.GetInitial()] {
				c.add(at, fmt.Sprintf("starts from %s, which does not exist before the repeat", quoted(carry.GetInitial())))
			}
			body.broken[carry.GetName()] = true
			continue
		}
		body.types[carry.GetName()] = t
	}
	for _, n := range r.GetNodes() {
		c.node(n, body)
	}
	for _, carry := range r.GetCarries() {
		at := "carry " + quoted(carry.GetName())
		next, ok := body.types[carry.GetNext()]
		first, known := body.types[carry.GetName()]
		switch {
		case !ok && !body.broken[carry.GetNext()]:
			c.add(at, fmt.Sprintf("continues as %s, which the repeat's body does not compute", quoted(carry.GetNext())))
		case ok && known && !next.Equal(first):
			c.add(at, fmt.Sprintf("starts as %v and continues as %v (%s); both types must be the same", first, next, quoted(carry.GetNext())))
		case ok && known:
			outer.types[carry.GetName()] = first
			c.carries[carry.GetName()] = first
			continue
		}
		outer.broken[carry.GetName()] = true
	}
}

func (c *checker) node(n *Node, sc *scope) {
	where := "node " + quoted(n.GetName())
	usable := c.name("node", n.GetName())
	if !usable {
		// Do not report its readers, unless an earlier node has the name.
		if _, ok := sc.types[n.GetName()]; !ok {
			sc.broken[n.GetName()] = true
		}
		return
	}
	if template := isTemplate(n.GetName()); template != (sc.count > 0) {
		if template {
			c.add(where, `has "{i}" in its name outside a repeat`)
		} else {
			c.add(where, `is inside a repeat but has no "{i}" in its name`)
		}
		sc.broken[n.GetName()] = true
		return
	}
	in, ok := c.inputs(where, n, sc)
	if !ok {
		sc.broken[n.GetName()] = true
		return
	}
	t, err := infer(n, in)
	if err == nil {
		if what := badDims(t.Dims); what != "" {
			err = fmt.Errorf("result %s", what)
		}
	}
	if err != nil {
		c.add(where, err.Error())
		sc.broken[n.GetName()] = true
		return
	}
	sc.types[n.GetName()] = t
	c.types[n.GetName()] = t
}

func (c *checker) inputs(where string, n *Node, sc *scope) ([]Type, bool) {
	if len(n.GetInputs()) > MaxInputs {
		c.add(where, fmt.Sprintf("has %d inputs, at most %d are possible", len(n.GetInputs()), MaxInputs))
		return nil, false
	}
	in := make([]Type, len(n.GetInputs()))
	ok := true
	for i, name := range n.GetInputs() {
		if t, found := sc.types[name]; found {
			in[i] = t
			continue
		}
		if p, found := c.parameters[name]; found {
			if what := misplaced(p, sc.count); what != "" {
				c.add(where, fmt.Sprintf("reads the parameter %s, %s", quoted(name), what))
				ok = false
			}
			if badDims(p.GetShape()) != "" {
				ok = false
			}
			in[i] = Type{DType: F32, Dims: p.GetShape()}
			continue
		}
		ok = false
		switch {
		case sc.broken[name]:
		case c.declared[name]:
			c.add(where, fmt.Sprintf("reads %s, which is not visible here: a value is visible after its node, in the same stack and repeat", quoted(name)))
		default:
			c.add(where, fmt.Sprintf("reads %s, but no parameter or earlier node has that name", quoted(name)))
		}
	}
	return in, ok
}

// misplaced returns why a parameter cannot be read in a Repeat of count
// iterations (0: outside a Repeat), or "".
func misplaced(p *Parameter, count int) string {
	switch {
	case !isTemplate(p.GetName()):
		return ""
	case count == 0:
		return "a template, outside a repeat"
	case int(p.GetCount()) != count:
		return fmt.Sprintf("which has %d copies, in a repeat of %d", p.GetCount(), count)
	}
	return ""
}

// collisions finds names that become the same when "{i}" is written out.
func (c *checker) collisions(g *Graph) {
	seen := map[string]string{}
	enter := func(kind, name string, count int) {
		for i := range max(1, count) {
			full := At(name, i)
			if other, ok := seen[full]; ok {
				c.add(kind+" "+quoted(name), fmt.Sprintf("becomes %s, as %s does", quoted(full), quoted(other)))
				return
			}
			seen[full] = name
		}
	}
	for _, p := range g.GetParameters() {
		enter("parameter", p.GetName(), int(p.GetCount()))
	}
	for _, s := range []*Stack{g.GetEncoder(), g.GetDecoder()} {
		for _, item := range s.GetItems() {
			if n := item.GetNode(); n != nil {
				enter("node", n.GetName(), 0)
				continue
			}
			for _, carry := range item.GetRepeat().GetCarries() {
				enter("carry", carry.GetName(), 0)
			}
			for _, n := range item.GetRepeat().GetNodes() {
				enter("node", n.GetName(), int(item.GetRepeat().GetCount()))
			}
		}
	}
}
