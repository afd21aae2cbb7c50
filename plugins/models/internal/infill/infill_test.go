package infill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/familytest"
	"harness/plugins/models/internal/infill"
	"harness/plugins/models/internal/java"
)

// family is one without a network.
type family struct{ infill.Prompts }

func (family) Describe(context.Context) *model.Description { return &model.Description{} }

func (family) Build(context.Context, *model.BuildRequest) (*model.BuildResponse, error) {
	return nil, errors.New("no network")
}

var angled = family{infill.Prompts{Tokens: infill.Tokens{Prefix: "<P>", Suffix: "<S>", Middle: "<M>", End: "▁<E>"}}}

func TestPromptFormats(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *model.PromptOptions
		want string
	}{
		{"fine-tuned with buggy lines", &model.PromptOptions{FineTuned: true, BuggyLines: true},
			"<P>int f(int n) {\n// bug start: \n    n--;\n// bug end \n<S>|    return n;\n}\n<M>"},
		{"fine-tuned without", &model.PromptOptions{FineTuned: true},
			"<P>int f(int n) {\n// bug start: \n// bug end \n<S>|    return n;\n}\n<M>"},
		{"base with buggy lines", &model.PromptOptions{BuggyLines: true},
			"<P>int f(int n) {\n// buggy line:    n--;\n<S>|    return n;\n}\n<M>"},
		{"base without", &model.PromptOptions{}, "<P>int f(int n) {\n<S>|    return n;\n}\n<M>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := familytest.Prompt(t, angled, c.o)
			if got := pieces(p.GetText(), p.GetRest()); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			stops := strings.Join(p.GetStop(), " ")
			if !strings.HasPrefix(stops, "<P> <S> <M> <E>") || strings.Contains(stops, "// fix:") != c.o.GetFineTuned() {
				t.Errorf("stops %q", stops)
			}
		})
	}
}

// pieces shows where a prompt's pieces part.
func pieces(text string, rest []string) string {
	return strings.Join(append([]string{text}, rest...), "|")
}

func examples(t *testing.T, config string, ids ...string) []*model.Example {
	t.Helper()
	request := &model.ExampleRequest{Config: []byte(config), Options: &model.PromptOptions{FineTuned: true, BuggyLines: true}}
	for _, id := range ids {
		request.Samples = append(request.Samples, familytest.Pair(id))
	}
	r, err := angled.Example(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return r.GetExamples()
}

func TestExamplesHaveThePromptsFormat(t *testing.T) {
	o := &model.PromptOptions{FineTuned: true, BuggyLines: true}
	p := familytest.Prompt(t, angled, o)
	for share, want := range map[string]string{
		"0": pieces(p.GetText(), p.GetRest()),
		"1": "<P><S>|    return n;\n}\n<M>int f(int n) {\n// bug start: \n    n--;\n// bug end \n",
	} {
		x := examples(t, `{"suffix_first": `+share+`}`, "a")[0]
		if got := pieces(x.GetPrompt(), x.GetRest()); got != want {
			t.Errorf("suffix first %s: prompt %q, want %q", share, got, want)
		}
		if x.GetTarget() != "    n++;\n" || !x.GetEnd() {
			t.Errorf("target %q, end %v", x.GetTarget(), x.GetEnd())
		}
	}
	if _, err := angled.Example(t.Context(), &model.ExampleRequest{Samples: []*model.Sample{{Id: "empty"}}}); err == nil {
		t.Error("a sample without content is accepted")
	}
}

func TestSuffixFirstIsDrawnPerSampleAndSeed(t *testing.T) {
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("sample-", i))
	}
	order := func(config string, ids ...string) (order string, first int) {
		for _, x := range examples(t, config, ids...) {
			if strings.HasPrefix(x.GetPrompt(), "<P><S>") {
				order, first = order+"s", first+1
			} else {
				order += "p"
			}
		}
		return order, first
	}
	half, first := order("", ids...)
	if first < 440 || first > 560 {
		t.Errorf("%d of 1000 samples show the suffix first, want about half", first)
	}
	if again, _ := order(`{"suffix_first": 0.5, "suffix_first_seed": 0}`, ids...); again != half {
		t.Error("the defaults spelled out draw others")
	}
	if part, _ := order("", ids[500:]...); part != half[500:] {
		t.Error("the draw depends on what else is asked for")
	}
	if other, _ := order(`{"suffix_first_seed": 1}`, ids...); other == half {
		t.Error("another seed draws the same")
	}
	if _, few := order(`{"suffix_first": 0.1}`, ids...); few < 60 || few > 140 {
		t.Errorf("%d of 1000 samples show the suffix first, want about a tenth", few)
	}
}

func TestSettingsOutOfRangeAreRefused(t *testing.T) {
	for _, config := range []string{`{"suffix_first": 1.5}`, `{"suffix_first": -1}`, `{"suffix_last": 1}`, `{"suffix_first_seed": -1}`} {
		if infill.CheckConfig([]byte(config)) == nil {
			t.Errorf("%s is accepted", config)
		}
	}
}

func TestReferenceFixesSurviveTheWayBack(t *testing.T) {
	familytest.WayBack(t, angled, func(o *model.PromptOptions, fixed string, m *java.Method) (string, bool) {
		if o.GetFineTuned() {
			return fixed, true
		}
		return fixed + "<S>" + java.Text(m.After), true
	})
}
