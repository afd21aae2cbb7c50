package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/needs"
	"harness/core/sdk/javasource"
	"harness/plugins/benchmarks/java/programs"
)

func TestCharsets(t *testing.T) {
	for _, c := range []struct {
		name, encoding, content, text string
	}{
		{"UTF-8", "UTF-8", "é\n", "é\n"},
		{"no encoding is UTF-8", "", "é\n", "é\n"},
		{"ISO-8859-1", "ISO-8859-1", "\xe9\n", "é\n"},
		{"what is not UTF-8", "UTF-8", "\xe9 \xff\n", "é ÿ\n"},
		{"lines that end in CR LF", "ISO-8859-1", "\xe9\r\nb\r\n", "é\nb\n"},
		{"mixed line ends", "UTF-8", "a\r\nb\n", "a\r\nb\n"},
		{"a CR alone", "UTF-8", "a\rb\r\n", "a\rb\r\n"},
		{"no line end", "UTF-8", "a", "a"},
		{"nothing", "ISO-8859-1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			charset, err := charsetOf(c.encoding, []byte(c.content))
			if err != nil {
				t.Fatal(err)
			}
			if got := charset.decode([]byte(c.content)); got != c.text {
				t.Errorf("read as %q", got)
			}
			if got := charset.encode(c.text); string(got) != c.content {
				t.Errorf("written as %q", got)
			}
		})
	}
	if _, err := charsetOf("no-such-encoding", nil); err == nil {
		t.Error("an unknown encoding was taken")
	}
}

func TestPatchesAreWrittenInTheFilesCharset(t *testing.T) {
	charset, err := charsetOf("ISO-8859-1", []byte("\xe9\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(charset.encode("é → 😀\nb\n")), "\xe9 \\u2192 \\ud83d\\ude00\r\nb\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryFileComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "\xe9", "é", "\r\n", "\n", "\r", "\xff", "\x81", "\x00"})).Draw(t, "content"), ""))
		name := rapid.SampledFrom([]string{"", "UTF-8", "ISO-8859-1", "windows-1252", "Shift_JIS", "UTF-16"}).Draw(t, "encoding")
		charset, err := charsetOf(name, content)
		if err != nil {
			t.Fatal(err)
		}
		if got := charset.encode(charset.decode(content)); !bytes.Equal(got, content) {
			t.Errorf("%s: %q came back as %q", name, content, got)
		}
	})
}

func TestHunks(t *testing.T) {
	for _, c := range []struct {
		name, buggy, fixed string
		want               []hunk
	}{
		{"one line", "a\nb\nc\n", "a\nx\nc\n", []hunk{{Start: 2, End: 3, Fix: "x\n"}}},
		{"lines are missing", "a\nc\n", "a\nb\nc\n", []hunk{{Start: 2, End: 2, Fix: "b\n"}}},
		{"lines are too many", "a\nb\nc\n", "a\nc\n", []hunk{{Start: 2, End: 3, Fix: ""}}},
		{"two hunks", "a\nb\nc\nd\ne\n", "a\nB\nc\nd\nE\n", []hunk{{Start: 2, End: 3, Fix: "B\n"}, {Start: 5, End: 6, Fix: "E\n"}}},
		{"in front", "a\n", "x\na\n", []hunk{{Start: 1, End: 1, Fix: "x\n"}}},
		{"at the end", "a\n", "a\nx\n", []hunk{{Start: 2, End: 2, Fix: "x\n"}}},
		{"a line end is missing", "a\nb", "a\nb\n", []hunk{{Start: 2, End: 3, Fix: "b\n"}}},
		{"a block that could begin earlier", "{\n}\nc\n", "{\n}\n{\n}\nc\n", []hunk{{Start: 3, End: 3, Fix: "{\n}\n"}}},
		{"nothing", "a\n", "a\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := hunksOf(c.buggy, c.fixed)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHunksMakeTheFixedText(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "{\n", "}\n", "\n"}), 0, 12).Draw(t, "lines"), "") +
			rapid.SampledFrom([]string{"", "end"}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		buggy, fixed := text.Draw(t, "buggy"), text.Draw(t, "fixed")
		hunks := hunksOf(buggy, fixed)
		if got := programs.Apply(buggy, hunks); got != fixed {
			t.Fatalf("%q with %v is %q, not %q", buggy, hunks, got, fixed)
		}
		next := 0
		for _, h := range hunks {
			if h.Start <= next || h.End < h.Start || h.Start == h.End && h.Fix == "" {
				t.Fatalf("%q to %q: hunks %v", buggy, fixed, hunks)
			}
			next = h.End
		}
	})
}

// packed is a bug of shared/benchmarks/defects4j-mini.
type packed struct {
	ID           string
	Buggy, Fixed struct {
		Start, End int
		Lines      []string
	}
	Context       struct{ Before, After []string }
	CLMRanges     []string `json:"clm_ranges"`
	TestsTrigger  []string `json:"tests_trigger"`
	TestsRelevant []string `json:"tests_relevant"`
	Measured      struct {
		Relevant struct {
			BuggyFail []string `json:"buggy_fail"`
			FixedFail []string `json:"fixed_fail"`
		}
	}
}

func pack(t *testing.T) []packed {
	t.Helper()
	name := needs.Shared(t, "benchmarks", "defects4j-mini", "defects4j-mini.jsonl")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []packed
	for line := range bytes.Lines(content) {
		var p packed
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// The hunks of real bugs are those of Defects4J's own patches.
func TestHunksOfRealBugs(t *testing.T) {
	for _, p := range pack(t) {
		t.Run(p.ID, func(t *testing.T) {
			join := func(lines []string) string { return strings.Join(append(slices.Clone(lines), ""), "\n") }
			before, after := join(p.Context.Before), join(p.Context.After)
			offset := p.Buggy.Start - len(p.Context.Before) - 1
			hunks := hunksOf(before+join(p.Buggy.Lines)+after, before+join(p.Fixed.Lines)+after)
			want := []hunk{{Start: p.Buggy.Start - offset, End: p.Buggy.End - offset, Fix: join(p.Fixed.Lines)}}
			if diff := cmp.Diff(want, hunks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An exact match has the same tokens as the reference fix, in any layout.
func TestExactMatchOfRealBugs(t *testing.T) {
	for _, p := range pack(t) {
		file := func(lines []string) string {
			return strings.Join(slices.Concat(p.Context.Before, lines, p.Context.After), "\n")
		}
		buggy, fixed := file(p.Buggy.Lines), file(p.Fixed.Lines)
		if javasource.Digest(buggy) == javasource.Digest(fixed) {
			t.Errorf("%s: the buggy version is an exact match", p.ID)
		}
		spread := strings.ReplaceAll(fixed, "\n", " // fixed\r\n\t")
		if javasource.Digest(spread) != javasource.Digest(fixed) {
			t.Errorf("%s: the fix in another layout is not an exact match", p.ID)
		}
	}
}

// The rules agree with what was measured of real bugs.
func TestRulesOnRealBugs(t *testing.T) {
	for _, p := range pack(t) {
		b := &bug{Properties: properties{BuggyFailures: p.Measured.Relevant.BuggyFail, FixedFailures: p.Measured.Relevant.FixedFail}}
		for _, rule := range []string{ruleAll, ruleCLM} {
			if problem := b.failureOf(config{Rule: rule}, p.Measured.Relevant.BuggyFail); problem == "" {
				t.Errorf("%s, rule %q: the buggy version passes", p.ID, rule)
			}
			if problem := b.failureOf(config{Rule: rule}, p.Measured.Relevant.FixedFail); problem != "" {
				t.Errorf("%s, rule %q: the fixed version does not pass: %s", p.ID, rule, problem)
			}
		}
	}
}

func TestRules(t *testing.T) {
	b := &bug{Properties: properties{BuggyFailures: list{"A::a", "A::b", "A::always"}, FixedFailures: list{"A::always"}}}
	for _, c := range []struct {
		name     string
		failing  []string
		all, clm bool
	}{
		{"none fails", nil, true, true},
		{"what always fails", []string{"A::always"}, true, true},
		{"fewer, and none that is new", []string{"A::a", "A::always"}, false, true},
		{"as many as before", []string{"A::a", "A::b"}, false, false},
		{"fewer, but a new one", []string{"A::c"}, false, false},
		{"a whole class", []string{"A"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := b.failureOf(config{Rule: ruleAll}, c.failing) == ""; got != c.all {
				t.Errorf("by the rule \"all\" it passes: %t", got)
			}
			if got := b.failureOf(config{Rule: ruleCLM}, c.failing) == ""; got != c.clm {
				t.Errorf("by the rule \"clm\" it passes: %t", got)
			}
		})
	}
}
