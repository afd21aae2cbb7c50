package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// sequences are whole sequences to lower a network for, padded on the right.
type sequences struct {
	tokens *graph.Node // [B,T] i32, the decoder's
	// With an encoder, its tokens [B,S] and the lengths of its rows [B].
	encoded, lengths *graph.Node
	pick             *graph.Node // as in lowering
	// positions [B,T] i32 of the tokens, counted from 0 whatever the network's first
	// position is; nil: they count up along the row.
	positions *graph.Node
	// owners [B,T] i32 holds the example of each token if examples share a row; else
	// nil. With owners, positions must be set.
	owners *graph.Node
	// decoding: the weights have the layout of a decoding state, and keys and values
	// are captured for the caches.
	decoding bool
	training *training
}

// lower prepares the lowering of the decoder over whole sequences, after that of the
// encoder if there is one. weights are the nodes of the program's parameters, in
// their order.
func (n *network) lower(weights []*graph.Node, s sequences) *lowering {
	parameters := n.nodesByName(weights, s.decoding)
	if s.positions == nil {
		s.positions = countUp(s.tokens)
	}
	l := &lowering{
		g: s.tokens.Graph(), sequence: n.program.Decoder, half: n.half, parameters: parameters,
		tokens: s.tokens, positions: graph.AddScalar(s.positions, n.program.FirstPosition),
		places: s.positions, owners: s.owners, pick: s.pick,
		attention: &fullAttention{lengths: s.lengths, capture: s.decoding}, training: s.training,
	}
	if n.encodes() {
		l.encoder = &lowering{
			g: l.g, sequence: n.program.Encoder, half: n.half, parameters: parameters,
			tokens: s.encoded, positions: countUp(s.encoded),
			attention: &fullAttention{lengths: s.lengths}, training: s.training,
		}
	}
	return l
}

// countUp returns the positions 0, 1, … of sequences padded on the right.
func countUp(tokens *graph.Node) *graph.Node {
	return graph.Iota(tokens.Graph(), shapes.Make(dtypes.Int32, tokens.Shape().Dimensions...), 1)
}
