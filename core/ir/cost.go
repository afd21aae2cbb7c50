package ir

import (
	"slices"

	"harness/core/protocol/harnesspb"
)

// Extent is how much of a network is computed at once.
type Extent struct {
	Rows   int64 // sequences side by side
	Tokens int64 // positions of the decoder in each
	Source int64 // positions of the encoder in each; 0 without one
	// Picked is how many of a row's decoder positions get logits; 0: all.
	// Values that only the logits need are computed at these positions alone.
	Picked int64
	// Keys is how many positions causal attention reads in a decoding step,
	// in which Tokens is 1. The keys and values of all but the last position
	// come from a cache, and so do all values over the encoder's positions.
	// 0: nothing is cached.
	Keys int64
}

// Cost is the work and memory that computing a network once takes. A
// multiplication and an addition count as two FLOPs. Only Linear (2·in·out per
// position), MatMul and Attention (4·heads·head size for each computed pair of
// query and key, masked pairs too) count; the other ops are bound by memory.
// Sizes are in elements of 4 bytes.
type Cost struct {
	Forward float64 // FLOPs of the forward pass
	// Layers is the part of Forward within repeated layers, which gradient
	// checkpointing computes twice.
	Layers float64
	// Backward is FLOPs of the gradients: each product costs its forward FLOPs
	// again for each operand that depends on a trained parameter.
	Backward float64

	Logits   int64 // elements of the decoder's output
	Carried  int64 // elements of the values that enter layers: kept with checkpointing
	Layer    int64 // elements of all values of the largest layer
	Saved    int64 // elements of all values in all layers: kept without checkpointing
	Products int64 // elements of expressions of parameters alone

	// Cache counts the elements that decoding keeps per decoder position,
	// CrossCache those per encoder position: keys and values of all attention nodes.
	Cache, CrossCache int64
}

// Cost walks the program. trained holds the sorted, written-out names of the
// trained parameters, as Trainable returns them; nil: nothing trains.
func (p *Program) Cost(trained []string, x Extent) Cost {
	w := &costWalk{extent: x, types: map[string]Type{}, trains: map[string]bool{}}
	for _, param := range p.Parameters {
		w.types[param.Name] = Type{DType: F32, Dims: param.Shape}
		_, w.trains[param.Name] = slices.BinarySearch(trained, param.Name)
	}
	if p.Encoder != nil {
		w.sequence(p.Encoder, true) // if the encoder is cached, only its types matter
		w.types[EncoderOutput] = w.types[p.Encoder.Output]
		w.trains[EncoderOutput] = w.trains[p.Encoder.Output]
	}
	w.sequence(p.Decoder, false)
	return w.cost
}

type costWalk struct {
	extent  Extent
	encoder bool // the walk is in the encoder
	types   map[string]Type
	trains  map[string]bool // the value depends on a trained parameter
	whole   map[string]bool // needed at every position
	cost    Cost
}

func (w *costWalk) sequence(s *Sequence, encoder bool) {
	w.encoder, w.whole = encoder, s.WholeNeeded()
	layers := s.Layers
	var layer int64
	inside := false
	for i, st := range s.Steps {
		if len(layers) > 0 && layers[0].First == i {
			inside, layer = true, 0
			for _, value := range layers[0].Entering {
				w.cost.Carried += w.elements(value)
			}
		}
		flops, elements := w.step(st)
		w.cost.Saved += elements
		if inside {
			w.cost.Layers += flops
			layer += elements
		}
		if len(layers) > 0 && layers[0].End == i+1 {
			w.cost.Layer = max(w.cost.Layer, layer)
			inside, layers = false, layers[1:]
		}
	}
	if !encoder {
		w.cost.Logits = w.elements(s.Output)
	}
}

// positions is the number of positions at which a value of this stack is computed.
func (w *costWalk) positions(name string, t Type) int64 {
	switch {
	case t.Over == OverNothing:
		return 1
	case (t.Over == OverEncoder || w.encoder) && w.extent.Keys > 0:
		return 0
	case t.Over == OverEncoder || w.encoder:
		return w.extent.Rows * w.extent.Source
	case w.extent.Picked > 0 && !w.whole[name]:
		return w.extent.Rows * w.extent.Picked
	}
	return w.extent.Rows * w.extent.Tokens
}

func (w *costWalk) elements(name string) int64 {
	t := w.types[name]
	return t.Elements() * w.positions(name, t)
}

// step adds a node and gives its FLOPs and the elements that it makes.
func (w *costWalk) step(st Step) (flops float64, elements int64) {
	w.types[st.Name] = st.Type
	trains := slices.ContainsFunc(st.Inputs, func(in string) bool { return w.trains[in] })
	w.trains[st.Name] = trains && st.GetUnary().GetOp() != StopGradient
	elements = w.elements(st.Name)
	switch op := st.GetOp().(type) {
	case *harnesspb.Node_Linear:
		x := w.types[st.Inputs[0]]
		flops = 2 * float64(elements) * float64(x.Dims[len(x.Dims)-1])
		w.product(flops, st.Inputs[:2])
	case *harnesspb.Node_Matmul:
		a := w.types[st.Inputs[0]]
		inner := a.Dims[1]
		if op.Matmul.GetTransposeA() {
			inner = a.Dims[0]
		}
		flops = 2 * float64(elements) * float64(inner)
		w.product(flops, st.Inputs)
	case *harnesspb.Node_Attention:
		var pairs int64
		flops, pairs = w.attention(st, op.Attention)
		elements += 2 * pairs // scores and weights
	case *harnesspb.Node_Reshape, *harnesspb.Node_Slice, *harnesspb.Node_Transpose, *harnesspb.Node_Cast:
		elements = 0 // a view of its input
	}
	w.cost.Forward += flops
	if st.Type.Over == OverNothing {
		w.cost.Products += elements
		elements = 0
	}
	return flops, elements
}

// product adds the gradients of a product: its forward FLOPs once for each
// operand that depends on a trained parameter.
func (w *costWalk) product(flops float64, sides []string) {
	for _, side := range sides {
		if w.trains[side] {
			w.cost.Backward += flops
		}
	}
}

// attention gives the FLOPs of an attention node and its pairs of query and
// key, over all heads.
func (w *costWalk) attention(st Step, op *Attention) (flops float64, pairs int64) {
	heads, size := st.Type.Dims[0], st.Type.Dims[1]
	key := w.types[st.Inputs[1]]
	kept := 2 * key.Elements()
	keys := w.extent.Tokens
	switch {
	case op.GetMask() == Cross:
		keys = w.extent.Source
		w.cost.CrossCache += kept
	case w.encoder:
		keys = w.extent.Source
	default:
		if w.extent.Keys > 0 {
			keys = w.extent.Keys
		}
		w.cost.Cache += kept
	}
	if op.GetPrefix() {
		keys += w.types[st.Inputs[len(st.Inputs)-1]].Dims[0]
	}
	pairs = heads * keys * w.positions(st.Name, st.Type)
	flops = 4 * float64(pairs) * float64(size)
	if slices.ContainsFunc(st.Inputs[:3], func(in string) bool { return w.trains[in] }) {
		w.cost.Backward += 2 * flops
	}
	return flops, pairs
}

// WholeNeeded names the values that attention reads as key or value, and the
// values that these are computed from. They are needed at every position, even
// if only some positions get logits.
func (s *Sequence) WholeNeeded() map[string]bool {
	need := map[string]bool{}
	for _, st := range slices.Backward(s.Steps) {
		if st.GetAttention() != nil {
			need[st.Inputs[1]], need[st.Inputs[2]] = true, true
		}
		if need[st.Name] {
			for _, in := range st.Inputs {
				need[in] = true
			}
		}
	}
	return need
}
