package main

import (
	"testing"

	"harness/core/protocol/harnesspb"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/familytest"
	"harness/plugins/models/internal/java"
)

func TestPromptFormats(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *model.PromptOptions
		want string
	}{
		{"fine-tuned with buggy lines", &model.PromptOptions{FineTuned: true, BuggyLines: true},
			"int f(int n) {\n// bug start: \n    n--;\n// bug end \n    return n;\n}\n"},
		{"fine-tuned without", &model.PromptOptions{FineTuned: true},
			"int f(int n) {\n// bug start: \n// bug end \n    return n;\n}\n"},
		{"base with buggy lines", &model.PromptOptions{BuggyLines: true},
			"int f(int n) {\n// buggy line:    n--;\n<extra_id_0>\n    return n;\n}\n"},
		{"base without", &model.PromptOptions{}, "int f(int n) {\n<extra_id_0>\n    return n;\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := familytest.Prompt(t, codet5{}, c.o); got.GetText() != c.want || len(got.GetStop()) == 0 {
				t.Errorf("%q until %q, want %q and a stop", got.GetText(), got.GetStop(), c.want)
			}
		})
	}
}

func TestExamplesHaveThePromptsFormat(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      *model.PromptOptions
		target string
	}{
		{"fine-tuned", &model.PromptOptions{FineTuned: true, BuggyLines: true}, "    n++;\n"},
		{"base", &model.PromptOptions{}, "<extra_id_0>    n++;\n<extra_id_1>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := codet5{}.Example(t.Context(), &model.ExampleRequest{Options: c.o, Samples: []*model.Sample{familytest.Pair("p")}})
			if err != nil {
				t.Fatal(err)
			}
			x := r.GetExamples()[0]
			if want := familytest.Prompt(t, codet5{}, c.o).GetText(); x.GetPrompt() != want {
				t.Errorf("prompt %q, want that of the same bug, %q", x.GetPrompt(), want)
			}
			if x.GetTarget() != c.target || !x.GetEnd() {
				t.Errorf("target %q, end %v, want %q", x.GetTarget(), x.GetEnd(), c.target)
			}
		})
	}
	for _, s := range []*model.Sample{{Id: "empty"}, {Id: "text", Content: &harnesspb.Sample_Text{Text: "class A {}"}}} {
		if _, err := (codet5{}).Example(t.Context(), &model.ExampleRequest{Samples: []*model.Sample{s}}); err == nil {
			t.Errorf("the sample %q is accepted", s.GetId())
		}
	}
}

func TestAnswersOfTheMask(t *testing.T) {
	for _, c := range []struct{ name, output, want string }{
		{"the mask's token and the next", "<extra_id_0> n++;\n<extra_id_1> return n; }", "        n++;\n"},
		{"no token", "n++;", "        n++;\n"},
		{"something before the mask's token", "int<extra_id_0>n++;", "        n++;\n"},
		{"an empty answer deletes", "<extra_id_0><extra_id_1>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := codet5{}.Patch(t.Context(), &model.PatchRequest{Bug: familytest.Bug(), Options: &model.PromptOptions{}, Outputs: []string{c.output}})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.GetPatches()[0].GetEdits()[0].GetText(); got != c.want {
				t.Errorf("replaced by %q, want %q", got, c.want)
			}
		})
	}
}

func TestReferenceFixesSurviveTheWayBack(t *testing.T) {
	familytest.WayBack(t, codet5{}, func(o *model.PromptOptions, fixed string, _ *java.Method) (string, bool) {
		if o.GetFineTuned() {
			return fixed, true
		}
		return mask + fixed + next + "return;", true
	})
}
