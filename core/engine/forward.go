package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/protocol/harnesspb"
)

// maxForward bounds the numbers of one reply.
const maxForward = 1 << 25

// Forward gives the logits of all positions of some sequences.
func (e *Engine) Forward(ctx context.Context, r *harnesspb.ForwardRequest) (*harnesspb.ForwardResponse, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.end()
	if len(r.GetValues()) > 0 {
		return nil, errors.New("forward: values by node name are not served yet")
	}
	n, err := e.network(r.GetModel())
	if err != nil {
		return nil, err
	}
	batch, longest := len(r.GetSequences()), 0
	if batch == 0 {
		return nil, errors.New("forward: no sequences")
	}
	for i, s := range r.GetSequences() {
		if err := n.checkTokens(fmt.Sprintf("sequence %d", i), s.GetIds(), 0); err != nil {
			return nil, err
		}
		longest = max(longest, len(s.GetIds()))
	}
	if int64(batch)*int64(longest)*int64(n.vocabulary) > maxForward {
		return nil, fmt.Errorf("forward: %d sequences of up to %d tokens have too many logits for one reply", batch, longest)
	}
	st, err := e.state(n, r.GetModel())
	if err != nil {
		return nil, err
	}
	length := bucket(longest)
	logits, err := e.logits(n, st, r.GetSequences(), length)
	if err != nil {
		return nil, fmt.Errorf("forward: %w", err)
	}
	return n.unpadded(logits, r.GetSequences(), length, longest), nil
}

func (e *Engine) logits(n *network, st *state, sequences []*harnesspb.TokenPrompt, length int) ([]float32, error) {
	batch := len(sequences)
	x, err := e.executable(fmt.Sprintf("%s forward %dx%d", n.digest, batch, length), func(in []*graph.Node) []*graph.Node {
		tokens := in[len(in)-1]
		l := &lowering{
			g: tokens.Graph(), sequence: n.program.Decoder, parameters: n.named(in),
			tokens: tokens, positions: countUp(tokens), attention: &fullAttention{},
		}
		return []*graph.Node{graph.ConvertDType(l.run(), dtypes.Float32)}
	})
	if err != nil {
		return nil, err
	}
	flat := make([]int32, batch*length)
	for i, s := range sequences {
		copy(flat[i*length:], s.GetIds())
	}
	tokens := tensors.FromFlatDataAndDimensions(flat, batch, length)
	defer release(tokens)
	out, err := x.run(append(anyOf(st.weights), tokens))
	if err != nil {
		return nil, err
	}
	defer release(out...)
	return tensors.CopyFlatData[float32](out[0])
}

// countUp gives the positions 0, 1, … of sequences padded on the right.
func countUp(tokens *graph.Node) *graph.Node {
	return graph.Iota(tokens.Graph(), shapes.Make(dtypes.Int32, tokens.Shape().Dimensions...), 1)
}

// unpadded cuts logits [B,length,V] to the longest sequence, zero beyond the
// end of each.
func (n *network) unpadded(logits []float32, sequences []*harnesspb.TokenPrompt, length, longest int) *harnesspb.ForwardResponse {
	v := n.vocabulary
	out := make([]float32, len(sequences)*longest*v)
	for i, s := range sequences {
		copy(out[i*longest*v:][:len(s.GetIds())*v], logits[i*length*v:])
	}
	return &harnesspb.ForwardResponse{
		Shape:  []int64{int64(len(sequences)), int64(longest), int64(v)},
		Logits: out,
	}
}
