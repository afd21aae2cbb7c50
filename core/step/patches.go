package step

import (
	"context"
	"fmt"
	"strings"

	"harness/core/extract"
	pb "harness/core/protocol/harnesspb"
)

// patches says what one bug's outputs do to the buggy file, once the code in them is
// extracted: as the model said when it answered, or as it says now.
func (w Validate) patches(ctx context.Context, model modelClient, bug *pb.Bug, c *Candidates) ([]*pb.Patch, error) {
	codes := make([]code, len(c.Outputs))
	for i, o := range c.Outputs {
		var err error
		if codes[i].text, codes[i].found, err = w.Extract.Code(o.Text, bug); err != nil {
			return nil, err
		}
	}
	if c.Outputs[0].Patch != nil { // then all have one
		return w.saidPatches(bug, c, codes)
	}
	if w.Extract == extract.Method {
		patches := make([]*pb.Patch, len(codes))
		for i, code := range codes {
			patches[i] = code.asMethod(bug)
		}
		return patches, nil
	}
	outputs := make([]string, len(codes))
	for i, code := range codes {
		if outputs[i] = code.text; !code.found { // without a fence all of it may be code
			outputs[i] = c.Outputs[i].Text
		}
	}
	answer, err := model.Patch(ctx, &pb.PatchRequest{Config: w.Model.Config, Options: w.Options.message(), Bug: withoutLabels([]*pb.Bug{bug})[0], Outputs: outputs})
	if err != nil {
		return nil, err
	}
	if len(answer.Patches) != len(outputs) {
		return nil, fmt.Errorf("model %s made %d patches of %d outputs for bug %s", w.Model.Name, len(answer.Patches), len(outputs), c.Bug)
	}
	return answer.Patches, nil
}

// saidPatches are those that a model gave with its outputs. Extracted code takes the place
// of the text that the model inserts, and a method that of the buggy one.
func (w Validate) saidPatches(bug *pb.Bug, c *Candidates, codes []code) ([]*pb.Patch, error) {
	patches := make([]*pb.Patch, len(codes))
	for i, code := range codes {
		p := c.Outputs[i].Patch.message()
		switch {
		case w.Extract == extract.None || p.None != "" || p.Unplaced != "":
		case w.Extract == extract.Method:
			p = code.asMethod(bug)
		case !code.found:
		case len(p.Edits) != 1:
			return nil, fmt.Errorf("extract %q takes answers that replace lines in one place; model %s says that candidate %d of bug %s replaces lines in %d places: remove extract from its block",
				w.Extract, w.Model.Name, i+1, c.Bug, len(p.Edits))
		default:
			p.Edits[0].Text = wholeLines(code.text)
		}
		patches[i] = p
	}
	return patches, nil
}

// code is what was extracted from an answer.
type code struct {
	text  string
	found bool // the answer has the part that was asked for
}

// asMethod replaces the bug's method.
func (c code) asMethod(bug *pb.Bug) *pb.Patch {
	f := bug.GetFunction()
	switch {
	case f == nil:
		return &pb.Patch{Unplaced: "no method is known around the bug that a method of the answer could replace"}
	case !c.found:
		return &pb.Patch{None: "the answer holds no whole method"}
	}
	return &pb.Patch{Edits: []*pb.Edit{{Start: f.Start, End: f.End, Text: wholeLines(c.text)}}}
}

// wholeLines ends a text with a line end, unless there is nothing to end.
func wholeLines(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
