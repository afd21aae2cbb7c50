package step

import (
	"context"
	"fmt"
	"strings"

	"harness/core/judge"
)

// Baseline judges both versions of each bug, here and as candidates are judged:
// the buggy file must fail and the reference fix must pass. It leaves
// baseline.json, a BaselineRecord. A bug that fails either check tells us
// nothing about a model: it is unsound, and Validate gives none of its
// candidates a verdict. So is a bug that the benchmark itself calls unsound,
// which nothing is run for.
type Baseline struct {
	Benchmark Plugin        `json:"benchmark"`
	Data      ID            `json:"-"` // the fetched benchmark
	Bugs      ID            `json:"-"`
	Sandbox   judge.Sandbox `json:"sandbox"`
}

// BaselineRecord is what was found about a benchmark's bugs on a machine.
type BaselineRecord struct {
	Benchmark Plugin        `json:"benchmark"`
	Machine   Machine       `json:"machine"`
	Boxes     judge.Boxes   `json:"boxes"`
	Bugs      []BaselineBug `json:"bugs"` // in the benchmark's order
}

// BaselineBug is one bug's. A bug that the benchmark calls unsound has no verdicts.
type BaselineBug struct {
	Bug       string        `json:"bug"`
	Buggy     judge.Verdict `json:"buggy,omitzero"`
	Reference judge.Verdict `json:"reference,omitzero"`
	// Unsound says why the bug says nothing about a model here; empty: it does.
	Unsound string `json:"unsound,omitempty"`
}

func (Baseline) Kind() string       { return "baseline" }
func (Baseline) Version() int       { return 1 }
func (Baseline) Resource() Resource { return Judge }

func (w Baseline) Inputs() []Input {
	return []Input{{Name: "data", Step: w.Data}, {Name: "bugs", Step: w.Bugs}}
}

const baselineFile = "baseline.json"

// unsoundPart is the part of a baseline step on which verdicts depend.
const unsoundPart = "unsound"

// Parts implements [Divisible].
func (Baseline) Parts(dir string) (map[string]string, error) {
	var record BaselineRecord
	if err := readResult(dir, baselineFile, &record); err != nil {
		return nil, err
	}
	part, err := partOf([]any{record.Unsound(), record.unproven()})
	return map[string]string{unsoundPart: part}, err
}

func (w Baseline) Run(ctx context.Context, env *Env, dir string) error {
	bugs, err := ReadBugs(env.Results, w.Bugs)
	if err != nil {
		return err
	}
	j, err := env.newJudge(ctx, w.Benchmark, w.Sandbox, w.Data, nil)
	if err != nil {
		return err
	}
	ids := make([][2]judge.Task, len(bugs)) // buggy, reference
	for i, b := range bugs {
		if b.Unsound != "" {
			continue
		}
		fixed, err := judge.FixedText(b)
		if err != nil {
			return fmt.Errorf("bug %s: %w", b.Bug.Id, err)
		}
		ids[i][0] = judge.Task{Bug: b.Bug.Id, Patch: judge.FileDigest(b.Bug.Text)}
		ids[i][1] = judge.Task{Bug: b.Bug.Id, Patch: judge.FileDigest(fixed), Reference: true}
		j.Add(ids[i][0], b.Bug.Text, nil)
		j.Add(ids[i][1], fixed, nil)
	}
	if err := j.Run(ctx); err != nil {
		return err
	}
	boxes, err := j.Boxes(ctx)
	if err != nil {
		return err
	}
	env.noteBoxes(boxes)
	record := BaselineRecord{Benchmark: w.Benchmark, Machine: thisMachine(), Boxes: boxes}
	for i, b := range bugs {
		found := BaselineBug{Bug: b.Bug.Id, Unsound: b.Unsound}
		if found.Unsound == "" {
			found.Buggy, found.Reference = j.Verdict(ids[i][0]), j.Verdict(ids[i][1])
			found.Unsound = found.unsound()
		}
		record.Bugs = append(record.Bugs, found)
	}
	return writeJSON(dir, baselineFile, record)
}

// unsound says what is wrong with the bug, or nothing.
func (o BaselineBug) unsound() string {
	if o.Buggy.Outcome == "error" && o.Reference == o.Buggy { // for one reason, such as a reference fix that is too slow
		return "neither of its versions could be judged here" + describeVerdict(o.Buggy)
	}
	var reasons []string
	switch {
	case o.Buggy.Outcome == "error":
		reasons = append(reasons, "its buggy version could not be judged here"+describeVerdict(o.Buggy))
	case o.Buggy.Outcome == "passed":
		reasons = append(reasons, "its buggy version passes here")
	}
	switch {
	case o.Reference.Outcome == "error":
		reasons = append(reasons, "its reference fix could not be judged here"+describeVerdict(o.Reference))
	case o.Reference.Outcome != "passed":
		reasons = append(reasons, "its reference fix does not pass here"+describeVerdict(o.Reference))
	}
	return strings.Join(reasons, "; ")
}

// describeVerdict is a verdict as it stands behind what it proves.
func describeVerdict(v judge.Verdict) string {
	if v.Detail == "" {
		return ": " + v.Outcome
	}
	return ": " + v.Outcome + ": " + v.Detail
}

// ReadBaseline reads what a finished Baseline step left.
func ReadBaseline(r *Results, id ID) (BaselineRecord, error) {
	var record BaselineRecord
	err := r.ReadJSON(id, baselineFile, &record)
	return record, err
}

// Unsound are the bugs that say nothing about a model here, with the reasons.
func (r BaselineRecord) Unsound() map[string]string {
	unsound := map[string]string{}
	for _, b := range r.Bugs {
		if b.Unsound != "" {
			unsound[b.Bug] = b.Unsound
		}
	}
	return unsound
}

// unproven are the bugs that have a version which could not be judged.
func (r BaselineRecord) unproven() map[string]bool {
	unproven := map[string]bool{}
	for _, b := range r.Bugs {
		if b.Buggy.Outcome == "error" || b.Reference.Outcome == "error" {
			unproven[b.Bug] = true
		}
	}
	return unproven
}

// Errors implements [Retryable]: it counts the bugs that have a version which
// could not be judged.
func (Baseline) Errors(r *Results, id ID) (int64, error) {
	record, err := ReadBaseline(r, id)
	return int64(len(record.unproven())), err
}

// newJudge gives a step its judge. Baseline is what was found about the bugs;
// nil: nothing yet.
func (e *Env) newJudge(ctx context.Context, plugin Plugin, box judge.Sandbox, data ID, baseline *BaselineRecord) (*judge.Judge, error) {
	benchmark, err := e.Plugins.Benchmark(ctx, plugin.Name)
	if err != nil {
		return nil, err
	}
	records, err := e.Store.Records("verdict")
	if err != nil {
		return nil, err
	}
	dir, err := benchmarkData(ctx, e.Results, data)
	if err != nil {
		return nil, err
	}
	o := judge.Options{
		Benchmark: benchmark, Pin: plugin.Bare(), Name: plugin.Name, Config: plugin.Config, Identity: plugin.Identity,
		Data: dir, Sandbox: box, Records: records, Open: e.Judge, Workers: e.Workers, Exclusive: e.Judging,
		Progress: func(done, total int64) { e.Progress(done, total, "patches") },
	}
	if baseline != nil {
		o.Unsound, o.Unproven = baseline.Unsound(), baseline.unproven()
	}
	return judge.New(ctx, o)
}
