package step

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"harness/core/store"
)

// Oracle proves of each bug, here and with the judge that candidates meet, that
// the buggy file fails and the reference fix passes. It leaves oracle.json, an
// OracleRecord. A bug of which either is not so says nothing about a model: it
// is unsound, and Validate gives none of its candidates a verdict.
type Oracle struct {
	Benchmark Plugin    `json:"benchmark"`
	Data      store.Key `json:"data"` // the fetched benchmark
	Bugs      store.Key `json:"bugs"`
	Sandbox   Sandbox   `json:"sandbox"`
}

// OracleRecord is what was found of a benchmark's bugs on a machine.
type OracleRecord struct {
	Benchmark Plugin      `json:"benchmark"`
	Machine   Machine     `json:"machine"`
	Bugs      []OracleBug `json:"bugs"` // in the benchmark's order
}

// Machine is what of a machine may decide verdicts.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	// Driver of the sandbox that ran; as the study names it, where all verdicts
	// were on record.
	Driver string `json:"driver"`
	// Environments are the digests of the benchmark's boxes, by name.
	Environments map[string]string `json:"environments"`
}

// OracleBug is one bug's.
type OracleBug struct {
	Bug       string  `json:"bug"`
	Buggy     Verdict `json:"buggy"`
	Reference Verdict `json:"reference"`
	// Unsound says why the bug says nothing about a model here; empty: it does.
	Unsound string `json:"unsound,omitempty"`
}

func (Oracle) Kind() string         { return "oracle" }
func (Oracle) Version() int         { return 2 }
func (w Oracle) Needs() []store.Key { return []store.Key{w.Data, w.Bugs} }
func (Oracle) Resource() Resource   { return Judge }

func (w Oracle) Run(ctx context.Context, env *Env, dir string) error {
	bugs, err := ReadBugs(env.Store, w.Bugs)
	if err != nil {
		return err
	}
	j, err := newJudge(ctx, env, w.Benchmark, w.Sandbox, benchmarkData(env.Store, w.Data))
	if err != nil {
		return err
	}
	ids := make([][2]taskID, len(bugs)) // buggy, reference
	for i, b := range bugs {
		fixed, err := fixedText(b)
		if err != nil {
			return fmt.Errorf("bug %s: %w", b.Bug.Id, err)
		}
		ids[i][0] = taskID{bug: b.Bug.Id, patch: fileDigest(b.Bug.Text)}
		ids[i][1] = taskID{bug: b.Bug.Id, patch: fileDigest(fixed), reference: true}
		j.add(ids[i][0], b.Bug.Text, nil)
		j.add(ids[i][1], fixed, nil)
	}
	if err := j.run(ctx); err != nil {
		return err
	}
	record := OracleRecord{Benchmark: w.Benchmark, Machine: j.machine()}
	for i, b := range bugs {
		found := OracleBug{Bug: b.Bug.Id, Buggy: j.verdict(ids[i][0]), Reference: j.verdict(ids[i][1])}
		found.Unsound = found.unsound()
		record.Bugs = append(record.Bugs, found)
	}
	return writeJSON(dir, "oracle.json", record)
}

// unsound says what is wrong with the bug, or nothing.
func (o OracleBug) unsound() string {
	var reasons []string
	switch {
	case o.Buggy.Outcome == "error":
		reasons = append(reasons, "its buggy version could not be judged here"+because(o.Buggy))
	case o.Buggy.Outcome == "passed":
		reasons = append(reasons, "its buggy version passes here")
	}
	switch {
	case o.Reference.Outcome == "error":
		reasons = append(reasons, "its reference fix could not be judged here"+because(o.Reference))
	case o.Reference.Outcome != "passed":
		reasons = append(reasons, "its reference fix does not pass here"+because(o.Reference))
	}
	return strings.Join(reasons, "; ")
}

// because is a verdict as it stands behind what it proves.
func because(v Verdict) string {
	if v.Detail == "" {
		return ": " + v.Outcome
	}
	return ": " + v.Outcome + ": " + v.Detail
}

// Unsound are the bugs that say nothing about a model here, with the reasons.
func (r OracleRecord) Unsound() map[string]string {
	unsound := map[string]string{}
	for _, b := range r.Bugs {
		if b.Unsound != "" {
			unsound[b.Bug] = b.Unsound
		}
	}
	return unsound
}

// unproven are the bugs of which a version could not be judged.
func (r OracleRecord) unproven() map[string]bool {
	unproven := map[string]bool{}
	for _, b := range r.Bugs {
		if b.Buggy.Outcome == "error" || b.Reference.Outcome == "error" {
			unproven[b.Bug] = true
		}
	}
	return unproven
}

// Errors implements [Retryable]: the bugs of which a version could not be judged.
func (Oracle) Errors(s *store.Store, key store.Key) (int64, error) {
	var record OracleRecord
	err := ReadJSON(s, key, "oracle.json", &record)
	return int64(len(record.unproven())), err
}

// machine tells where the judge judged.
func (j *judge) machine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Driver: j.sandbox.Driver, Environments: j.digests}
	if j.pool != nil {
		m.Driver = j.pool.Driver()
	}
	return m
}
