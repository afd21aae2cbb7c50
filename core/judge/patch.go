package judge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	pb "harness/core/protocol/harnesspb"
)

// CheckBug refuses records whose lines do not fit their file, so that what
// follows may slice without looking. A record that says why the bug cannot be
// judged may lack everything but its id.
func CheckBug(r *pb.BugRecord) error {
	b := r.GetBug()
	if b.GetId() == "" {
		return errors.New("a bug has no id")
	}
	if b.Text == "" && r.Unsound == "" {
		return fmt.Errorf("bug %s has no text", b.Id)
	}
	lines := int32(len(SplitLines(b.Text)))
	if len(b.Hunks) != len(r.Fixes) || len(b.Hunks) == 0 && r.Unsound == "" {
		return fmt.Errorf("bug %s has %d hunks and %d fixes", b.Id, len(b.Hunks), len(r.Fixes))
	}
	next := int32(1)
	for _, h := range b.Hunks {
		if h.GetStart() < next || h.GetEnd() < h.GetStart() || h.GetEnd() > lines+1 {
			return fmt.Errorf("bug %s: hunk of lines %d to %d does not fit a file of %d lines", b.Id, h.GetStart(), h.GetEnd(), lines)
		}
		next = h.End
	}
	if f := b.Function; f != nil {
		if f.Start < 1 || f.End < f.Start || f.End > lines+1 {
			return fmt.Errorf("bug %s: function of lines %d to %d does not fit a file of %d lines", b.Id, f.Start, f.End, lines)
		}
		for _, h := range b.Hunks {
			if h.Start < f.Start || h.End > f.End {
				return fmt.Errorf("bug %s: function of lines %d to %d does not hold the hunk of lines %d to %d", b.Id, f.Start, f.End, h.Start, h.End)
			}
		}
	}
	for i, m := range r.Methods {
		if m.GetBuggy() == "" && m.GetFixed() == "" {
			return fmt.Errorf("bug %s: the method at place %d is empty before and after the fix", b.Id, i)
		}
	}
	return nil
}

// SplitLines cuts text behind each line end; the last line may lack its own.
func SplitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// ApplyEdits replaces lines of text. Edits come from plugins, which got raw
// model output: ranges that do not fit or overlap are errors.
func ApplyEdits(text string, edits []*pb.Edit) (string, error) {
	lines := SplitLines(text)
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b *pb.Edit) int { return int(a.GetStart()) - int(b.GetStart()) })
	var out strings.Builder
	next := 1
	for _, e := range edits {
		start, end := int(e.GetStart()), int(e.GetEnd())
		if start < next || end < start || end > len(lines)+1 {
			return "", fmt.Errorf("edit of lines %d to %d does not fit a file of %d lines", start, end, len(lines))
		}
		for _, line := range lines[next-1 : start-1] {
			out.WriteString(line)
		}
		out.WriteString(e.Text)
		next = end
	}
	for _, line := range lines[next-1:] {
		out.WriteString(line)
	}
	return out.String(), nil
}

// FixedText is the buggy file with the reference fix applied.
func FixedText(r *pb.BugRecord) (string, error) {
	edits := make([]*pb.Edit, len(r.Bug.Hunks))
	for i, h := range r.Bug.Hunks {
		edits[i] = &pb.Edit{Start: h.Start, End: h.End, Text: r.Fixes[i]}
	}
	return ApplyEdits(r.Bug.Text, edits)
}
