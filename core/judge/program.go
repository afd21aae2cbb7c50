package judge

import (
	"context"
	"fmt"
	"strings"

	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
)

// A program is a patched file as a reader sees it, layout and the like aside.
// What "the like" is, the benchmark says by a digest; where it says nothing,
// texts count, white space aside.
type program struct{ text, digest string } // one of them

func newProgram(text, digest string) program {
	if digest != "" {
		text = ""
	}
	return program{text, digest}
}

// known is what identifies the program in records and tables.
func (p program) known() string {
	if p.digest != "" {
		return p.digest
	}
	return score.Digest(p.text)
}

func (p program) is(other program) bool {
	if p.digest != "" || other.digest != "" {
		return p.digest == other.digest
	}
	return score.ExactMatch(p.text, other.text)
}

// program asks the benchmark which program a text is, or the reference fix.
func (j *Judge) program(ctx context.Context, bug, text string, reference bool) (program, error) {
	check, err := j.Benchmark.Check(ctx, j.request(bug, text, reference))
	if err != nil {
		return program{}, err
	}
	return newProgram(text, check.Program), nil
}

// Programs are the programs that the candidates of a bug are compared with.
type Programs struct {
	reference, unchanged program
	// without are the programs that are left where a patch replaces lines by
	// nothing, by the digest of their text: most candidates of a bug replace the
	// same lines.
	without map[string]program
}

// Programs asks the benchmark which programs a bug's own two versions are.
func (j *Judge) Programs(ctx context.Context, bug *pb.BugRecord) (*Programs, error) {
	fixed, err := FixedText(bug)
	if err != nil {
		return nil, fmt.Errorf("bug %s: %w", bug.Bug.Id, err)
	}
	p := &Programs{without: map[string]program{}}
	if p.reference, err = j.program(ctx, bug.Bug.Id, fixed, true); err != nil {
		return nil, fmt.Errorf("check the reference fix of %s: %w", bug.Bug.Id, err)
	}
	if p.unchanged, err = j.program(ctx, bug.Bug.Id, bug.Bug.Text, false); err != nil {
		return nil, fmt.Errorf("check the unchanged program of %s: %w", bug.Bug.Id, err)
	}
	return p, nil
}

// Identity says which program a candidate is.
type Identity struct {
	Program    string // digest: the benchmark's, or else score.Digest
	ExactMatch bool   // it is the reference fix
	Unchanged  bool   // it is the buggy program
	// Empty: it is the buggy program without the lines that the patch replaces.
	// What the patch inserts is white space, or to the benchmark no part of the
	// program: comments.
	Empty bool
}

// Identify names the program of a judged task, and compares it with those of its bug.
func (j *Judge) Identify(ctx context.Context, id Task, of *Programs) (Identity, error) {
	t := j.tasks[id]
	found := Identity{Program: t.program.known(), ExactMatch: t.program.is(of.reference), Unchanged: t.program.is(of.unchanged)}
	deleted, blank := deletions(t.edits)
	if found.Empty = blank; blank {
		return found, nil
	}
	text, err := ApplyEdits(t.base, deleted)
	if err != nil {
		return Identity{}, fmt.Errorf("bug %s: %w", t.Bug, err)
	}
	digest := FileDigest(text)
	rest, known := of.without[digest]
	if !known {
		if rest, err = j.program(ctx, t.Bug, text, false); err != nil {
			return Identity{}, fmt.Errorf("check the program of %s without the lines that a patch replaces: %w", t.Bug, err)
		}
		of.without[digest] = rest
	}
	found.Empty = t.program.is(rest)
	return found, nil
}

// deletions are edits that insert nothing where the given ones insert a text. Blank: the
// given ones insert nothing but white space themselves.
func deletions(edits []*pb.Edit) (deleted []*pb.Edit, blank bool) {
	blank = true
	for _, e := range edits {
		deleted = append(deleted, &pb.Edit{Start: e.GetStart(), End: e.GetEnd()})
		blank = blank && strings.TrimSpace(e.GetText()) == ""
	}
	return deleted, blank
}
