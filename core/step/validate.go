package step

import (
	"context"
	"errors"
	"fmt"

	"harness/core/extract"
	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
)

// Validate judges every candidate of a generate step. It leaves
// verdicts.jsonl, a line a bug, and judging.json, which counts how the verdicts
// were found. Each verdict is also a record of its own, keyed
// by bug, patched text and sandbox: no patch is run twice.
type Validate struct {
	Model      Plugin       `json:"model"`   // turns answers into patches
	Extract    extract.Rule `json:"extract"` // the code in an answer
	Options    Options      `json:"options"`
	Benchmark  Plugin       `json:"benchmark"`
	Data       ID           `json:"-"` // the fetched benchmark
	Bugs       ID           `json:"-"`
	Candidates ID           `json:"-"`
	// Baseline says which bugs have no verdicts here.
	Baseline ID            `json:"-"`
	Sandbox  judge.Sandbox `json:"sandbox"`
}

// Judged is a line of verdicts.jsonl.
type Judged struct {
	Bug        string            `json:"bug"`
	Refused    string            `json:"refused,omitempty"`
	Unsound    string            `json:"unsound,omitempty"` // why there are no verdicts; see Baseline
	Unrecorded bool              `json:"unrecorded,omitempty"`
	Candidates []JudgedCandidate `json:"candidates"`
}

// JudgedCandidate stands at its rank.
type JudgedCandidate struct {
	judge.Verdict
	Patch string `json:"patch,omitempty"` // digest of the patched file
	// These four are a judge.Identity.
	Program    string `json:"program,omitempty"`
	Empty      bool   `json:"empty,omitempty"`
	ExactMatch bool   `json:"exact_match,omitempty"`
	Unchanged  bool   `json:"unchanged,omitempty"`
	Published  string `json:"published,omitempty"`
	// Fenced: the answer holds a Markdown fence, and all of it was taken for code.
	Fenced bool `json:"fenced,omitempty"`
}

func (Validate) Kind() string       { return "validate" }
func (Validate) Version() int       { return 6 }
func (Validate) Resource() Resource { return Judge }

func (w Validate) Inputs() []Input {
	return []Input{
		{Name: "data", Step: w.Data}, {Name: "bugs", Step: w.Bugs},
		{"candidates", w.Candidates, answersPart}, {"baseline", w.Baseline, unsoundPart},
	}
}

func (w Validate) Run(ctx context.Context, env *Env, dir string) (err error) {
	model, err := env.Plugins.Model(ctx, w.Model.Name)
	if err != nil {
		return err
	}
	baseline, err := ReadBaseline(env.Results, w.Baseline)
	if err != nil {
		return err
	}
	j, err := env.newJudge(ctx, w.Benchmark, w.Sandbox, w.Data, &baseline)
	if err != nil {
		return err
	}
	list, err := ReadBugs(env.Results, w.Bugs)
	if err != nil {
		return err
	}
	bugs := map[string]*pb.BugRecord{}
	for _, r := range list {
		bugs[r.Bug.Id] = r
	}
	answered := map[string]*Judged{}
	err = readLines(env.Results, w.Candidates, candidatesFile, func(c *Candidates) error {
		if bugs[c.Bug] == nil {
			return fmt.Errorf("candidates reference an unknown bug, %s", c.Bug)
		}
		answered[c.Bug], err = w.patch(ctx, model, bugs[c.Bug], c, j)
		return err
	})
	if err != nil {
		return err
	}
	var all []*Judged
	for _, r := range list {
		judged := answered[r.Bug.Id]
		switch {
		case judged != nil:
		case r.Unsound == "":
			return fmt.Errorf("there is no answer to bug %s", r.Bug.Id)
		default: // no model was asked about it
			judged = &Judged{Bug: r.Bug.Id, Unsound: r.Unsound, Candidates: []JudgedCandidate{}}
		}
		all = append(all, judged)
	}
	if err := j.Run(ctx); err != nil {
		return err
	}
	boxes, err := j.Boxes(ctx)
	if err != nil {
		return err
	}
	env.noteBoxes(boxes)
	if err := writeJSON(dir, "judging.json", j.Counts()); err != nil {
		return err
	}
	out, err := createLines(dir, "verdicts.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	for _, judged := range all {
		if len(judged.Candidates) > 0 {
			if err := identify(ctx, j, bugs[judged.Bug], judged); err != nil {
				return err
			}
		}
		for i := range judged.Candidates {
			switch c := &judged.Candidates[i]; {
			case judged.Unsound != "": // whether there is a patch or not
				c.Verdict = judge.Verdict{Outcome: "error", Detail: judged.Unsound}
			case c.Patch != "":
				c.Verdict = j.Verdict(judge.Task{Bug: judged.Bug, Patch: c.Patch})
			}
		}
		if err := out.write(judged); err != nil {
			return err
		}
	}
	return nil
}

// Errors implements [Retryable]: the patches that could not be judged.
func (Validate) Errors(r *Results, id ID) (int64, error) {
	var counts map[string]int64
	err := r.ReadJSON(id, "judging.json", &counts)
	return counts["errors"], err
}

// patch turns one bug's outputs into patched programs and hands them to the
// judge.
func (w Validate) patch(ctx context.Context, model modelClient, bug *pb.BugRecord, c *Candidates, j *judge.Judge) (*Judged, error) {
	judged := &Judged{Bug: c.Bug, Refused: c.Refused, Unsound: j.Unsound[c.Bug], Unrecorded: c.Unrecorded, Candidates: []JudgedCandidate{}}
	if len(c.Outputs) == 0 {
		return judged, nil
	}
	patches, err := w.patches(ctx, model, bug.Bug, c)
	if err != nil {
		return nil, err
	}
	for i, p := range patches {
		candidate := JudgedCandidate{Published: c.Outputs[i].Published, Fenced: w.Extract == extract.None && len(extract.Blocks(c.Outputs[i].Text)) > 0}
		text, err := judge.ApplyEdits(bug.Bug.Text, p.GetEdits())
		switch {
		case p.GetUnplaced() != "":
			candidate.Verdict = judge.Unplaced(p.Unplaced)
		case p.GetNone() != "":
			candidate.Verdict = judge.Verdict{Outcome: "uncompilable", Detail: "no patch: " + p.None}
		case err != nil: // the plugin's mistake
			candidate.Verdict = judge.Unplaced(err.Error())
		default:
			candidate.Patch = judge.FileDigest(text)
			j.Add(judge.Task{Bug: c.Bug, Patch: candidate.Patch}, bug.Bug.Text, p.GetEdits())
		}
		judged.Candidates = append(judged.Candidates, candidate)
	}
	return judged, nil
}

// identify says which programs a bug's judged candidates are.
func identify(ctx context.Context, j *judge.Judge, bug *pb.BugRecord, judged *Judged) error {
	programs, err := j.Programs(ctx, bug)
	if err != nil {
		return err
	}
	for i := range judged.Candidates {
		c := &judged.Candidates[i]
		if c.Patch == "" {
			continue
		}
		is, err := j.Identify(ctx, judge.Task{Bug: judged.Bug, Patch: c.Patch}, programs)
		if err != nil {
			return err
		}
		c.Program, c.ExactMatch, c.Unchanged, c.Empty = is.Program, is.ExactMatch, is.Unchanged, is.Empty
	}
	return nil
}
