package step

import (
	"context"
	"fmt"
	"slices"
	"strings"

	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/tokenizer"
)

// promptIDs are the ids of a prompt, with what the family adds around every
// text.
func (n *network) promptIDs(text string, rest []string) []int32 {
	ids := n.tokenizer.Encode(text, true)
	for _, next := range rest {
		ids = append(ids, n.tokenizer.EncodeNext(next)...)
	}
	return ids
}

// tokenize gives an example's ids. The target behind a prompt is tokenized
// apart from it, as at generation time only the prompt is there, but as text
// that goes on; where an encoder reads the prompt it is a text of its own, with
// what the family adds around every text.
func (n *network) tokenize(e *pb.Example) *pb.TokenExample {
	if e.GetPrompt() == "" && len(e.GetRest()) == 0 {
		return &pb.TokenExample{Ids: n.ended(n.tokenizer.Encode(e.GetTarget(), false), e)}
	}
	ids := n.promptIDs(e.GetPrompt(), e.GetRest())
	length := len(ids)
	if n.encodes() {
		ids = append(ids, n.tokenizer.Encode(e.GetTarget(), true)...)
	} else {
		ids = append(ids, n.tokenizer.EncodeNext(e.GetTarget())...)
	}
	return &pb.TokenExample{Ids: n.ended(ids, e), PromptLength: int32(length)}
}

// ended puts the end token behind a target, if that does not end in it already.
func (n *network) ended(ids []int32, e *pb.Example) []int32 {
	eos := n.built.GetEos()
	if !e.GetEnd() || len(eos) == 0 || n.encodes() && len(ids) > 0 && ids[len(ids)-1] == eos[0] {
		return ids
	}
	return append(ids, eos[0])
}

// outputText is the text of generated ids, exact to the blanks it begins with
// and without special tokens. One of them that holds a stop ends it: the text
// would not show the stop, but what follows it.
func (n *network) outputText(ids []int32, stops []string) string {
	if end := slices.IndexFunc(ids, func(id int32) bool { return n.stops(id, stops) }); end >= 0 {
		ids = ids[:end]
	}
	if n.encodes() {
		return n.tokenizer.Decode(ids, true)
	}
	return n.tokenizer.DecodeNext(ids)
}

// stops reports whether an id is a special token that holds one of the stops.
func (n *network) stops(id int32, stops []string) bool {
	token := string(n.tokenizer.TokenBytes(id))
	holds := slices.ContainsFunc(stops, func(stop string) bool { return strings.Contains(token, stop) })
	return holds && n.tokenizer.Decode([]int32{id}, true) == ""
}

// encodes reports whether an encoder reads the prompts.
func (n *network) encodes() bool { return n.built.GetGraph().GetEncoder() != nil }

// checkPromptTokens refuses a checkpoint that does not know what the family's
// prompts are written with.
func checkPromptTokens(ctx context.Context, env *Env, model string, t *tokenizer.Tokenizer) error {
	description, err := env.Plugins.Describe(ctx, "model", model)
	if err != nil {
		return err
	}
	for _, token := range description.GetPromptTokens() {
		if err := checkPromptToken(t, token, model); err != nil {
			return err
		}
	}
	return nil
}

// checkPromptToken refuses a tokenizer that lacks a token, or has it but does
// not read it from a text: the model would be given letters.
func checkPromptToken(t *tokenizer.Tokenizer, token, model string) error {
	id, ok := t.TokenID(token)
	if !ok {
		return fmt.Errorf("the tokenizer has no token %q, which prompts of the model type %s need; take a checkpoint that knows it, or a model type whose prompts do without", token, model)
	}
	if ids := t.Encode(token, false); !slices.Contains(ids, id) {
		return fmt.Errorf("the tokenizer has the token %q, %d, but reads it in a text as %v; prompts of the model type %s need it among the added_tokens of tokenizer.json", token, id, ids, model)
	}
	return nil
}
