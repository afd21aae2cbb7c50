package step

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
	"harness/core/store"
)

// Validate judges every candidate of a generate step. It leaves
// verdicts.jsonl, a line a bug, and judging.json, which counts how the verdicts
// were found. Each verdict is also a record of its own, keyed
// by bug, patched text and sandbox: no patch is run twice.
type Validate struct {
	Model      Plugin    `json:"model"` // turns raw output into patches
	Options    Options   `json:"options"`
	Benchmark  Plugin    `json:"benchmark"`
	Data       store.Key `json:"data"` // the fetched benchmark
	Bugs       store.Key `json:"bugs"`
	Candidates store.Key `json:"candidates"`
	// Oracle says which bugs have no verdicts here.
	Oracle  store.Key `json:"oracle"`
	Sandbox Sandbox   `json:"sandbox"`
}

// Sandbox is what of the sandbox decides a verdict.
type Sandbox struct {
	// Driver as the study names it: with "auto" it says that either will do,
	// and finished work stays finished when an engine comes or goes.
	Driver string  `json:"driver"`
	Memory int64   `json:"memory_bytes,omitempty"` // 0: the benchmark's own limit
	CPUs   float64 `json:"cpus,omitempty"`
	// Timeout of one run of a candidate's tests, on the wall clock; 0: the
	// benchmark's own.
	Timeout time.Duration `json:"timeout_ns,omitempty"`
}

// Verdict is one candidate's; a record, and part of verdicts.jsonl.
type Verdict struct {
	Outcome string `json:"outcome"`          // passed, failed, uncompilable, timeout, crashed, error
	Reason  string `json:"reason,omitempty"` // limit, interface, memory, platform, unplaced; see score.Outcome
	Detail  string `json:"detail,omitempty"`
}

// Judged is a line of verdicts.jsonl.
type Judged struct {
	Bug        string            `json:"bug"`
	Refused    string            `json:"refused,omitempty"`
	Unsound    string            `json:"unsound,omitempty"` // why there are no verdicts; see Oracle
	Candidates []JudgedCandidate `json:"candidates"`
}

// JudgedCandidate stands at its rank.
type JudgedCandidate struct {
	Verdict
	Patch      string `json:"patch,omitempty"`       // digest of the patched file
	Program    string `json:"program,omitempty"`     // digest of the program: the benchmark's, else score.Digest
	Empty      bool   `json:"empty,omitempty"`       // the patch inserts nothing
	ExactMatch bool   `json:"exact_match,omitempty"` // the program is the reference fix
	Unchanged  bool   `json:"unchanged,omitempty"`   // it is the buggy program
	Published  string `json:"published,omitempty"`
}

func (Validate) Kind() string         { return "validate" }
func (Validate) Version() int         { return 4 }
func (w Validate) Needs() []store.Key { return []store.Key{w.Data, w.Bugs, w.Candidates, w.Oracle} }
func (Validate) Resource() Resource   { return Judge }

func (w Validate) Run(ctx context.Context, env *Env, dir string) (err error) {
	model, err := env.Plugins.Model(ctx, w.Model.Name)
	if err != nil {
		return err
	}
	j, err := newJudge(ctx, env, w.Benchmark, w.Sandbox, benchmarkData(env.Store, w.Data))
	if err != nil {
		return err
	}
	var oracle OracleRecord
	if err := ReadJSON(env.Store, w.Oracle, "oracle.json", &oracle); err != nil {
		return err
	}
	j.unsound, j.unproven = oracle.Unsound(), oracle.unproven()
	bugs := map[string]*pb.BugRecord{}
	err = readLines(env.Store, w.Bugs, "bugs.jsonl", func(r *pb.BugRecord) error {
		bugs[r.Bug.Id] = r
		return nil
	})
	if err != nil {
		return err
	}
	var all []*Judged
	err = readLines(env.Store, w.Candidates, "candidates.jsonl", func(c *Candidates) error {
		if bugs[c.Bug] == nil {
			return fmt.Errorf("candidates name the bug %s, which the benchmark has not", c.Bug)
		}
		judged, err := w.patch(ctx, model, bugs[c.Bug], c, j)
		all = append(all, judged)
		return err
	})
	if err != nil {
		return err
	}
	if err := j.run(ctx); err != nil {
		return err
	}
	if err := writeJSON(dir, "judging.json", j.counts()); err != nil {
		return err
	}
	out, err := createLines(dir, "verdicts.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	for _, judged := range all {
		if len(judged.Candidates) > 0 {
			if err := j.identify(ctx, bugs[judged.Bug], judged); err != nil {
				return err
			}
		}
		for i := range judged.Candidates {
			switch c := &judged.Candidates[i]; {
			case judged.Unsound != "": // whether there is a patch or not
				c.Verdict = Verdict{Outcome: "error", Detail: judged.Unsound}
			case c.Patch != "":
				c.Verdict = j.verdict(taskID{bug: judged.Bug, patch: c.Patch})
			}
		}
		if err := out.write(judged); err != nil {
			return err
		}
	}
	return nil
}

// Errors implements [Retryable]: the patches that could not be judged.
func (Validate) Errors(s *store.Store, key store.Key) (int64, error) {
	var counts map[string]int64
	err := ReadJSON(s, key, "judging.json", &counts)
	return counts["errors"], err
}

// patch turns one bug's outputs into patched programs and hands them to the
// judge.
func (w Validate) patch(ctx context.Context, model modelClient, bug *pb.BugRecord, c *Candidates, j *judge) (*Judged, error) {
	judged := &Judged{Bug: c.Bug, Refused: c.Refused, Unsound: j.unsound[c.Bug], Candidates: []JudgedCandidate{}}
	if len(c.Outputs) == 0 {
		return judged, nil
	}
	patches, err := w.patches(ctx, model, bug.Bug, c)
	if err != nil {
		return nil, err
	}
	for i, p := range patches {
		candidate := JudgedCandidate{Published: c.Outputs[i].Published}
		text, err := ApplyEdits(bug.Bug.Text, p.GetEdits())
		switch {
		case p.GetUnplaced() != "":
			candidate.Verdict = unplaced(p.Unplaced)
		case p.GetNone() != "":
			candidate.Verdict = Verdict{Outcome: "uncompilable", Detail: "no patch: " + p.None}
		case err != nil: // the plugin's mistake
			candidate.Verdict = unplaced(err.Error())
		default:
			candidate.Patch = fileDigest(text)
			candidate.Empty = insertsNothing(p.Edits)
			j.add(taskID{bug: c.Bug, patch: candidate.Patch}, bug.Bug.Text, p.GetEdits())
		}
		judged.Candidates = append(judged.Candidates, candidate)
	}
	return judged, nil
}

// patches says what one bug's outputs do to the buggy file: as the model said
// when it answered, or as it says now.
func (w Validate) patches(ctx context.Context, model modelClient, bug *pb.Bug, c *Candidates) ([]*pb.Patch, error) {
	var said []*pb.Patch
	outputs := make([]string, len(c.Outputs))
	for i, o := range c.Outputs {
		outputs[i] = o.Text
		if o.Patch != nil {
			said = append(said, o.Patch.message())
		}
	}
	if len(said) == len(outputs) {
		return said, nil
	}
	answer, err := model.Patch(ctx, &pb.PatchRequest{Config: w.Model.Config, Options: w.Options.message(), Bug: shown([]*pb.Bug{bug})[0], Outputs: outputs})
	if err != nil {
		return nil, err
	}
	if len(answer.Patches) != len(outputs) {
		return nil, fmt.Errorf("model %s made %d patches of %d outputs for bug %s", w.Model.Name, len(answer.Patches), len(outputs), c.Bug)
	}
	return answer.Patches, nil
}

// unplaced is the verdict on a patch that cannot be applied for a reason that is
// not the model's: it says nothing about the candidate, and judging again would
// not help.
func unplaced(why string) Verdict {
	return Verdict{Outcome: "error", Reason: score.ReasonUnplaced, Detail: "not placed: " + why}
}

func insertsNothing(edits []*pb.Edit) bool {
	for _, e := range edits {
		if strings.TrimSpace(e.Text) != "" {
			return false
		}
	}
	return true
}
