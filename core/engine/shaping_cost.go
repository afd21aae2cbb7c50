package engine

// costs estimates the seconds to compute a micro-batch on two processors. The estimate
// decides how examples are padded, which affects the last bits of results, so it must
// not depend on the machine.
type costs struct {
	network *network
	// recomputes reports whether layers are recomputed in the backward pass; nil:
	// there is no backward pass.
	recomputes func(batchShape) bool
	compile    float64 // seconds per shape

	known map[batchShape]float64
}

// Measured on XLA's CPU runtime with Llamas of 135 and 10 million parameters.
const (
	perFLOP     = 1e-11 // seconds
	perWeight   = 2e-10 // read once
	perGradient = 1.2e-9
	perStep     = 2e-5 // of the model graph, in each pass
	perCompiled = 5e-3
)

func (n *network) costs(recomputes func(batchShape) bool) *costs {
	return &costs{network: n, recomputes: recomputes, compile: perCompiled * float64(n.steps()), known: map[batchShape]float64{}}
}

// steps is the number of steps of the model graph.
func (n *network) steps() int {
	count := len(n.program.Decoder.Steps)
	if n.encodes() {
		count += len(n.program.Encoder.Steps)
	}
	return count
}

func (c *costs) of(s batchShape) float64 {
	if known, ok := c.known[s]; ok {
		return known
	}
	n := c.network
	cost := n.program.Cost(n.train, s.extent(n.encodes()))
	pass := perWeight*float64(n.counts.All) + perStep*float64(n.steps())
	seconds := perFLOP*cost.Forward + pass
	if c.recomputes != nil {
		seconds += perFLOP*cost.Backward + pass + perGradient*float64(n.counts.Trainable)
		if c.recomputes(s) {
			seconds += perFLOP * cost.Layers
		}
	}
	c.known[s] = seconds
	return seconds
}
