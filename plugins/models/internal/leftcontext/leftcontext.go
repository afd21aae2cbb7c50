// Package leftcontext is how families without tokens for filling in are asked,
// as in arXiv 2507.19909: without fine-tuning a model sees a method up to the
// bug and writes on; fine-tuned, it sees the whole method with the bug marked
// in comments and writes the fixed lines.
package leftcontext

import (
	"context"
	"fmt"
	"strings"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
)

// Marks of the fine-tuned format, blanks included.
const (
	bugStart = "// bug start: \n"
	bugEnd   = "// bug end \n"
	fix      = "// fix: \n"
	// buggyLine is put before each buggy line when an untrained model is asked.
	buggyLine = "// buggy line:"
)

// stops are marks that a fix never holds: a fine-tuned model that writes one
// has begun another sample.
func stops() []string {
	return []string{strings.TrimSpace(bugStart), strings.TrimSpace(bugEnd), strings.TrimSpace(fix)}
}

// Prompts has the methods of a model.Model about text. Families embed it.
type Prompts struct{}

// Prompt writes a prompt for each bug.
func (Prompts) Prompt(_ context.Context, r *model.PromptRequest) (*model.PromptResponse, error) {
	out := &model.PromptResponse{}
	for _, bug := range r.GetBugs() {
		out.Prompts = append(out.Prompts, prompt(bug, r.GetOptions()))
	}
	return out, nil
}

func prompt(bug *model.Bug, o *model.PromptOptions) *model.Prompt {
	m, err := java.Find(bug)
	if err != nil {
		return &model.Prompt{Refused: err.Error()}
	}
	if o.GetFineTuned() {
		return &model.Prompt{Text: marked(java.Text(m.Before), java.Text(m.Buggy), java.Text(m.After), o), Stop: stops()}
	}
	if len(m.Before) == 0 {
		return &model.Prompt{Refused: "the bug is at the method's first line, so that nothing comes before it"}
	}
	text := java.Text(m.Before)
	if o.GetBuggyLines() {
		for _, l := range m.Buggy {
			text += buggyLine + l.Code + "\n"
		}
	}
	// The line end is left for the model to write: byte-level tokens join it
	// with the next line's indentation, and a prompt that ends in a line end of
	// its own is a text that the model never saw.
	return &model.Prompt{Text: strings.TrimSuffix(text, "\n")}
}

// marked is the prompt that fine-tuned models were trained on.
func marked(before, buggy, after string, o *model.PromptOptions) string {
	if !o.GetBuggyLines() {
		buggy = ""
	}
	return before + bugStart + buggy + bugEnd + after + fix
}

// Example writes pairs as fine-tuned models see them, and plain text whole.
func (Prompts) Example(_ context.Context, r *model.ExampleRequest) (*model.ExampleResponse, error) {
	out := &model.ExampleResponse{}
	for i, s := range r.GetSamples() {
		switch {
		case s.GetPair() != nil:
			p := java.OfPair(s.GetPair())
			out.Examples = append(out.Examples, &model.Example{
				Prompt: marked(p.Before, p.Buggy, p.After, r.GetOptions()), Target: p.Fixed, End: true,
			})
		case s.GetText() != "":
			out.Examples = append(out.Examples, &model.Example{Target: s.GetText(), End: true})
		default:
			return nil, fmt.Errorf("sample %d (%q) has neither a pair nor a text", i, s.GetId())
		}
	}
	return out, nil
}

// Patch reads outputs: fixed lines where the model was fine-tuned, else the
// rest of the method.
func (Prompts) Patch(_ context.Context, r *model.PatchRequest) (*model.PatchResponse, error) {
	m, err := java.Find(r.GetBug())
	if err != nil {
		return nil, fmt.Errorf("bug %q: %w", r.GetBug().GetId(), err)
	}
	out := &model.PatchResponse{}
	for _, output := range r.GetOutputs() {
		if r.GetOptions().GetFineTuned() {
			out.Patches = append(out.Patches, m.ReplaceHunk(cut(output)))
			continue
		}
		out.Patches = append(out.Patches, m.ReplaceMethod(output))
	}
	return out, nil
}

// cut ends an output at the first mark that no fix holds.
func cut(output string) string {
	for _, stop := range stops() {
		output, _, _ = strings.Cut(output, stop)
	}
	return output
}
