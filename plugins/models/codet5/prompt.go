package main

import (
	"context"
	"fmt"
	"strings"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
	"harness/plugins/models/internal/marks"
)

// Tokens of T5's pretraining: the first masks the text to write and begins the
// model's answer; the second ends the answer.
const (
	mask = "<extra_id_0>"
	next = "<extra_id_1>"
)

func (codet5) Prompt(_ context.Context, r *model.PromptRequest) (*model.PromptResponse, error) {
	o := r.GetOptions()
	return marks.Prompts(r, func(m *java.Method) *model.Prompt {
		if o.GetFineTuned() {
			return &model.Prompt{Text: marked(java.Text(m.Before), java.Text(m.Buggy), java.Text(m.After), o), Stop: marks.Stops()}
		}
		return &model.Prompt{Text: masked(java.Text(m.Before)+marks.Comments(m.Buggy, o), java.Text(m.After)), Stop: []string{next}}
	}), nil
}

// marked is the prompt for fine-tuned models.
func marked(before, buggy, after string, o *model.PromptOptions) string {
	return before + marks.Bug(buggy, o) + after
}

// masked is the prompt in the pretraining format. The mask token absorbs the
// blanks before it.
func masked(before, after string) string { return before + mask + "\n" + after }

// Example writes pairs. It refuses plain text, which has no input for the
// encoder.
func (codet5) Example(_ context.Context, r *model.ExampleRequest) (*model.ExampleResponse, error) {
	out := &model.ExampleResponse{}
	for i, s := range r.GetSamples() {
		if s.GetPair() == nil {
			return nil, fmt.Errorf("sample %d (%q) is not a pair; a network with an encoder learns from pairs", i, s.GetId())
		}
		p := java.OfPair(s.GetPair())
		x := &model.Example{Prompt: marked(p.Before, p.Buggy, p.After, r.GetOptions()), Target: p.Fixed, End: true}
		if !r.GetOptions().GetFineTuned() {
			x.Prompt, x.Target = masked(p.Before, p.After), mask+p.Fixed+next
		}
		out.Examples = append(out.Examples, x)
	}
	return out, nil
}

// Patch reads outputs, which are the hunk's new lines. Without fine-tuning they
// come after the mask token.
func (codet5) Patch(_ context.Context, r *model.PatchRequest) (*model.PatchResponse, error) {
	fineTuned := r.GetOptions().GetFineTuned()
	return marks.Patches(r, func(m *java.Method, output string) *model.Patch {
		if fineTuned {
			return m.ReplaceHunk(marks.Cut(output, marks.Stops()))
		}
		if _, answer, ok := strings.Cut(output, mask); ok {
			output = answer
		}
		return m.ReplaceHunk(marks.Cut(output, []string{next}))
	})
}
