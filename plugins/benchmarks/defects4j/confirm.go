package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

//go:embed confirm.pl
var confirmScript []byte

const (
	// confirmID is the environment with Defects4J's own command.
	confirmID = "defects4j"
	// quickStage is the check by the Java service, confirmStage the one by that command.
	quickStage, confirmStage = "quick", "confirm"

	compileLimit = 10 * time.Minute
)

type confirmRequest struct {
	Files          map[string][]byte `json:"files"` // by path below the project
	Clean          []string          `json:"clean"` // folders of classes below the project
	CompileSeconds int               `json:"compileSeconds"`
	TestSeconds    int               `json:"testSeconds"`
	// Rule is ignored by the box: with it, the verdicts by one rule are not taken for
	// those by the other.
	Rule string `json:"rule"`
}

type confirmReply struct {
	Error   string       `json:"error"`
	Compile *confirmStep `json:"compile"`
	Test    *confirmStep `json:"test"`
	Ran     int          `json:"ran"` // tests that started
}

type confirmStep struct {
	Exit    int    `json:"exit"`
	Timeout bool   `json:"timeout"`
	Started bool   `json:"started"` // whether ant was started; else the command itself failed
	Stdout  string `json:"stdout"`
	Stderr  string `json:"stderr"`
}

func (s *confirmStep) called() called {
	return called{exit: s.Exit, stdout: s.Stdout, stderr: s.Stderr}
}

// confirm asks Defects4J itself: `compile`, then `test -r`, on a fresh copy of the
// work folder.
func (b *bug) confirm(c config, patched string, reference bool, limitMs int64) (*benchmark.CheckResponse, error) {
	_, charset, err := b.text("buggy", b.Path)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{b.Path: charset.encode(patched)}
	if reference {
		for _, name := range b.Others {
			if files[name], err = readFile(b.file("fixed", name)); err != nil {
				return nil, fmt.Errorf("bug %s: %w", b.ID, err)
			}
		}
	}
	limit := b.wall(limitMs)
	payload, err := json.Marshal(confirmRequest{Files: files, Clean: b.compiled(), CompileSeconds: int(compileLimit.Seconds()), TestSeconds: int(math.Ceil(limit.Seconds())), Rule: c.Rule})
	if err != nil {
		return nil, err
	}
	return &benchmark.CheckResponse{
		Environment: confirmID, Payload: payload, Stage: confirmStage, Program: b.program(javasource.Digest(patched), reference),
		TimeoutMs: (compileLimit + limit + 2*time.Minute).Milliseconds(),
		Mounts:    append(c.toolMounts(), &benchmark.Mount{Source: b.Paths.Mounts[projectTarget], Target: projectTarget}),
	}, nil
}

// compiled returns the project's folders of classes, which a checkout lacks. Folders
// that also hold sources are left out.
func (b *bug) compiled() []string {
	var all []string
	for _, dir := range []string{b.Properties.ClassesDir, b.Properties.TestClassesDir} {
		dir = path.Clean(filepath.ToSlash(dir))
		holds := func(name string) bool { return path.Clean(name) == dir || strings.HasPrefix(path.Clean(name), dir+"/") }
		if dir != "." && filepath.IsLocal(dir) && !holds(b.Properties.SourceDir) && !holds(b.Properties.TestDir) {
			all = append(all, dir)
		}
	}
	return all
}

// confirmVerdict reads the answer of the box. The command succeeds even if tests fail;
// it fails if the program does not compile or ant crashes.
func (b *bug) confirmVerdict(c config, request *benchmark.VerdictRequest) *benchmark.VerdictResponse {
	say := func(outcome benchmark.Outcome, format string, arguments ...any) *benchmark.VerdictResponse {
		detail := strings.Join(strings.Fields(fmt.Sprintf(format, arguments...)), " ")
		return &benchmark.VerdictResponse{Outcome: outcome, Detail: detail, Counts: map[string]int64{"judged by Defects4J": 1}}
	}
	switch request.GetFailure() {
	case "":
	case benchmark.BoxTimeout:
		return say(benchmark.Timeout, "the box: %s", request.GetDetail())
	case benchmark.BoxDied, benchmark.BoxOOM:
		return say(benchmark.Crashed, "the box %s: %s", request.GetFailure(), request.GetDetail())
	case benchmark.BoxTooLarge:
		return say(benchmark.Uncompilable, "too large: %s", request.GetDetail())
	default:
		return say(benchmark.Error, "the sandbox reports %q: %s", request.GetFailure(), request.GetDetail())
	}
	var r confirmReply
	if err := json.Unmarshal(request.GetReply(), &r); err != nil {
		return say(benchmark.Error, "read the answer: %v", err)
	}
	switch {
	case r.Error != "":
		return say(benchmark.Error, "the box: %s", r.Error)
	case r.Compile == nil:
		return say(benchmark.Error, "the answer lacks the result of compiling")
	case r.Compile.Timeout:
		return say(benchmark.Uncompilable, "compiling took more than %s", compileLimit)
	case r.Compile.Exit != 0 && !r.Compile.Started:
		return say(benchmark.Error, "%v", r.Compile.called().err("compile"))
	case r.Compile.Exit != 0:
		return say(benchmark.Uncompilable, "%s", firstError(r.Compile.Stderr))
	case r.Test == nil:
		return say(benchmark.Error, "the answer lacks the result of the tests")
	case r.Test.Timeout:
		return say(benchmark.Timeout, "the tests took more than %s", b.wall(request.GetLimitMs()))
	case r.Test.Exit != 0 && !r.Test.Started:
		return say(benchmark.Error, "%v", r.Test.called().err("test"))
	case r.Test.Exit != 0:
		return say(benchmark.Crashed, "ant crashed while running the tests: %s", lastLine(r.Test.Stderr))
	}
	failing, err := parseFailing(r.Test.Stdout)
	if err != nil {
		return say(benchmark.Error, "defects4j test: %v", err)
	}
	switch problem := b.failureOf(c, failing); {
	case problem != "":
		return say(benchmark.Failed, "%s", problem)
	case r.Ran == 0:
		return say(benchmark.Error, "defects4j test: no test ran")
	case r.Ran < b.Properties.Tests:
		// ant takes a JVM that ends with exit code 0 for a success.
		return say(benchmark.Crashed, "only %d of %d tests were started", r.Ran, b.Properties.Tests)
	}
	return say(benchmark.Passed, "Defects4J ran %d tests; %d fail, as in the fixed version", r.Ran, len(failing))
}

// failureOf describes why a candidate with which these tests fail does not pass, or
// returns "" if it passes.
func (b *bug) failureOf(c config, failing []string) string {
	var counted, unknown []string
	for _, test := range failing {
		if !slices.Contains(b.Properties.FixedFailures, test) {
			counted = append(counted, test)
			if !slices.Contains(b.Properties.BuggyFailures, test) {
				unknown = append(unknown, test)
			}
		}
	}
	switch {
	case len(counted) == 0:
		return ""
	case c.Rule == ruleCLM && len(unknown) == 0 && len(counted) < b.countKnown():
		return ""
	case len(unknown) > 0:
		return fmt.Sprintf("%d tests fail, %d of which did not before: %s", len(counted), len(unknown), unknown[0])
	}
	return fmt.Sprintf("%d tests fail: %s", len(counted), counted[0])
}

// wall returns the time limit of a candidate's tests: the study's, if it sets one.
func (b *bug) wall(limitMs int64) time.Duration {
	if limitMs > 0 {
		return time.Duration(limitMs) * time.Millisecond
	}
	seconds := min(max(0, b.Properties.TestSeconds), testLimit.Seconds())
	return max(leastWall, wallFactor*time.Duration(seconds*float64(time.Second)))
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
