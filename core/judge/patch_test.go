package judge

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	pb "harness/core/protocol/harnesspb"
)

func TestApplyEdits(t *testing.T) {
	const text = "one\ntwo\nthree\n"
	for name, c := range map[string]struct {
		edits []*pb.Edit
		want  string
		fails bool
	}{
		"nothing":             {nil, text, false},
		"replace":             {[]*pb.Edit{{Start: 2, End: 3, Text: "2\n"}}, "one\n2\nthree\n", false},
		"delete":              {[]*pb.Edit{{Start: 1, End: 3}}, "three\n", false},
		"insert before":       {[]*pb.Edit{{Start: 1, End: 1, Text: "zero\n"}}, "zero\none\ntwo\nthree\n", false},
		"append":              {[]*pb.Edit{{Start: 4, End: 4, Text: "four\n"}}, "one\ntwo\nthree\nfour\n", false},
		"two, out of order":   {[]*pb.Edit{{Start: 3, End: 4, Text: "3\n"}, {Start: 1, End: 2, Text: "1\n"}}, "1\ntwo\n3\n", false},
		"overlap":             {[]*pb.Edit{{Start: 1, End: 3}, {Start: 2, End: 4}}, "", true},
		"beyond the end":      {[]*pb.Edit{{Start: 3, End: 6}}, "", true},
		"before the start":    {[]*pb.Edit{{Start: 0, End: 1}}, "", true},
		"end before start":    {[]*pb.Edit{{Start: 3, End: 2}}, "", true},
		"an edit that is nil": {[]*pb.Edit{nil}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ApplyEdits(text, c.edits)
			if (err != nil) != c.fails || got != c.want {
				t.Errorf("%q, %v; want %q, an error: %v", got, err, c.want, c.fails)
			}
		})
	}
}

// TestReplacingLinesByThemselvesChangesNothing holds for any text and range.
func TestReplacingLinesByThemselvesChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-c]{0,3}`), 1, 8).Draw(t, "lines"), "\n")
		lines := SplitLines(text)
		if strings.Join(lines, "") != text {
			t.Fatalf("%q was split into %q", text, lines)
		}
		start := rapid.IntRange(1, len(lines)+1).Draw(t, "start")
		end := rapid.IntRange(start, len(lines)+1).Draw(t, "end")
		got, err := ApplyEdits(text, []*pb.Edit{{Start: int32(start), End: int32(end), Text: strings.Join(lines[start-1:end-1], "")}})
		if err != nil || got != text {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
	})
}

func TestCheckBugRefusesWhatDoesNotFit(t *testing.T) {
	fine := func() *pb.BugRecord {
		return &pb.BugRecord{Bug: &pb.Bug{Id: "B", Text: "a\nb\nc\n", Hunks: []*pb.Span{{Start: 2, End: 3}}, Function: &pb.Span{Start: 1, End: 4}}, Fixes: []string{"B\n"}}
	}
	if err := CheckBug(fine()); err != nil {
		t.Fatal(err)
	}
	// A bug that cannot be judged may lack what is not known.
	for _, r := range []*pb.BugRecord{
		{Bug: &pb.Bug{Id: "B"}, Unsound: "it has no text"}, {Bug: &pb.Bug{Id: "B", Text: "a\n"}, Unsound: "it has no fix"},
	} {
		if err := CheckBug(r); err != nil {
			t.Error(err)
		}
	}
	for name, spoil := range map[string]func(*pb.BugRecord){
		"an unsound hunk without a text": func(r *pb.BugRecord) { r.Unsound, r.Bug.Text = "it has no test", "" },
		"an unsound hunk without a fix":  func(r *pb.BugRecord) { r.Unsound, r.Fixes = "it has no test", nil },
		"no bug":                         func(r *pb.BugRecord) { r.Bug = nil },
		"no id":                          func(r *pb.BugRecord) { r.Bug.Id = "" },
		"no text":                        func(r *pb.BugRecord) { r.Bug.Text = "" },
		"no hunk":                        func(r *pb.BugRecord) { r.Bug.Hunks = nil },
		"more fixes than hunks":          func(r *pb.BugRecord) { r.Fixes = append(r.Fixes, "") },
		"hunk beyond the file":           func(r *pb.BugRecord) { r.Bug.Hunks[0].End = 9 },
		"hunk before the file":           func(r *pb.BugRecord) { r.Bug.Hunks[0].Start = 0 },
		"hunk that is nil":               func(r *pb.BugRecord) { r.Bug.Hunks[0] = nil },
		"function beyond the file":       func(r *pb.BugRecord) { r.Bug.Function.End = 9 },
		"function behind its hunk":       func(r *pb.BugRecord) { r.Bug.Function.Start = 3 },
		"function before its hunk":       func(r *pb.BugRecord) { r.Bug.Function.End = 2 },
		"method of no text":              func(r *pb.BugRecord) { r.Methods = []*pb.Method{{}} },
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			spoil(r)
			if CheckBug(r) == nil {
				t.Error("it was taken")
			}
		})
	}
}
