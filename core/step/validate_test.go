package step

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/extract"
	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
)

// boxless is a benchmark that describes no boxes.
type boxless struct{ judge.Benchmark }

func (boxless) Environments(context.Context, *pb.EnvironmentsRequest) (*pb.EnvironmentsResponse, error) {
	return &pb.EnvironmentsResponse{}, nil
}

// What no patch can be made of is the model's doing, what cannot be applied is not.
func TestWhatIsJudgedOfPatches(t *testing.T) {
	j, err := judge.New(t.Context(), judge.Options{Benchmark: boxless{}})
	if err != nil {
		t.Fatal(err)
	}
	bug := &pb.BugRecord{Bug: &pb.Bug{Id: "B", Text: "failed\nfailed\n"}}
	outputs := []Output{
		{Patch: &Patch{Edits: []Edit{{Start: 1, End: 2, Text: "passed\n"}}}, Published: "plausible"},
		{Patch: &Patch{Edits: []Edit{{Start: 1, End: 2, Text: " \n"}}}},
		{Patch: &Patch{None: "the output holds no method"}},
		{Patch: &Patch{Unplaced: "the method stands elsewhere"}, Published: "wrong"},
		{Patch: &Patch{Edits: []Edit{{Start: 7, End: 9, Text: "passed\n"}}}},
	}
	judged, err := Validate{Extract: extract.None}.patch(t.Context(), nil, bug, &Candidates{Bug: "B", Outputs: outputs}, j)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range judged.Candidates {
		words := []string{c.Verdict.Outcome, c.Verdict.Reason, c.Published}
		if c.Patch != "" {
			words = append(words, "judged")
		}
		got = append(got, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	want := []string{"plausible judged", "judged", "uncompilable", "error " + score.ReasonUnplaced + " wrong", "error " + score.ReasonUnplaced}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
}
