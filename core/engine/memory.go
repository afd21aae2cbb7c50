package engine

import (
	"slices"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// keptInFull bounds the bytes of values that are kept for the backward pass
// where computing them again would save memory.
const keptInFull = 5 << 29

// recomputes reports whether layers are computed again in the backward pass
// where the engine may choose: it takes a third more time, and is done where
// keeping all values would take much memory. What a machine has does not count,
// since the choice may change the last bits of a result.
func recomputes(c ir.Cost) bool { return 4*(c.Saved+c.Layer) > keptInFull }

// What the process takes apart from its numbers, measured on XLA's CPU runtime:
// empty, for each node that is compiled, and, for each byte that trains, what
// loading, updating and freeing leaves behind at the peak.
const (
	emptyRuntime   = 230 << 20
	compiledByNode = 370 << 10
	trainingSlack  = 2.5
)

// What stays in a run's process for each node of a network that is trained, of
// its validation loss, its updates and what XLA leaves behind when it compiles
// them, and of one that decodes. Measured in runs of several methods.
const (
	keptByTrained = 400 << 10
	keptByDecoded = 150 << 10
)

// keptNetworks is how many networks' programs the engine keeps at most: a network
// that is trained and decodes has seven.
const keptNetworks = keepExecutables / 7

// programBytes is the bytes that a network's programs leave in the process.
func (w *work) programBytes() int64 {
	var bytes int64
	if w.network != nil {
		bytes += keptByTrained * int64(w.network.steps())
	}
	if w.decoding != nil {
		bytes += keptByDecoded * int64(w.decoding.steps())
	}
	return bytes
}

// keptMemory is what the programs of so many bytes each, by network, leave in
// one process.
func keptMemory(networks []int64) int64 {
	slices.SortFunc(networks, func(a, b int64) int { return int(b - a) })
	var sum int64
	for _, n := range networks[:min(len(networks), keptNetworks)] {
		sum += n
	}
	return sum
}

const f32 = 4 // bytes

// trainingMemory estimates the peak of training in a process that does nothing
// else, with micro-batches of a shape. Again says whether layers are computed
// again in the backward pass.
func (n *network) trainingMemory(o optimizer, s batchShape, again bool) *harnesspb.MemoryEstimate {
	c := n.program.Cost(n.train, s.extent(n.encodes()))
	m := &harnesspb.MemoryEstimate{Runtime: emptyRuntime + compiledByNode*int64(n.steps())}
	for _, p := range n.program.Parameters {
		m.Weights += p.Elements() * f32
		if !n.trains(p.Name) {
			continue
		}
		m.Gradients += p.Elements() * f32
		for _, k := range o.keeps(p.Shape) {
			m.Optimizer += ir.Type{Dims: k.shape}.Elements() * f32
		}
	}
	m.Runtime += int64(trainingSlack * float64(m.Gradients))
	// Logits and their gradients are gone when the first layer's values are
	// computed again, with their gradients.
	m.Logits = 2 * f32 * c.Logits
	m.Activations = f32 * (c.Saved + c.Layer)
	if again {
		m.Activations = f32*c.Carried + max(0, 2*f32*c.Layer-m.Logits)
	}
	return m
}

// decodingMemory estimates the peak of decoding.
func (n *network) decodingMemory(s decodeShape) *harnesspb.MemoryEstimate {
	read, one := n.decodingCosts(s)
	m := &harnesspb.MemoryEstimate{Runtime: emptyRuntime + 2*compiledByNode*int64(n.steps())}
	for _, p := range n.program.Parameters {
		m.Weights += p.Elements() * f32
	}
	if n.half {
		m.Weights /= 2
	}
	prompts, added := int64(s.prompts*s.prompt), int64(s.prompts*s.beams*s.new)
	if n.encodes() {
		m.Caches = f32 * (prompts*one.CrossCache + 2*added*one.Cache)
	} else {
		// Caches are written in place; putting them into the order of the beams
		// takes a copy of what was added.
		m.Caches = f32 * (prompts + 2*added) * one.Cache
	}
	m.Activations = f32 * max(2*read.Layer, 2*one.Layer)
	m.Logits = 2 * f32 * one.Logits
	return m
}
