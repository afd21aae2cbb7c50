package bugs

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/plugins/benchmarks/microbugs/likeness"
)

// The greatest likeness that methods may have. The other benchmarks have many small
// loops that resemble ours and do something else.
const (
	alikeAmongOurs  = 0.93
	alikeWithOthers = 0.88
)

// texts holds a method, wrong and right.
type texts struct {
	id    string
	forms []likeness.Method
}

func textsOf(b Bug) texts {
	return texts{b.ID, []likeness.Method{likeness.Of(b.MethodText()), likeness.Of(b.FixedMethodText())}}
}

// alike returns the greatest likeness of a form of one method and a form of another.
func (a texts) alike(b texts) float64 {
	most := 0.0
	for _, x := range a.forms {
		for _, y := range b.forms {
			most = max(most, x.Alike(y, most))
		}
	}
	return most
}

func TestBugsDifferFromEachOther(t *testing.T) {
	var before []texts
	for _, bug := range all(t) {
		ours := textsOf(bug)
		for _, other := range before {
			if alike := ours.alike(other); alike >= alikeAmongOurs {
				t.Errorf("%s and %s are %.3f alike, want less than %.2f", other.id, ours.id, alike, alikeAmongOurs)
			}
		}
		before = append(before, ours)
	}
}

// TestBugsAreNotOfOtherBenchmarks compares the methods with those of QuixBugs and
// HumanEval-Java, which models were trained on.
func TestBugsAreNotOfOtherBenchmarks(t *testing.T) {
	var ours []texts
	for _, bug := range all(t) {
		ours = append(ours, textsOf(bug))
	}
	for _, name := range []string{"quixbugs.jsonl", "humanevaljava.jsonl"} {
		for _, other := range recorded(t, name) {
			for _, bug := range ours {
				if alike := bug.alike(textsOf(other)); alike >= alikeWithOthers {
					t.Errorf("%s and %s of %s are %.3f alike, want less than %.2f", bug.id, other.ID, name, alike, alikeWithOthers)
				}
			}
		}
	}
}

// recorded returns the bugs of another benchmark.
func recorded(t *testing.T, name string) []Bug {
	t.Helper()
	data, err := os.ReadFile(needs.Shared(t, "benchmarks", name))
	if err != nil {
		t.Fatal(err)
	}
	var bugs []Bug
	for line := range strings.Lines(string(data)) {
		var r struct {
			ID       string
			File     string
			Function Span
			Hunks    []Hunk
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		bugs = append(bugs, Bug{ID: r.ID, Source: r.File, Method: r.Function, Hunks: r.Hunks})
	}
	if len(bugs) < 40 {
		t.Fatalf("%d bugs in %s, want 40 or more", len(bugs), name)
	}
	return bugs
}
