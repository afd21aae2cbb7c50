// Package infill writes the prompts of families with tokens for filling in the
// middle, as in arXiv 2507.19909: a model sees the code before and after the bug
// and writes the code between. Fine-tuned models also see the bug, marked in
// comments, at the end of the code before.
//
// In training, a share of the samples shows the suffix first, after Bavarian et
// al. (2022); prompts for bugs always show the prefix first:
//
//	prefix first   PREFIX before SUFFIX after MIDDLE
//	suffix first   PREFIX SUFFIX after MIDDLE before
package infill

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"harness/core/sdk"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
	"harness/plugins/models/internal/marks"
)

// Tokens are a family's infilling tokens, spelled as in its tokenizer.
type Tokens struct {
	Prefix, Suffix, Middle string
	// End, if not empty, is the token that a model without fine-tuning writes
	// after the middle, if that is not the end-of-text token.
	End string
}

// Prompts implements the methods of model.Model that handle text. Families
// embed it.
type Prompts struct{ Tokens Tokens }

// settings of the model block.
type settings struct {
	SuffixFirst     float64 `json:"suffix_first"`
	SuffixFirstSeed uint64  `json:"suffix_first_seed"`
}

// Schema of the model block.
func Schema() *sdk.Schema {
	return &sdk.Schema{Attributes: []*sdk.Attribute{
		{Name: "suffix_first", Type: `"number"`, DefaultJson: "0.5", Minimum: new(0.0), Maximum: new(1.0),
			Description: "Share of the training samples that show the code after the bug before the code in front of it."},
		{Name: "suffix_first_seed", Type: `"number"`, DefaultJson: "0", Minimum: new(0.0), Maximum: new(float64(1 << 53)),
			Description: "Chooses, together with a sample's name, which samples these are."},
	}}
}

// CheckConfig refuses a model block that Schema does not describe.
func CheckConfig(config []byte) error {
	_, err := readSettings(config)
	return err
}

func readSettings(config []byte) (settings, error) {
	s := settings{SuffixFirst: 0.5}
	if err := sdk.Decode(config, &s); err != nil {
		return settings{}, err
	}
	if !(s.SuffixFirst >= 0 && s.SuffixFirst <= 1) {
		return settings{}, sdk.Diagnose([]string{"suffix_first"}, "Share out of range", fmt.Sprintf("The share is %v, expected 0 to 1.", s.SuffixFirst))
	}
	return s, nil
}

// showsSuffixFirst reports whether a sample shows its suffix first.
func (s settings) showsSuffixFirst(id string) bool {
	hash := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, s.SuffixFirstSeed), id...))
	return float64(binary.LittleEndian.Uint64(hash[:])>>11)/(1<<53) < s.SuffixFirst
}

// Needed are the tokens that prompts contain.
func (t Tokens) Needed() []string { return []string{t.Prefix, t.Suffix, t.Middle} }

// stops are the family's tokens as they appear in decoded output, where
// SentencePiece's "▁" is a blank. A middle contains none of them.
func (t Tokens) stops() []string {
	var out []string
	for _, token := range append(t.Needed(), t.End) {
		if token = strings.TrimPrefix(token, "▁"); token != "" {
			out = append(out, token)
		}
	}
	return out
}

// order returns a prompt as separately encoded texts. The text right after
// Suffix is in rest, because SentencePiece would put a blank before it.
func (t Tokens) order(before, after string, suffixFirst bool) (text string, rest []string) {
	if suffixFirst {
		return t.Prefix + t.Suffix, []string{after + t.Middle + before}
	}
	return t.Prefix + before + t.Suffix, []string{after + t.Middle}
}

// Prompt writes a prompt for each bug, prefix first.
func (p Prompts) Prompt(_ context.Context, r *model.PromptRequest) (*model.PromptResponse, error) {
	o := r.GetOptions()
	return marks.Prompts(r, func(m *java.Method) *model.Prompt {
		before, stops := java.Text(m.Before), p.Tokens.stops()
		if o.GetFineTuned() {
			before += marks.Bug(java.Text(m.Buggy), o)
			stops = slices.Concat(stops, marks.Stops())
		} else {
			before += marks.Comments(m.Buggy, o)
		}
		text, rest := p.Tokens.order(before, java.Text(m.After), false)
		return &model.Prompt{Text: text, Rest: rest, Stop: stops}
	}), nil
}

// Example writes pairs as fine-tuned models see them, and plain text whole.
func (p Prompts) Example(_ context.Context, r *model.ExampleRequest) (*model.ExampleResponse, error) {
	s, err := readSettings(r.GetConfig())
	if err != nil {
		return nil, err
	}
	return marks.Examples(r, func(id string, parts java.Parts) *model.Example {
		text, rest := p.Tokens.order(parts.Before+marks.Bug(parts.Buggy, r.GetOptions()), parts.After, s.showsSuffixFirst(id))
		return &model.Example{Prompt: text, Rest: rest, Target: parts.Fixed, End: true}
	})
}

// Patch reads outputs, which are the hunk's new lines.
func (p Prompts) Patch(_ context.Context, r *model.PatchRequest) (*model.PatchResponse, error) {
	stops := p.Tokens.stops()
	if r.GetOptions().GetFineTuned() {
		stops = slices.Concat(stops, marks.Stops())
	}
	return marks.Patches(r, func(m *java.Method, output string) *model.Patch {
		return m.ReplaceHunk(marks.Cut(output, stops))
	})
}
