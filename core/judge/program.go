package judge

import (
	"context"
	"fmt"

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

// Programs compares the candidates of a bug with its reference fix and with its
// unchanged program.
type Programs struct{ reference, unchanged program }

// Programs asks the benchmark which programs a bug's own two versions are.
func (j *Judge) Programs(ctx context.Context, bug *pb.BugRecord) (*Programs, error) {
	fixed, err := FixedText(bug)
	if err != nil {
		return nil, fmt.Errorf("bug %s: %w", bug.Bug.Id, err)
	}
	p := &Programs{}
	if p.reference, err = j.program(ctx, bug.Bug.Id, fixed, true); err != nil {
		return nil, fmt.Errorf("check the reference fix of %s: %w", bug.Bug.Id, err)
	}
	if p.unchanged, err = j.program(ctx, bug.Bug.Id, bug.Bug.Text, false); err != nil {
		return nil, fmt.Errorf("check the unchanged program of %s: %w", bug.Bug.Id, err)
	}
	return p, nil
}

// Program names the program of a judged task, and says whether it is the
// reference fix or the unchanged program of its bug.
func (j *Judge) Program(id Task, of *Programs) (name string, exactMatch, unchanged bool) {
	candidate := j.tasks[id].program
	return candidate.known(), candidate.is(of.reference), candidate.is(of.unchanged)
}
