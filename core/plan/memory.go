package plan

import (
	"slices"

	"harness/core/ir"
)

// Memory is an estimate of how many bytes a step takes at its peak, in parts.
// On a CPU it is the engine process's resident set; the runtime's part of it
// is the process itself with XLA and compiled code. On an accelerator the
// runtime's part is the host's.
type Memory struct {
	Runtime int64 `json:"runtime"`
	// Kept is what stays of programs that are no part of the step: one process
	// serves a whole run, and keeps what it compiled for the other steps.
	Kept        int64 `json:"kept,omitempty"`
	Weights     int64 `json:"weights"`
	Gradients   int64 `json:"gradients,omitempty"`
	Optimizer   int64 `json:"optimizer,omitempty"`
	Activations int64 `json:"activations"`
	Logits      int64 `json:"logits"`
	Caches      int64 `json:"caches,omitempty"`
}

// Total is the sum of all parts.
func (m Memory) Total() int64 {
	return m.Runtime + m.Kept + m.Weights + m.Gradients + m.Optimizer + m.Activations + m.Logits + m.Caches
}

// What the engine's process takes apart from its numbers, measured on XLA's
// CPU runtime: empty, for each node that is compiled, and, for each byte that
// trains, what loading, updating and freeing leaves behind at the peak.
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

// keptNetworks is how many networks' programs the engine keeps at most: it
// keeps 64 programs, and a network that is trained and decodes has seven.
const keptNetworks = 9

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

// TrainingMemory estimates the peak of training one epoch in a process that
// does nothing else. The extent is that
// of a micro-batch, and checkpointing says whether layers are computed again
// in the backward pass.
func TrainingMemory(p *ir.Program, trained []string, optimizer string, checkpointing bool, x ir.Extent) Memory {
	c := p.Cost(trained, x)
	m := Memory{Runtime: emptyRuntime + compiledByNode*int64(nodes(p))}
	var count int64
	for _, param := range p.Parameters {
		m.Weights += param.Elements() * f32
	}
	for _, name := range trained {
		param, err := p.Parameter(name)
		if err != nil {
			continue // trained are names of this program
		}
		count += param.Elements()
		m.Optimizer += f32 * kept(optimizer, param.Shape)
	}
	m.Gradients = count * f32
	m.Runtime += int64(trainingSlack * float64(m.Gradients))
	// Logits and their gradients are gone when the first layer's values are
	// computed again, with their gradients.
	m.Logits = 2 * f32 * c.Logits
	m.Activations = f32*c.Carried + max(0, 2*f32*c.Layer-m.Logits)
	if !checkpointing {
		m.Activations = f32 * (c.Saved + c.Layer)
	}
	return m
}

// kept is the elements of an optimizer's state for one parameter.
func kept(optimizer string, shape []int64) int64 {
	elements := ir.Type{Dims: shape}.Elements()
	switch {
	case optimizer == "adamw":
		return 2 * elements
	case len(shape) < 2:
		return elements
	}
	rows, columns := elements/shape[len(shape)-1], elements/shape[len(shape)-2]
	return rows + columns
}

func nodes(p *ir.Program) int {
	n := len(p.Decoder.Steps)
	if p.Encoder != nil {
		n += len(p.Encoder.Steps)
	}
	return n
}

// decodingMemory estimates the peak of decoding from the costs of reading a
// prompt and of one step.
func decodingMemory(p *ir.Program, half bool, d *DecodeEstimate, read, one ir.Cost) Memory {
	m := Memory{Runtime: emptyRuntime + 2*compiledByNode*int64(nodes(p))}
	for _, param := range p.Parameters {
		m.Weights += param.Elements() * f32
	}
	if half {
		m.Weights /= 2
	}
	rows := int64(d.Prompts * d.Beams)
	prompts := int64(d.Prompts) * d.Prompt
	added := rows * d.New
	if p.Encoder != nil {
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
