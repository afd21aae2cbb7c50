// Command harness-benchmark-microbugs is the plugin for the benchmark of small Java bugs
// that is part of the harness: without download, and with a JUnit 4 test class and a
// reference fix for each bug. See package bugs.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
	"harness/plugins/benchmarks/microbugs/bugs"
)

func main() { benchmark.Serve(microbugs{}) }

// microbugs has no state: it reads the tree that Fetch wrote.
type microbugs struct{}

// Describe implements benchmark.Benchmark.
func (microbugs) Describe(context.Context) *benchmark.Description {
	return &benchmark.Description{
		Kind:    "benchmark",
		Name:    "microbugs",
		Version: "0.2.0",
		Summary: "Small Java bugs of seven classes, with one or two hunks in a method, and JUnit tests.",
		Schema:  &sdk.Schema{},
		Bugs:    bugs.IDs(),
	}
}

// Fetch writes the benchmark's tree, so that a study's store holds the bugs.
func (microbugs) Fetch(_ context.Context, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) error {
	if err := sdk.Decode(request.Config, &struct{}{}); err != nil {
		return err
	}
	if err := os.CopyFS(request.Dir, bugs.Files()); err != nil {
		return fmt.Errorf("write microbugs: %w", err)
	}
	progress(&benchmark.FetchEvent{Message: "microbugs written", Done: 1, Total: 1})
	return nil
}

// Bugs sends the bugs in the order of their IDs.
func (microbugs) Bugs(_ context.Context, request *benchmark.BugsRequest, send func(*benchmark.BugRecord) error) error {
	all, err := bugs.Load(os.DirFS(request.Dir))
	if err != nil {
		return fmt.Errorf("read microbugs in %s: %w", request.Dir, err)
	}
	for _, bug := range all {
		if err := send(record(bug)); err != nil {
			return err
		}
	}
	return nil
}

func record(bug bugs.Bug) *benchmark.BugRecord {
	hunks := make([]*benchmark.Span, len(bug.Hunks))
	for i, h := range bug.Hunks {
		hunks[i] = span(h.Span)
	}
	return &benchmark.BugRecord{
		Bug: &benchmark.Bug{
			Id:       bug.ID,
			Path:     bug.Path,
			Text:     bug.Source,
			Hunks:    hunks,
			Function: span(bug.Method),
			Language: "java",
			Labels:   map[string]string{"class": string(bug.Class)},
		},
		Fixes:   bug.Fixes(),
		Licence: bugs.Licence,
		Origin:  "harness: plugins/benchmarks/microbugs/bugs/" + bug.Path,
	}
}

func span(s bugs.Span) *benchmark.Span {
	return &benchmark.Span{Start: int32(s.Start), End: int32(s.End)}
}

// Environments returns the environment that all Java benchmarks share.
func (microbugs) Environments(context.Context, *benchmark.EnvironmentsRequest) (*benchmark.EnvironmentsResponse, error) {
	return &benchmark.EnvironmentsResponse{Environments: []*benchmark.Environment{java.Environment()}}, nil
}

// Check has the patched class compiled and tested with its test class.
func (microbugs) Check(_ context.Context, request *benchmark.CheckRequest) (*benchmark.CheckResponse, error) {
	bug, err := bugs.Find(os.DirFS(request.Dir), request.Bug)
	if err != nil {
		return nil, fmt.Errorf("read microbugs in %s: %w", request.Dir, err)
	}
	return java.Check(java.Program{
		Path:      javaPath(bug.Path),
		Text:      request.Patched,
		Files:     map[string]string{javaPath(bug.TestPath): bug.Test},
		Reference: bug.FixedSource(),
		Buggy:     bug.Source,
		Tests:     []string{"micro." + bug.ID + "Test"},
		Wall:      time.Duration(request.LimitMs) * time.Millisecond,
	})
}

// javaPath returns the path of a file by its package: all classes are in package micro,
// in different folders of the tree.
func javaPath(path string) string {
	return "micro" + path[strings.LastIndex(path, "/"):]
}

// Verdict reads the reply of the box.
func (microbugs) Verdict(_ context.Context, request *benchmark.VerdictRequest) (*benchmark.VerdictResponse, error) {
	return java.Verdict(request.Reply, request.Failure, request.Detail), nil
}
