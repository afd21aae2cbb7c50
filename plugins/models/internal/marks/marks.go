// Package marks holds the parts of the text formats of arXiv 2507.19909 that
// all families share: the comments that mark a bug for a fine-tuned model, the
// comments that show it to a model without fine-tuning, and the marks that end
// an output.
package marks

import (
	"fmt"
	"strings"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
)

// Marks of the fine-tuned formats, blanks included.
const (
	bugStart = "// bug start: \n"
	bugEnd   = "// bug end \n"
	// Fix comes before the output of a fine-tuned model that has neither an
	// encoder nor infilling tokens.
	Fix = "// fix: \n"
	// buggyLine comes before each buggy line in prompts for models without
	// fine-tuning.
	buggyLine = "// buggy line:"
)

// Bug is the buggy lines between their marks, or the marks alone if the options
// hide the bug.
func Bug(buggy string, o *model.PromptOptions) string {
	if !o.GetBuggyLines() {
		buggy = ""
	}
	return bugStart + buggy + bugEnd
}

// Comments is the buggy lines as comments, or empty if the options hide the bug.
func Comments(buggy []java.Line, o *model.PromptOptions) string {
	if !o.GetBuggyLines() {
		return ""
	}
	var b strings.Builder
	for _, l := range buggy {
		b.WriteString(buggyLine + l.Code + "\n")
	}
	return b.String()
}

// Stops are marks that a fix never contains: a fine-tuned model that writes one
// has begun another sample.
func Stops() []string {
	return []string{strings.TrimSpace(bugStart), strings.TrimSpace(bugEnd), strings.TrimSpace(Fix)}
}

// Cut ends an output at the first stop.
func Cut(output string, stops []string) string {
	for _, stop := range stops {
		output, _, _ = strings.Cut(output, stop)
	}
	return output
}

// Prompts writes a prompt for each bug. It refuses a bug that is not a method
// with one hole.
func Prompts(r *model.PromptRequest, write func(m *java.Method) *model.Prompt) *model.PromptResponse {
	out := &model.PromptResponse{}
	for _, bug := range r.GetBugs() {
		m, err := java.Find(bug)
		if err != nil {
			out.Prompts = append(out.Prompts, &model.Prompt{Refused: err.Error()})
			continue
		}
		out.Prompts = append(out.Prompts, write(m))
	}
	return out
}

// Examples writes an example for each sample. It calls write for pairs, and
// keeps plain text whole.
func Examples(r *model.ExampleRequest, write func(id string, p java.Parts) *model.Example) (*model.ExampleResponse, error) {
	out := &model.ExampleResponse{}
	for i, s := range r.GetSamples() {
		switch {
		case s.GetPair() != nil:
			out.Examples = append(out.Examples, write(s.GetId(), java.OfPair(s.GetPair())))
		case s.GetText() != "":
			out.Examples = append(out.Examples, &model.Example{Target: s.GetText(), End: true})
		default:
			return nil, fmt.Errorf("sample %d (%q) has neither a pair nor a text", i, s.GetId())
		}
	}
	return out, nil
}

// Patches reads every output of a bug.
func Patches(r *model.PatchRequest, read func(m *java.Method, output string) *model.Patch) (*model.PatchResponse, error) {
	m, err := java.Find(r.GetBug())
	if err != nil {
		return nil, fmt.Errorf("bug %q: %w", r.GetBug().GetId(), err)
	}
	out := &model.PatchResponse{}
	for _, output := range r.GetOutputs() {
		out.Patches = append(out.Patches, read(m, output))
	}
	return out, nil
}
