package step

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
)

// bugWith is a bug of a file of five lines.
func bugWith(id string, labels map[string]string, function *pb.Span, hunks []*pb.Span, fixes ...string) *pb.BugRecord {
	return &pb.BugRecord{Bug: &pb.Bug{Id: id, Text: "1\n2\n3\n4\n5\n", Labels: labels, Function: function, Hunks: hunks}, Fixes: fixes}
}

func TestLabelsThatFollowFromLines(t *testing.T) {
	line := func(n int32) *pb.Span { return &pb.Span{Start: n, End: n + 1} }
	method := &pb.Span{Start: 1, End: 6}
	for name, c := range map[string]struct {
		bug  *pb.BugRecord
		want map[string]string
	}{
		"a line changed": {bugWith("a", nil, method, []*pb.Span{line(2)}, "two\n"),
			map[string]string{"hunks": "single", "lines": "single", "functions": "single"}},
		"a line inserted": {bugWith("a", nil, method, []*pb.Span{{Start: 2, End: 2}}, "more\n"),
			map[string]string{"hunks": "single", "lines": "single", "functions": "single"}},
		"a line deleted": {bugWith("a", nil, method, []*pb.Span{line(2)}, ""),
			map[string]string{"hunks": "single", "lines": "single", "functions": "single"}},
		"a line becomes two": {bugWith("a", nil, method, []*pb.Span{line(2)}, "a\nb\n"),
			map[string]string{"hunks": "single", "lines": "multiple", "functions": "single"}},
		"two lines become one": {bugWith("a", nil, method, []*pb.Span{{Start: 2, End: 4}}, "a\n"),
			map[string]string{"hunks": "single", "lines": "multiple", "functions": "single"}},
		"two places outside of a method": {bugWith("a", nil, nil, []*pb.Span{line(2), line(4)}, "a\n", "b\n"),
			map[string]string{"hunks": "multiple", "lines": "multiple", "functions": "other"}},
		"the benchmark knows more": {bugWith("a", map[string]string{"hunks": "multiple", "class": "null"}, method, []*pb.Span{line(2)}, "two\n"),
			map[string]string{"hunks": "multiple", "lines": "single", "functions": "single", "class": "null"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := judge.CheckBug(c.bug); err != nil {
				t.Fatal(err)
			}
			addLabels(c.bug)
			if diff := cmp.Diff(c.want, c.bug.Bug.Labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	all := []*pb.BugRecord{
		bugWith("A", map[string]string{"class": "null", "hunks": "single"}, nil, nil),
		bugWith("B", map[string]string{"class": "return", "hunks": "multiple"}, nil, nil),
		bugWith("C", map[string]string{"class": "null", "hunks": "multiple"}, nil, nil),
		bugWith("D", nil, nil, nil),
	}
	for name, c := range map[string]struct {
		choice Bugs
		want   string   // ids
		errors []string // what its parts say
	}{
		"all":                     {Bugs{}, "A B C D", nil},
		"ids, in the bugs' order": {Bugs{IDs: []string{"C", "A"}}, "A C", nil},
		"a label":                 {Bugs{Where: map[string][]string{"class": {"null"}}}, "A C", nil},
		"one of two values":       {Bugs{Where: map[string][]string{"class": {"return", "null"}}}, "A B C", nil},
		"two labels":              {Bugs{Where: map[string][]string{"class": {"null"}, "hunks": {"multiple"}}}, "C", nil},
		"ids and a label":         {Bugs{IDs: []string{"A", "B"}, Where: map[string][]string{"class": {"null"}}}, "A", nil},
		"nothing left":            {Bugs{IDs: []string{"D"}, Where: map[string][]string{"class": {"null"}}}, "", []string{"no bug fits all"}},
		"all mistakes together": {Bugs{IDs: []string{"A", "X"}, Where: map[string][]string{"clas": {"null"}, "hunks": {"single", "none"}}}, "",
			[]string{`no bug "X". It has A, B, C, D`, `label "clas". There are class, hunks`, `hunks = "none". There are multiple, single`}},
	} {
		t.Run(name, func(t *testing.T) {
			chosen, err := c.choice.Choose(all)
			if got := strings.Join(ids(chosen), " "); got != c.want || (err != nil) != (len(c.errors) > 0) {
				t.Errorf("chosen %q, error %v; want %q", got, err, c.want)
			}
			for _, text := range c.errors {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("the error lacks %q: %v", text, err)
				}
			}
		})
	}
}

// A bug that cannot be judged is chosen, and so named, unless it is known not to fit.
func TestChooseAmongUnsoundBugs(t *testing.T) {
	unsound := func(id string, labels map[string]string) *pb.BugRecord {
		return &pb.BugRecord{Bug: &pb.Bug{Id: id, Labels: labels}, Unsound: "it has no test"}
	}
	all := []*pb.BugRecord{
		bugWith("A", map[string]string{"class": "null"}, nil, nil),
		bugWith("B", map[string]string{"class": "return"}, nil, nil),
		unsound("C", nil), unsound("D", map[string]string{"class": "null"}), unsound("E", map[string]string{"class": "return"}),
	}
	for name, c := range map[string]struct {
		choice      Bugs
		want, error string
	}{
		"all":                         {Bugs{}, "A B C D E", ""},
		"a label":                     {Bugs{Where: map[string][]string{"class": {"null"}}}, "A C D", ""},
		"ids":                         {Bugs{IDs: []string{"B", "E"}}, "B E", ""},
		"none that can be judged":     {Bugs{IDs: []string{"C", "E"}}, "", "calls all bugs that are chosen unsound: it has no test (2 bugs: C, E)"},
		"none with an id and a label": {Bugs{IDs: []string{"B"}, Where: map[string][]string{"class": {"null"}}}, "", "no bug fits all"},
	} {
		t.Run(name, func(t *testing.T) {
			chosen, err := c.choice.Choose(all)
			if got := strings.Join(ids(chosen), " "); got != c.want || (err != nil) != (c.error != "") || err != nil && !strings.Contains(err.Error(), c.error) {
				t.Errorf("chosen %q, error %v; want %q, %q", got, err, c.want, c.error)
			}
		})
	}
	if got := strings.Join(ids(Judgeable(all)), " "); got != "A B" {
		t.Errorf("models are asked about %s", got)
	}
	for _, r := range all[2:] {
		before := len(r.Bug.Labels)
		if addLabels(r); len(r.Bug.Labels) != before {
			t.Errorf("%s gets labels that nobody knows: %v", r.Bug.Id, r.Bug.Labels)
		}
	}
}

// TestChoiceIsASubset: whatever is asked for, what comes is in order, fits, and
// nothing that fits is left out.
func TestChoiceIsASubset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"x", "y", "z"})
		var all []*pb.BugRecord
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,3}`), 1, 9, rapid.ID).Draw(t, "ids") {
			all = append(all, bugWith(id, map[string]string{"a": value.Draw(t, "a"), "b": value.Draw(t, "b")}, nil, nil))
		}
		wanted := rapid.SliceOfNDistinct(rapid.SampledFrom(labelsOf(all)["a"]), 1, len(labelsOf(all)["a"]), rapid.ID).Draw(t, "wanted")
		chosen, err := Bugs{Where: map[string][]string{"a": wanted}}.Choose(all)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for _, r := range all {
			fits := slices.Contains(wanted, r.Bug.Labels["a"])
			if fits != (i < len(chosen) && chosen[i] == r) {
				t.Fatalf("bug %s with a = %q, wanted %q, is not where it belongs", r.Bug.Id, r.Bug.Labels["a"], wanted)
			}
			if fits {
				i++
			}
		}
	})
}
