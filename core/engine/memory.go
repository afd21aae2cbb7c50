package engine

import (
	"slices"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// keptInFull is the maximum size in bytes of the values that are kept for the
// backward pass instead of being recomputed.
const keptInFull = 5 << 29

// recomputes decides whether layers are recomputed in the backward pass, if the
// engine may choose. Recomputing takes a third more time, and saves memory if keeping
// all values would take much. The machine's memory does not count, since the choice
// may change the last bits of a result.
func recomputes(c ir.Cost) bool { return 4*(c.Saved+c.Layer) > keptInFull }

// Memory of the process besides tensors, measured on XLA's CPU runtime: of the empty
// process; for each compiled node; and, for each byte of trained parameters, the
// overhead of loading, updating and freeing at the peak.
const (
	emptyRuntime   = 230 << 20
	compiledByNode = 370 << 10
	trainingSlack  = 2.5
)

// Memory that stays in a run's process for each node of a network: for training
// (including the validation loss, the updates and XLA's leftovers of compiling
// them), and for decoding. Measured in runs of several methods.
const (
	keptByTrained = 400 << 10
	keptByDecoded = 150 << 10
)

// keptNetworks is the maximum number of networks whose programs the engine keeps: a
// network that is trained and decoded has seven programs.
const keptNetworks = keepExecutables / 7

// programBytes is the memory that a network's programs keep in the process.
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

// keptMemory is the memory that the programs of several networks keep in one
// process. networks holds the bytes of each network's programs.
func keptMemory(networks []int64) int64 {
	slices.SortFunc(networks, func(a, b int64) int { return int(b - a) })
	var sum int64
	for _, n := range networks[:min(len(networks), keptNetworks)] {
		sum += n
	}
	return sum
}

const f32 = 4 // bytes

// trainingMemory estimates the peak memory of training in a process that does
// nothing else, with micro-batches of a shape. again is set if layers are recomputed
// in the backward pass.
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
	// Logits and their gradients are freed before the values of the first layer and
	// their gradients are recomputed.
	m.Logits = 2 * f32 * c.Logits
	m.Activations = f32 * (c.Saved + c.Layer)
	if again {
		m.Activations = f32*c.Carried + max(0, 2*f32*c.Layer-m.Logits)
	}
	return m
}

// decodingMemory estimates the peak memory of decoding.
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
		// Caches are written in place; reordering the beams takes a copy of the added
		// cache.
		m.Caches = f32 * (prompts + 2*added) * one.Cache
	}
	m.Activations = f32 * max(2*read.Layer, 2*one.Layer)
	m.Logits = 2 * f32 * one.Logits
	return m
}
