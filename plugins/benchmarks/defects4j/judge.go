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
	// leastWall is the shortest time limit of a bug's tests; slow ones get a multiple
	// of the time that they took when the bug was exported.
	leastWall, wallFactor = 5 * time.Minute, 10
)

// Check has the patched file compiled against the project and the relevant tests
// run, first those that the bug makes fail.
func (defects4j) Check(_ context.Context, request *benchmark.CheckRequest) (*benchmark.CheckResponse, error) {
	b, err := open(request.GetDir(), request.GetBug())
	if err != nil {
		return nil, err
	}
	if b.Problem != "" {
		return nil, fmt.Errorf("bug %s cannot be judged: %s", b.ID, b.Problem)
	}
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	if c.Source == "" && !c.Quick {
		return b.confirm(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
	}
	return b.askService(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
}

// askService returns the question to the Java service.
func (b *bug) askService(c config, patched string, reference bool, limitMs int64) (*benchmark.CheckResponse, error) {
	buggy, _, err := b.text("buggy", b.Path)
	if err != nil {
		return nil, err
	}
	p := java.Program{
		Path: b.Path, Text: patched, Reference: b.fixedText(buggy), Buggy: buggy,
		Tests: b.Tests, HeapMiB: heapMiB, Wall: b.wall(limitMs),
		Project: &java.Project{
			Tree: projectTarget, Original: buggy,
			Options:  b.compilerOptions(),
			Env:      map[string]string{"TZ": b.Properties.TimeZone},
			Forgiven: b.Properties.FixedFailures, Known: b.Properties.BuggyFailures, All: c.Rule == ruleCLM,
			// Defects4J's own command decides where the service's Java cannot run the tests.
			ReferenceMayFail: len(b.Others) > 0 || c.Source == "",
		},
	}
	for _, entry := range append(b.classes(), b.Paths.Libraries...) {
		p.Classpath = append(p.Classpath, entry.Box)
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
		check.Stage = quickStage // a pass must be confirmed; one of an exported bug is final
	}
	check.Mounts = b.mounts()
	check.Program = b.program(javasource.Digest(patched), reference)
	return check, nil
}

// sourceDirs returns the folders that are compiled if a candidate changes what other
// classes compile against. Tests that do not compile are left out.
func (b *bug) sourceDirs() []string {
	dirs := []string{b.Properties.SourceDir}
	if b.Properties.TestDir != "" && !b.Paths.Partly {
		dirs = append(dirs, b.Properties.TestDir)
	}
	return dirs
}

// otherFixes returns the fixed texts of the other files that the fix changes.
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

// program identifies a patched program by the digest of the file's tokens. For a bug
// in several files, only the reference fix includes the other files' fixes.
func (b *bug) program(digest string, reference bool) string {
	if len(b.Others) > 0 && reference {
		digest += " and the fixes of " + strings.Join(b.Others, ", ")
	}
	return digest
}

// Verdict reads the reply of the box.
func (defects4j) Verdict(_ context.Context, request *benchmark.VerdictRequest) (*benchmark.VerdictResponse, error) {
	b, err := open(request.GetDir(), request.GetBug())
	if err != nil {
		return nil, err
	}
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	if request.GetStage() == confirmStage {
		return b.confirmVerdict(c, request), nil
	}
	verdict := java.Verdict(request.GetReply(), request.GetFailure(), request.GetDetail())
	var reply java.Reply
	if request.GetFailure() == "" {
		if err := json.Unmarshal(request.GetReply(), &reply); err != nil {
			return verdict, nil // already an error, since the reply is cut short
		}
	}
	if c.Rule == ruleCLM && verdict.Outcome == benchmark.Failed {
		b.passByCLM(verdict, reply)
	}
	// Defects4J's own command decides about passes, about the reference fix, and about
	// all candidates of a bug whose reference fix fails in the service, which may lack
	// the Java version that the bug needs. A fix of several files always fails in the
	// service, which replaces one.
	referenceFails := request.GetFailure() == "" && !reply.Reference && len(b.Others) == 0 && verdict.Outcome != benchmark.Error
	if c.Source == "" && (verdict.Outcome == benchmark.Passed || request.GetReference() || referenceFails) {
		verdict.Next, err = b.confirm(c, request.GetPatched(), request.GetReference(), request.GetLimitMs())
	}
	return verdict, err
}

// passByCLM changes a failure into a pass if fewer tests fail than in the buggy
// version, and no other ones.
func (b *bug) passByCLM(verdict *benchmark.VerdictResponse, reply java.Reply) {
	before, tests := b.countKnown(), reply.Tests
	if tests.Run > 0 && tests.Run >= tests.Expected && tests.New == 0 && tests.Failed > 0 && tests.Failed < before {
		verdict.Outcome = benchmark.Passed
		verdict.Detail = fmt.Sprintf("%d tests fail, all among the %d that fail in the buggy version", tests.Failed, before)
	}
}

// countKnown counts the tests that fail in the buggy version and not in the fixed one.
func (b *bug) countKnown() int {
	n := 0
	for _, test := range b.Properties.BuggyFailures {
		if !slices.Contains(b.Properties.FixedFailures, test) {
			n++
		}
	}
	return n
}
