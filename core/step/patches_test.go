package step

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"harness/core/extract"
	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
)

// family is a model that puts outputs into line 3 as they are.
type family struct{ modelClient }

func (family) Patch(_ context.Context, r *pb.PatchRequest) (*pb.PatchResponse, error) {
	answer := &pb.PatchResponse{}
	for _, output := range r.Outputs {
		answer.Patches = append(answer.Patches, edits(3, 4, output))
	}
	return answer, nil
}

func edits(start, end int32, text string) *pb.Patch {
	return &pb.Patch{Edits: []*pb.Edit{{Start: start, End: end, Text: text}}}
}

func TestPatchesOfExtractedCode(t *testing.T) {
	const (
		plain  = "return a + 1;\n"
		lines  = "Here it is:\n```java\nreturn a + 1;\n```\nor\n```\nreturn 1 + a;\n```\n"
		method = "Here it is:\n```java\nint f(int a) { return a + 1; }\n```\n"
	)
	said := func(p Patch) *Patch { return &p }
	recorded := &Patch{Edits: []Edit{{2, 5, "\n" + method + "\n"}}}
	bug := &pb.Bug{Id: "B", Text: "class C {\n int f(int a) {\n  return a;\n }\n}\n", Language: "java", Function: &pb.Span{Start: 2, End: 5}}
	bare := &pb.Bug{Id: "B", Text: bug.Text, Language: "java"}
	for name, c := range map[string]struct {
		rule   extract.Rule
		bug    *pb.Bug
		output Output
		want   *pb.Patch
		fails  string
	}{
		"all of it":                    {extract.None, bug, Output{Text: lines}, edits(3, 4, lines), ""},
		"first block":                  {extract.CodeBlock, bug, Output{Text: lines}, edits(3, 4, "return a + 1;\n"), ""},
		"last block":                   {extract.LastBlock, bug, Output{Text: lines}, edits(3, 4, "return 1 + a;\n"), ""},
		"no block":                     {extract.CodeBlock, bug, Output{Text: plain}, edits(3, 4, plain), ""},
		"method":                       {extract.Method, bug, Output{Text: method}, edits(2, 5, "int f(int a) { return a + 1; }\n"), ""},
		"no method":                    {extract.Method, bug, Output{Text: lines}, &pb.Patch{None: "the answer holds no whole method"}, ""},
		"no method around the bug":     {extract.Method, bare, Output{Text: method}, &pb.Patch{Unplaced: "no method is known around the bug that a method of the answer could replace"}, ""},
		"another language":             {extract.Method, &pb.Bug{Id: "B", Language: "go"}, Output{Text: method}, nil, `the language of bug B is "go"`},
		"recorded, all of it":          {extract.None, bug, Output{method, 0, 0, "", recorded}, edits(2, 5, "\n"+method+"\n"), ""},
		"recorded, a block":            {extract.CodeBlock, bug, Output{method, 0, 0, "", recorded}, edits(2, 5, "int f(int a) { return a + 1; }\n"), ""},
		"recorded, an empty block":     {extract.CodeBlock, bug, Output{"```\n```", 0, 0, "", recorded}, edits(2, 5, ""), ""},
		"recorded, no block":           {extract.CodeBlock, bug, Output{plain, 0, 0, "", said(Patch{Edits: []Edit{{2, 5, plain}}})}, edits(2, 5, plain), ""},
		"recorded lines, a method":     {extract.Method, bug, Output{method, 0, 0, "", said(Patch{Edits: []Edit{{3, 4, method}}})}, edits(2, 5, "int f(int a) { return a + 1; }\n"), ""},
		"recorded, not placed":         {extract.Method, bug, Output{method, 0, 0, "", said(Patch{Unplaced: "other lines"})}, &pb.Patch{Unplaced: "other lines"}, ""},
		"recorded, no patch":           {extract.CodeBlock, bug, Output{method, 0, 0, "", said(Patch{None: "gave up"})}, &pb.Patch{None: "gave up"}, ""},
		"recorded, in several places":  {extract.CodeBlock, bug, Output{method, 0, 0, "", said(Patch{Edits: []Edit{{1, 2, "a"}, {3, 4, "b"}}})}, nil, "candidate 1 of bug B replaces lines in 2 places"},
		"several places, and no block": {extract.CodeBlock, bug, Output{plain, 0, 0, "", said(Patch{Edits: []Edit{{1, 2, "a"}, {3, 4, "b"}}})}, &pb.Patch{Edits: []*pb.Edit{{Start: 1, End: 2, Text: "a"}, {Start: 3, End: 4, Text: "b"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			patches, err := Validate{Extract: c.rule}.patches(t.Context(), family{}, c.bug, &Candidates{Bug: "B", Outputs: []Output{c.output}})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("got %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]*pb.Patch{c.want}, patches, protocmp.Transform()); diff != "" {
				t.Errorf("patches (-want +got):\n%s", diff)
			}
		})
	}
}

// Answers with fences are counted where nothing is extracted from them.
func TestFencedAnswersAreMarked(t *testing.T) {
	j, err := judge.New(t.Context(), judge.Options{Benchmark: boxless{}})
	if err != nil {
		t.Fatal(err)
	}
	bug := &pb.BugRecord{Bug: &pb.Bug{Id: "B", Text: "1\n2\n3\n"}}
	outputs := []Output{{Text: "a;\n"}, {Text: "```\na;\n```"}, {Text: "Use `a`."}, {Text: "```\nb"}}
	for rule, want := range map[extract.Rule]string{extract.None: "[false true false true]", extract.CodeBlock: "[false false false false]"} {
		judged, err := Validate{Extract: rule}.patch(t.Context(), family{}, bug, &Candidates{Bug: "B", Outputs: outputs}, j)
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, c := range judged.Candidates {
			got = append(got, c.Fenced)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", rule, got, want)
		}
	}
}
