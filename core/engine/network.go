package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// network is a graph after its rewrite, ready to be lowered.
type network struct {
	digest     string
	program    *ir.Program
	train      []string // names of the parameters that train, sorted
	counts     ir.Counts
	attentions []ir.Step
	vocabulary int
	// tokenLimit and positionLimit are the sizes of the tables that tokens and
	// positions look into; 0 where there is none. XLA would clamp what lies
	// beyond in silence.
	tokenLimit, positionLimit int64
}

func (e *Engine) network(m *harnesspb.ModelState) (*network, error) {
	digest, err := digestOf(m.GetGraph(), m.GetRewrite())
	if err != nil {
		return nil, err
	}
	return e.networks.get(digest, func() (*network, error) { return newNetwork(digest, m) })
}

func newNetwork(digest string, m *harnesspb.ModelState) (*network, error) {
	graph, err := ir.Apply(m.GetGraph(), m.GetRewrite())
	if err != nil {
		return nil, err
	}
	program, err := ir.Expand(graph)
	if err != nil {
		return nil, err
	}
	if program.Encoder != nil {
		return nil, errors.New("the network has an encoder; this engine runs decoders only")
	}
	n := &network{digest: digest, program: program}
	if n.train, err = program.Trainable(m.GetRewrite().GetTrain()); err != nil {
		return nil, err
	}
	shapes := map[string][]int64{}
	for _, p := range program.Parameters {
		shapes[p.Name] = p.Shape
		n.counts.All += p.Elements()
		if n.trains(p.Name) {
			n.counts.Trainable += p.Elements()
		}
	}
	for _, st := range program.Decoder.Steps {
		if st.GetAttention() != nil {
			n.attentions = append(n.attentions, st)
		}
		if st.Name == program.Decoder.Output {
			n.vocabulary = int(st.Type.Dims[0])
		}
		if st.GetEmbedding() == nil {
			continue
		}
		rows, ok := shapes[st.Inputs[1]]
		if !ok {
			continue // a table that is computed; its rows are checked there
		}
		switch st.Inputs[0] {
		case ir.Tokens:
			n.tokenLimit = least(n.tokenLimit, rows[0])
		case ir.Positions:
			n.positionLimit = least(n.positionLimit, rows[0])
		}
	}
	return n, nil
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

// checkTokens refuses ids without a row in the table and sequences longer
// than the table of positions.
func (n *network) checkTokens(what string, ids []int32, grow int) error {
	if len(ids) == 0 {
		return fmt.Errorf("%s is empty", what)
	}
	if end := int64(len(ids) + grow); n.positionLimit > 0 && end > n.positionLimit {
		return fmt.Errorf("%s: %d tokens are more than the network's %d positions", what, end, n.positionLimit)
	}
	if len(ids)+grow > maxLength {
		return fmt.Errorf("%s: %d tokens are more than the %d that this engine takes", what, len(ids)+grow, maxLength)
	}
	for i, id := range ids {
		if id < 0 || (n.tokenLimit > 0 && int64(id) >= n.tokenLimit) {
			return fmt.Errorf("%s: token %d is %d, outside the vocabulary of %d", what, i, id, n.tokenLimit)
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
