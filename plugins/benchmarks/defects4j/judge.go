package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
	"harness/plugins/benchmarks/java"
)

const (
	heapMiB = 1024
	// leastWall is the least that a bug's tests are given; those that take long get
	// a multiple of what they took when the bug was exported.
	leastWall, wallFactor = 5 * time.Minute, 10
)

// Check compiles the patched file against the project and runs the relevant
// tests, in the order of how soon they tell.
func (defects4j) Check(_ context.Context, request *benchmark.CheckRequest) (*benchmark.CheckResponse, error) {
	b, err := open(request.GetDir(), request.GetBug())
	if err != nil {
		return nil, err
	}
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	if c.Source == "" && !c.Quick {
		return b.confirm(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
	}
	return b.quick(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
}

// quick asks the Java service.
func (b *bug) quick(c config, patched string, reference bool, limitMs int64) (*benchmark.CheckResponse, error) {
	buggy, _, err := b.text("buggy", b.Path)
	if err != nil {
		return nil, err
	}
	tests := b.Tests
	if len(tests) == 0 { // there is a Problem, which the verdict will name
		tests = b.Properties.RelevantTests
	}
	p := java.Program{
		Path: b.Path, Text: patched, Reference: b.fixedText(buggy),
		Tests: tests, HeapMiB: heapMiB, Wall: b.wall(limitMs),
		Project: &java.Project{
			Tree: projectTarget, Original: buggy,
			Options:  b.compilerOptions(),
			Env:      map[string]string{"TZ": b.Properties.TimeZone},
			Forgiven: *b.Properties.FixedFailures, Known: *b.Properties.BuggyFailures, Lax: c.Laxer,
		},
	}
	for _, place := range append(b.classes(), b.Paths.Libraries...) {
		p.Classpath = append(p.Classpath, place.Box)
	}
	for _, dir := range b.sourceDirs() {
		p.Project.Sources = append(p.Project.Sources, path.Join(projectTarget, dir))
	}
	if reference && len(b.Others) > 0 {
		// Everything is compiled, with all files that the fix changes.
		p.Project.Original = ""
		if p.Files, err = b.otherFixes(); err != nil {
			return nil, err
		}
	}
	check, err := java.Check(p)
	if err != nil {
		return nil, fmt.Errorf("bug %s: %w", b.ID, err)
	}
	if c.Source == "" {
		check.Stage = quickStage // a pass is not the last word, as it is of exported bugs
	}
	check.Mounts = b.mounts()
	check.Program = b.program(javasource.Digest(patched), reference)
	return check, nil
}

// sourceDirs are the folders that are compiled where a candidate changes what
// others compile against. Tests that do not compile are not among them.
func (b *bug) sourceDirs() []string {
	dirs := []string{b.Properties.SourceDir}
	if b.Properties.TestDir != "" && !b.Paths.Partly {
		dirs = append(dirs, b.Properties.TestDir)
	}
	return dirs
}

// otherFixes are the fixed texts of the files beyond the one that is shown.
func (b *bug) otherFixes() (map[string]string, error) {
	files := map[string]string{}
	for _, name := range b.Others {
		text, _, err := b.text("fixed", name)
		if err != nil {
			return nil, fmt.Errorf("bug %s: %w", b.ID, err)
		}
		files[name] = text
	}
	return files, nil
}

// program is the digest of the patched file's tokens. Of a bug in several files
// one file is never the whole fix.
func (b *bug) program(digest string, reference bool) string {
	if len(b.Others) > 0 && reference {
		digest += " and the fixes of " + strings.Join(b.Others, ", ")
	}
	return digest
}

// Verdict reads what the tests said.
func (defects4j) Verdict(_ context.Context, request *benchmark.VerdictRequest) (*benchmark.VerdictResponse, error) {
	b, err := open(request.GetDir(), request.GetBug())
	if err != nil {
		return nil, err
	}
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	if b.Problem != "" {
		return &benchmark.VerdictResponse{Outcome: benchmark.Error, Detail: b.Problem}, nil
	}
	if request.GetStage() == confirmStage {
		return b.confirmVerdict(c, request), nil
	}
	verdict := java.Verdict(request.GetReply(), request.GetFailure(), request.GetDetail())
	var reply java.Reply
	if request.GetFailure() == "" {
		if err := json.Unmarshal(request.GetReply(), &reply); err != nil {
			return verdict, nil // the service broke off: an error, as it stands
		}
	}
	if c.Laxer && verdict.Outcome == benchmark.Failed {
		b.forgive(verdict, reply)
	}
	// Its own command has the last word on passes. It has the only one on the
	// reference fix, and on candidates for which the service is no measure, since the
	// reference fails there: bugs may need another Java than the service's. A fix of
	// several files always fails there, which measures by the one that is shown.
	unmeasured := request.GetFailure() == "" && !reply.Reference && len(b.Others) == 0 && verdict.Outcome != benchmark.Error
	if c.Source == "" && (verdict.Outcome == benchmark.Passed || request.GetReference() || unmeasured) {
		verdict.Next, err = b.confirm(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
	}
	return verdict, err
}

// forgive makes a pass of a failure by CLM's laxer rule: some of the tests that
// fail in the buggy version still do, and no other.
func (b *bug) forgive(verdict *benchmark.VerdictResponse, reply java.Reply) {
	before, tests := b.known(), reply.Tests
	if tests.Run > 0 && tests.Run >= tests.Expected && tests.New == 0 && tests.Failed > 0 && tests.Failed < before {
		verdict.Outcome = benchmark.Passed
		verdict.Detail = fmt.Sprintf("%d tests fail, as in the buggy version, where %d do", tests.Failed, before)
	}
}

// known is how many tests fail in the buggy version and not in the fixed one.
func (b *bug) known() int {
	n := 0
	for _, test := range *b.Properties.BuggyFailures {
		if !slices.Contains(*b.Properties.FixedFailures, test) {
			n++
		}
	}
	return n
}
