package leftcontext_test

import (
	"context"
	"errors"
	"testing"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/familytest"
	"harness/plugins/models/internal/java"
	"harness/plugins/models/internal/leftcontext"
)

// family is one without a network.
type family struct{ leftcontext.Prompts }

func (family) Describe(context.Context) *model.Description { return &model.Description{} }

func (family) Build(context.Context, *model.BuildRequest) (*model.BuildResponse, error) {
	return nil, errors.New("no network")
}

func TestPromptFormats(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *model.PromptOptions
		want string
	}{
		{"fine-tuned with buggy lines", &model.PromptOptions{FineTuned: true, BuggyLines: true},
			"int f(int n) {\n// bug start: \n    n--;\n// bug end \n    return n;\n}\n// fix: \n"},
		{"fine-tuned without", &model.PromptOptions{FineTuned: true},
			"int f(int n) {\n// bug start: \n// bug end \n    return n;\n}\n// fix: \n"},
		{"base with buggy lines", &model.PromptOptions{BuggyLines: true},
			"int f(int n) {\n// buggy line:    n--;"},
		{"base without", &model.PromptOptions{}, "int f(int n) {"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := familytest.Prompt(t, family{}, c.o).GetText(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestExamplesHaveThePromptsFormat(t *testing.T) {
	o := &model.PromptOptions{FineTuned: true, BuggyLines: true}
	r, err := family{}.Example(t.Context(), &model.ExampleRequest{Options: o, Samples: []*model.Sample{familytest.Pair("p")}})
	if err != nil {
		t.Fatal(err)
	}
	x := r.GetExamples()[0]
	if want := familytest.Prompt(t, family{}, o).GetText(); x.GetPrompt() != want {
		t.Errorf("prompt %q, want that of the same bug, %q", x.GetPrompt(), want)
	}
	if x.GetTarget() != "    n++;\n" || !x.GetEnd() {
		t.Errorf("target %q, end %v", x.GetTarget(), x.GetEnd())
	}
	if _, err := (family{}).Example(t.Context(), &model.ExampleRequest{Samples: []*model.Sample{{Id: "empty"}}}); err == nil {
		t.Error("a sample without content is accepted")
	}
}

func TestReferenceFixesSurviveTheWayBack(t *testing.T) {
	familytest.WayBack(t, family{}, func(o *model.PromptOptions, fixed string, m *java.Method) (string, bool) {
		if o.GetFineTuned() {
			return fixed, true
		}
		// A method without a line before the bug is refused as a prompt.
		return fixed + java.Text(m.After) + "\nvoid next() {\n", len(m.Before) > 0
	})
}
