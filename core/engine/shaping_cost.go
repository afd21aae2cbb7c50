package engine

// costs estimates how many seconds computing a micro-batch takes on two
// processors. It decides how examples are padded, and with it the last bits of
// results, so what the machine is does not count.
type costs struct {
	network *network
	// recomputes reports whether layers are computed again in the backward
	// pass; nil: there is none.
	recomputes func(batchShape) bool
	compile    float64 // of one shape

	known map[batchShape]float64
}

// Measured on XLA's CPU runtime with a Llama of 135 million parameters, and
// with one of 10.
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

// steps counts those of the model graph.
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
