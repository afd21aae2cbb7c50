package main

import (
	"slices"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java/programs/programstest"
)

func suite() programstest.Suite {
	return programstest.Suite{
		Definition: humanEvalJava(),
		Bugs:       163,
		More: map[string]string{
			"target/classes/humaneval/buggy/ADD.class": "\xca\xfe",
			operators: `{"ADD": ["math operator modification"], "BELOW_ZERO": ["x", "y"], "EAT": ["z", "z"], "FIB": []}`,
		},
		Unwanted: "target",
		Differs: map[string]string{
			"GET_MAX_TRIPLES":   "recorded with the outer loop's line, which stays",
			"ISCUBE":            "upstream's text has a line less than the recorded one",
			"ORDER_BY_POINTS":   "recorded with the line that moves into a condition",
			"SORT_ARRAY_BINARY": "recorded with the brace behind it, which stays",
		},
		Judged: []string{"ADD", "DO_ALGEBRA", "STRING_TO_MD5"}, // a plain one, and two that need a library
	}
}

func TestHumanEvalJava(t *testing.T) { suite().Test(t) }

func TestClasses(t *testing.T) {
	records := suite().Fetched(t).Records(t)
	for id, class := range map[string]string{"ADD": "math operator modification", "BELOW_ZERO": "several operators", "EAT": "z", "FIB": "", "FIB4": ""} {
		if got := records[id].Bug.Labels["class"]; got != class {
			t.Errorf("%s is of the class %q, want %q", id, got, class)
		}
	}
}

func TestLibraries(t *testing.T) {
	f := suite().Fetched(t)
	for id, want := range map[string]string{"DO_ALGEBRA": "/usr/share/java/js.jar", "STRING_TO_MD5": "/usr/share/java/jaxb-api.jar", "ADD": ""} {
		asked := f.Question(t, &benchmark.CheckRequest{Bug: id, Patched: "class X {}"})
		if got := strings.Join(asked.Classpath, ":"); got != want {
			t.Errorf("%s: the class path is %q, want %q", id, got, want)
		}
		if len(asked.Files) != 1 || !slices.Equal(asked.Tests, []string{"humaneval.TEST_" + id}) {
			t.Errorf("%s: got %v", id, asked)
		}
	}
}
