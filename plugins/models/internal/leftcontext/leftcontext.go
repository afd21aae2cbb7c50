// Package leftcontext writes the prompts of families without infilling tokens,
// as in arXiv 2507.19909: without fine-tuning, a model sees a method up to the
// bug and continues it; fine-tuned, it sees the whole method with the bug marked
// in comments and writes the fixed lines.
package leftcontext

import (
	"context"
	"strings"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
	"harness/plugins/models/internal/marks"
)

// Prompts implements the methods of model.Model that handle text. Families
// embed it.
type Prompts struct{}

// Prompt writes a prompt for each bug.
func (Prompts) Prompt(_ context.Context, r *model.PromptRequest) (*model.PromptResponse, error) {
	o := r.GetOptions()
	return marks.Prompts(r, func(m *java.Method) *model.Prompt {
		if o.GetFineTuned() {
			return &model.Prompt{Text: marked(java.Text(m.Before), java.Text(m.Buggy), java.Text(m.After), o), Stop: marks.Stops()}
		}
		if len(m.Before) == 0 {
			return &model.Prompt{Refused: "the bug is at the method's first line, so that nothing comes before it"}
		}
		// The prompt omits its last line end, which the model writes. Byte-level
		// tokenizers join a line end with the next line's indentation, so the
		// model never saw a text that ends in a separate line-end token.
		return &model.Prompt{Text: strings.TrimSuffix(java.Text(m.Before)+marks.Comments(m.Buggy, o), "\n")}
	}), nil
}

// marked is the prompt for fine-tuned models.
func marked(before, buggy, after string, o *model.PromptOptions) string {
	return before + marks.Bug(buggy, o) + after + marks.Fix
}

// Example writes pairs as fine-tuned models see them, and plain text whole.
func (Prompts) Example(_ context.Context, r *model.ExampleRequest) (*model.ExampleResponse, error) {
	return marks.Examples(r, func(_ string, p java.Parts) *model.Example {
		return &model.Example{Prompt: marked(p.Before, p.Buggy, p.After, r.GetOptions()), Target: p.Fixed, End: true}
	})
}

// Patch reads outputs: the fixed lines if the model was fine-tuned, else the
// rest of the method.
func (Prompts) Patch(_ context.Context, r *model.PatchRequest) (*model.PatchResponse, error) {
	return marks.Patches(r, func(m *java.Method, output string) *model.Patch {
		if r.GetOptions().GetFineTuned() {
			return m.ReplaceHunk(marks.Cut(output, marks.Stops()))
		}
		return m.ReplaceMethod(output)
	})
}
