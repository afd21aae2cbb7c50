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
	digest string // of the graph, the rewrite and the precision
	// decodes names the programs that decode the network. Networks that differ only
	// in their trained parameters share them.
	decodes    string
	program    *ir.Program
	half       bool       // bfloat16: see harnesspb.Decoding
	train      []string   // names of the parameters that train, sorted
	frozen     []ir.Param // parameters that the adapter adds and does not train
	counts     ir.Counts
	attentions []ir.Step // of the decoder
	vocabulary int
	// weights are the parameters that are read only as weights of linear layers.
	weights map[string]bool
	// multiplied are the parameters that are read only as weights of linear layers or
	// tables of embeddings.
	multiplied map[string]bool
	// limits are the decoder's; encoderLimits are the encoder's, if there is one.
	limits, encoderLimits limits
}

// limits are the sizes of the tables in which a stack looks up tokens and positions;
// 0 means no table. XLA would silently clamp ids beyond them.
type limits struct {
	tokens, positions int64
}

// network prepares a graph with its rewrite. precision has the values of
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
	if !n.half { // in bfloat16, the trained parameters determine which weights are halved
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

// readOnly finds the matrices that nodes read only as inputs for which as is true.
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

// isWeight is true for the weights [out,in] of linear layers.
func isWeight(st ir.Step, input int) bool {
	op := st.GetLinear()
	return op != nil && !op.GetWeightInOut() && input == 1
}

// isMultiplied is true for weights of linear layers and tables of embeddings.
func isMultiplied(st ir.Step, input int) bool {
	return (st.GetLinear() != nil || st.GetEmbedding() != nil) && input == 1
}

// turned reports whether a parameter is stored on the device as [in,out]. Products
// with a few rows are a third faster in that layout, and products with whole
// sequences as fast as in the other. Trained parameters keep their layout in
// training.
func (n *network) turned(name string, decoding bool) bool {
	return n.weights[name] && (decoding || !n.trains(name))
}

// limitsOf finds the sizes of the tables. A computed table is as large as the
// parameters that it is computed from.
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

// encodes reports whether the network has an encoder, which reads the prompts.
func (n *network) encodes() bool { return n.program.Encoder != nil }

// checkPrompt refuses a prompt that the network cannot read, or cannot continue by
// grow tokens.
func (n *network) checkPrompt(what string, ids []int32, grow int) error {
	if !n.encodes() {
		return n.limits.check(what, ids, n.program.FirstPosition, grow)
	}
	if err := n.encoderLimits.check(what, ids, 0, 0); err != nil {
		return err
	}
	return n.limits.check(what+"'s output", []int32{n.program.DecoderStart}, n.program.FirstPosition, grow)
}

// check refuses ids without a row in the table. It also refuses a sequence that would
// end beyond the table of positions if it begins at position first and grows by grow
// tokens.
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
