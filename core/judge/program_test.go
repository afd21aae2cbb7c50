package judge

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sdk/javasource"
	"harness/core/store"
)

// reading is a benchmark of programs in Java. Its bugs' names say whether it tells
// programs apart by their tokens, or leaves that to their texts.
type reading struct{ *scripted }

func (r reading) Check(ctx context.Context, request *pb.CheckRequest) (*pb.CheckResponse, error) {
	check, err := r.scripted.Check(ctx, request)
	if request.Bug == "tokens" {
		check.Program = javasource.Digest(request.Patched)
	}
	return check, err
}

func TestCandidatesAreIdentified(t *testing.T) {
	kept, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const buggy = "int f(int a) {\n  /* adds\n     one */\n  a--;\n  return a;\n}\n" // lines 4 and 5 are fixed by a++
	for name, c := range map[string]struct {
		start, end int32
		text       string
		want       string // by tokens: exact, unchanged, empty
		wantText   string // with texts, where that differs: "other" is neither
	}{
		"the fix":                        {4, 5, "  a++;\n", "exact", ""},
		"the fix with a comment":         {4, 5, "  a++; // adds one\n", "exact", "other"},
		"no change":                      {4, 5, "a--;\n", "unchanged", ""},
		"another program":                {4, 5, "  a += 2;\n", "", ""},
		"no text":                        {4, 5, "", "empty", ""},
		"white space":                    {4, 5, " \n\t\n", "empty", ""},
		"a line comment":                 {4, 5, "  // a++;\n", "empty", "other"},
		"several comments":               {4, 5, "  /* a++; */\n\n  // not so\n", "empty", "other"},
		"a comment that escapes hide":    {4, 5, "\\u002f\\u002f a++;\n", "empty", "other"},
		"a comment before code":          {4, 5, "  // a++;\n  a += 2;\n", "", ""},
		"a comment that is not closed":   {4, 5, "  /* a++;\n", "", ""},
		"a comment mark in a literal":    {4, 5, "  \"//\";\n", "", ""},
		"a semicolon":                    {4, 5, "  ;\n", "", ""},
		"a comment where nothing was":    {4, 4, "  // a++;\n", "unchanged empty", "other"},
		"a comment for a whole method":   {1, 7, "// int f(int a) { return a + 1; }\n", "empty", "other"},
		"text that ends an open comment": {3, 5, "     two */ a++;\n", "exact", "other"},
		"text within a comment":          {3, 4, "     two */\n", "unchanged", "other"},
		"code that a comment took":       {2, 5, "  a++;\n", "exact", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, of := range []string{"tokens", "texts"} {
				bug := &pb.BugRecord{Bug: &pb.Bug{Id: of, Text: buggy, Hunks: []*pb.Span{{Start: 4, End: 5}}}, Fixes: []string{"  a++;\n"}}
				edits := []*pb.Edit{{Start: c.start, End: c.end, Text: c.text}}
				s := &scripted{tried: map[string]int{}, check: pb.CheckResponse{TimeoutMs: 1}}
				patched, err := ApplyEdits(buggy, edits)
				if err != nil {
					t.Fatal(err)
				}
				task := Task{Bug: of, Patch: FileDigest(patched)}
				var got Identity
				_, _, err = s.judging(t, kept, func(j *Judge) {
					j.Benchmark, j.Unsound = reading{s}, map[string]string{of: "for this test nothing needs to run"}
					j.Add(task, buggy, edits)
					if err := j.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
					programs, err := j.Programs(t.Context(), bug)
					if err != nil {
						t.Fatal(err)
					}
					is, err := j.Identify(t.Context(), task, programs)
					if err != nil {
						t.Fatal(err)
					}
					got = is
				})
				if err != nil {
					t.Fatal(err)
				}
				words := c.want
				if of == "texts" && c.wantText != "" {
					words = c.wantText
				}
				want := Identity{
					Program: got.Program, ExactMatch: strings.Contains(words, "exact"),
					Unchanged: strings.Contains(words, "unchanged"), Empty: strings.Contains(words, "empty"),
				}
				if diff := cmp.Diff(want, got); diff != "" || got.Program == "" {
					t.Errorf("by %s (-want +got):\n%s", of, diff)
				}
			}
		})
	}
}
