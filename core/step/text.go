package step

import (
	"context"
	"fmt"

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
// that goes on; where an encoder reads the prompt it is a text of its own.
func (n *network) tokenize(e *pb.Example) *pb.TokenExample {
	if e.GetPrompt() == "" && len(e.GetRest()) == 0 {
		return &pb.TokenExample{Ids: n.ended(n.tokenizer.Encode(e.GetTarget(), false), e)}
	}
	ids := n.promptIDs(e.GetPrompt(), e.GetRest())
	length := len(ids)
	if n.encodes() {
		ids = append(ids, n.tokenizer.Encode(e.GetTarget(), false)...)
	} else {
		ids = append(ids, n.tokenizer.EncodeNext(e.GetTarget())...)
	}
	return &pb.TokenExample{Ids: n.ended(ids, e), PromptLength: int32(length)}
}

func (n *network) ended(ids []int32, e *pb.Example) []int32 {
	if e.GetEnd() && len(n.built.GetEos()) > 0 {
		ids = append(ids, n.built.GetEos()[0])
	}
	return ids
}

// outputText is the text of generated ids, exact to the blanks it begins with.
func (n *network) outputText(ids []int32) string {
	if n.encodes() {
		return n.tokenizer.Decode(ids, true)
	}
	return n.tokenizer.DecodeNext(ids)
}

// encodes reports whether an encoder reads the prompts.
func (n *network) encodes() bool { return n.built.GetGraph().GetEncoder() != nil }

// checkPromptTokens refuses a checkpoint that does not know what the family's
// prompts are written with: it would read letters.
func checkPromptTokens(ctx context.Context, env *Env, model string, t *tokenizer.Tokenizer) error {
	description, err := env.Plugins.Describe(ctx, "model", model)
	if err != nil {
		return err
	}
	for _, token := range description.GetPromptTokens() {
		if _, ok := t.TokenID(token); !ok {
			return fmt.Errorf("the tokenizer has no token %q, which prompts of the model type %s need; take a checkpoint that knows it, or a model type whose prompts do without", token, model)
		}
	}
	return nil
}
