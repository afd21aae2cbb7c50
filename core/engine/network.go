package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// network is a graph after its rewrite, ready to be lowered.
type network struct {
	digest string // tells networks and their precisions apart
	// decodes names the programs that decode it, which networks that differ in
	// what trains have in common.
	decodes    string
	program    *ir.Program
	half       bool       // bfloat16: see harnesspb.Decoding
	train      []string   // names of the parameters that train, sorted
	frozen     []ir.Param // that the adapter adds and does not train
	counts     ir.Counts
	attentions []ir.Step // of the decoder
	vocabulary int
	// weights are the parameters that are read as weights of linear layers and
	// in no other way.
	weights map[string]bool
	// multiplied are those and the tables of embeddings.
	multiplied map[string]bool
	// Of the decoder and, if there is one, of the encoder.
	limits, encoderLimits limits
}

// limits are the sizes of the tables that a stack's tokens and positions look
// into; 0 where there is none. XLA would clamp what lies beyond in silence.
type limits struct {
	tokens, positions int64
}

// network prepares a graph with its rewrite. Precision is as in
// harnesspb.Decoding.
func (e *Engine) network(m *harnesspb.ModelState, precision string) (*network, error) {
	digest, err := digestOf(m.GetGraph(), m.GetRewrite())
	if err != nil {
		return nil, err
	}
	switch precision {
	case "", "f32":
	case "bf16":
		digest += " bf16"
	default:
		return nil, fmt.Errorf("unknown precision %q, expected f32 or bf16", precision)
	}
	return e.networks.get(digest, func() (*network, error) { return newNetwork(digest, m, precision == "bf16") })
}

func newNetwork(digest string, m *harnesspb.ModelState, half bool) (*network, error) {
	graph, err := ir.Apply(m.GetGraph(), m.GetRewrite())
	if err != nil {
		return nil, err
	}
	program, err := ir.Expand(graph)
	if err != nil {
		return nil, err
	}
	n := &network{digest: digest, decodes: digest, program: program, half: half}
	if !n.half { // where what trains decides which weights are halved
		if n.decodes, err = digestOf(graph); err != nil {
			return nil, err
		}
	}
	if n.train, err = program.Trainable(m.GetRewrite().GetTrain()); err != nil {
		return nil, err
	}
	if n.frozen, err = program.Frozen(m.GetRewrite()); err != nil {
		return nil, err
	}
	if n.counts, err = program.Count(m.GetRewrite()); err != nil {
		return nil, err
	}
	shapes := map[string][]int64{}
	for _, p := range program.Parameters {
		shapes[p.Name] = p.Shape
	}
	for _, st := range program.Decoder.Steps {
		if op := st.GetAttention(); op != nil {
			if op.GetMask() == ir.Full {
				return nil, fmt.Errorf("node %q: a decoder's attention to all positions cannot be decoded token by token; its mask must be causal or cross", st.Name)
			}
			n.attentions = append(n.attentions, st)
		}
		if st.Name == program.Decoder.Output {
			n.vocabulary = int(st.Type.Dims[0])
		}
	}
	n.weights, n.multiplied = readOnly(program, isWeight), readOnly(program, isMultiplied)
	n.limits = limitsOf(program.Decoder, shapes)
	if program.Encoder != nil {
		n.encoderLimits = limitsOf(program.Encoder, shapes)
		if start := int64(program.DecoderStart); n.limits.tokens > 0 && start >= n.limits.tokens {
			return nil, fmt.Errorf("the decoder's start token %d is outside its vocabulary of %d", start, n.limits.tokens)
		}
	}
	return n, nil
}

// readOnly finds the matrices that nodes read in one way only: as those inputs
// for which as holds.
func readOnly(program *ir.Program, as func(st ir.Step, input int) bool) map[string]bool {
	only := map[string]bool{}
	for _, p := range program.Parameters {
		if len(p.Shape) == 2 {
			only[p.Name] = true
		}
	}
	for _, s := range []*ir.Sequence{program.Decoder, program.Encoder} {
		if s == nil {
			continue
		}
		for _, st := range s.Steps {
			for i, in := range st.Inputs {
				if !as(st, i) {
					delete(only, in)
				}
			}
		}
	}
	return only
}

// isWeight holds for the weights [out,in] of linear layers.
func isWeight(st ir.Step, input int) bool {
	op := st.GetLinear()
	return op != nil && !op.GetWeightInOut() && input == 1
}

// isMultiplied holds for weights of linear layers and tables of embeddings.
func isMultiplied(st ir.Step, input int) bool {
	return (st.GetLinear() != nil || st.GetEmbedding() != nil) && input == 1
}

// turned reports whether a parameter lies on the device as [in,out]. A few
// rows are multiplied a third faster that way, whole sequences as fast as
// otherwise. What trains stays as it is while it trains.
func (n *network) turned(name string, decoding bool) bool {
	return n.weights[name] && (decoding || !n.trains(name))
}

// limitsOf looks at the tables that are parameters; one that is computed is
// as large as what it is computed from.
func limitsOf(s *ir.Sequence, parameters map[string][]int64) limits {
	var l limits
	for _, st := range s.Steps {
		if st.GetEmbedding() == nil {
			continue
		}
		table, ok := parameters[st.Inputs[1]]
		if !ok {
			continue
		}
		switch st.Inputs[0] {
		case ir.Tokens:
			l.tokens = least(l.tokens, table[0])
		case ir.Positions:
			l.positions = least(l.positions, table[0])
		}
	}
	return l
}

func least(a, b int64) int64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func (n *network) trains(name string) bool {
	_, ok := slices.BinarySearch(n.train, name)
	return ok
}

// encodes reports whether prompts go to an encoder.
func (n *network) encodes() bool { return n.program.Encoder != nil }

// checkPrompt refuses a prompt that the network cannot read, or cannot go on
// from by so many tokens.
func (n *network) checkPrompt(what string, ids []int32, grow int) error {
	if !n.encodes() {
		return n.limits.check(what, ids, n.program.FirstPosition, grow)
	}
	if err := n.encoderLimits.check(what, ids, 0, 0); err != nil {
		return err
	}
	return n.limits.check(what+"'s output", []int32{n.program.DecoderStart}, n.program.FirstPosition, grow)
}

// check refuses ids without a row in the table, and sequences that end beyond
// the table of positions when they begin at first and grow.
func (l limits) check(what string, ids []int32, first int64, grow int) error {
	if len(ids) == 0 {
		return fmt.Errorf("%s is empty", what)
	}
	if end := first + int64(len(ids)+grow); l.positions > 0 && end > l.positions {
		return fmt.Errorf("%s: %d tokens are more than the network's %d positions", what, end, l.positions)
	}
	if len(ids)+grow > maxLength {
		return fmt.Errorf("%s: %d tokens are more than the %d that this engine takes", what, len(ids)+grow, maxLength)
	}
	for i, id := range ids {
		if id < 0 || (l.tokens > 0 && int64(id) >= l.tokens) {
			return fmt.Errorf("%s: token %d is %d, outside the vocabulary of %d", what, i, id, l.tokens)
		}
	}
	return nil
}

// maxLength bounds a sequence.
const maxLength = 1 << 16

// digestOf hashes messages in their deterministic encoding.
func digestOf(messages ...proto.Message) (string, error) {
	h := sha256.New()
	for _, m := range messages {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			return "", fmt.Errorf("encode a message: %w", err)
		}
		fmt.Fprintf(h, "%d:", len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
