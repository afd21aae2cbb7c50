package step

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
func (j *judge) program(ctx context.Context, bug, text string, reference bool) (program, error) {
	check, err := j.benchmark.Check(ctx, j.request(bug, text, reference))
	if err != nil {
		return program{}, err
	}
	return newProgram(text, check.Program), nil
}

// identify names the programs of a bug's judged candidates, and finds those
// that are the reference fix or no change at all.
func (j *judge) identify(ctx context.Context, bug *pb.BugRecord, judged *Judged) error {
	fixed, err := fixedText(bug)
	if err != nil {
		return fmt.Errorf("bug %s: %w", bug.Bug.Id, err)
	}
	reference, err := j.program(ctx, bug.Bug.Id, fixed, true)
	if err != nil {
		return fmt.Errorf("check the reference fix of %s: %w", bug.Bug.Id, err)
	}
	unchanged, err := j.program(ctx, bug.Bug.Id, bug.Bug.Text, false)
	if err != nil {
		return fmt.Errorf("check the unchanged program of %s: %w", bug.Bug.Id, err)
	}
	for i := range judged.Candidates {
		c := &judged.Candidates[i]
		if c.Patch == "" {
			continue
		}
		candidate := j.tasks[taskID{bug: judged.Bug, patch: c.Patch}].program
		c.Program = candidate.known()
		c.ExactMatch = candidate.is(reference)
		c.Unchanged = candidate.is(unchanged)
	}
	return nil
}
