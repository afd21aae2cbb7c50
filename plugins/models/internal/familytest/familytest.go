// Package familytest holds the tests that all model families share, whatever
// their networks and prompts.
package familytest

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk/model"
)

// Refusals checks that a family builds the good config.json, and that it refuses
// each changed one with the expected error. changes holds pairs: members of an
// object as JSON, and a text that the error contains.
func Refusals(t *testing.T, m model.Model, good string, changes [][2]string) {
	t.Helper()
	if _, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(good)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		change, want := c[0], c[1]
		t.Run(change, func(t *testing.T) {
			_, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: Changed(t, good, change)})
			refused(t, err, want)
		})
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// Changed is a config.json with some members replaced or added.
func Changed(t testing.TB, config, change string) []byte {
	t.Helper()
	var fields, changes map[string]any
	if err := json.Unmarshal([]byte(config), &fields); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+change+"}"), &changes); err != nil {
		t.Fatal(err)
	}
	maps.Copy(fields, changes)
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzBuild fuzzes Build with configs, beginning with changes of good ones: the
// family must refuse them or build a valid graph.
func FuzzBuild(f *testing.F, m model.Model, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: text})
		if err == nil && ir.Check(r.GetGraph()) != nil {
			t.Error("built a graph that is not valid")
		}
	})
}

// Bug is a small bug for tests of prompts.
func Bug() *model.Bug {
	return &model.Bug{
		Id: "b", Language: "java",
		Text:     "class A {\n    int f(int n) {\n        n--; // wrong\n        return n;\n    }\n}\n",
		Hunks:    []*model.Span{{Start: 3, End: 4}},
		Function: &model.Span{Start: 2, End: 6},
	}
}

// Pair is a training sample of the same method.
func Pair(id string) *model.Sample {
	return &model.Sample{Id: id, Content: &harnesspb.Sample_Pair{Pair: &model.Pair{
		Before: "    int f(int n) {\n", Buggy: "        n--;\n", After: "        return n;\n    }\n", Fixed: "        n++;\n",
	}}}
}

// Prompt asks a family for its prompt of Bug.
func Prompt(t testing.TB, m model.Model, o *model.PromptOptions) *model.Prompt {
	t.Helper()
	r, err := m.Prompt(t.Context(), &model.PromptRequest{Options: o, Bugs: []*model.Bug{Bug()}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.GetPrompts()) != 1 {
		t.Fatalf("%d prompts for one bug", len(r.GetPrompts()))
	}
	return r.GetPrompts()[0]
}

// RefusesSettings checks that Build refuses settings of the model block if
// config.json is good.
func RefusesSettings(t *testing.T, m model.Model, good, settings string) {
	t.Helper()
	request := &model.BuildRequest{Config: []byte(settings), CheckpointConfig: []byte(good)}
	if _, err := m.Build(t.Context(), request); err == nil {
		t.Errorf("the settings %s are accepted", settings)
	}
}
