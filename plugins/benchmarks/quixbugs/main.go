// Command harness-benchmark-quixbugs brings QuixBugs' Java programs: 40 small
// programs with one bug each (github.com/jkoppel/QuixBugs), read from upstream's
// own repository.
//
//	benchmark "quixbugs" "quixbugs" {}
//	benchmark "quixbugs" "quixbugs" { source = "mirrors/QuixBugs@<commit>" }
//
// A bug is where the code of the buggy program and that of the correct one
// differ; comments, blanks and packages do not count.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
	checkout "harness/core/sdk/source"
	"harness/plugins/benchmarks/java"
)

func main() { benchmark.Serve(quixbugs{}) }

// upstream is the commit that published numbers of the last years go by.
const upstream = "https://github.com/jkoppel/QuixBugs@4257f44b0ff1181dedaedee6a447e133219fcebf"

// heapMiB is what programs need beyond the default.
var heapMiB = map[string]int{"KNAPSACK": 1024}

type quixbugs struct{}

func (quixbugs) Describe(context.Context) *benchmark.Description {
	source, _ := json.Marshal(upstream) // a string always can be
	return &benchmark.Description{
		Name:    "quixbugs",
		Version: "0.1.0",
		Summary: "QuixBugs' 40 Java programs with one bug each, judged by JUnit tests.",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name: "source", Type: "string", DefaultJson: string(source),
			Description: "Upstream's repository: a git URL with @<commit>, a local repository with @<commit>, or a folder as it is.",
		}}},
	}
}

type config struct {
	Source string `json:"source"`
}

func decode(data []byte) (config, error) {
	c := config{Source: upstream}
	err := sdk.Decode(data, &c)
	return c, err
}

// Resolve names the commit, or the content of the folder.
func (quixbugs) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	identity, err := checkout.Identity(ctx, c.Source, request.GetBaseDir())
	if err != nil {
		return nil, sdk.Diagnose([]string{"source"}, "Source cannot be used", err.Error())
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Fetch checks out the Java programs and their tests.
func (quixbugs) Fetch(ctx context.Context, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) error {
	c, err := decode(request.GetConfig())
	if err != nil {
		return err
	}
	_, err = checkout.Checkout(ctx, c.Source, request.GetDir(), checkout.Options{
		BaseDir: request.GetBaseDir(), Keep: wanted, MaxBytes: 64 << 20,
		Progress: func(message string) { progress(&benchmark.FetchEvent{Message: message}) },
	})
	if err != nil {
		return sdk.Diagnose([]string{"source"}, "QuixBugs cannot be fetched", err.Error())
	}
	if _, err := open(request.GetDir()); err != nil {
		return sdk.Diagnose([]string{"source"}, "Not a copy of QuixBugs", fmt.Sprintf("In %s %v.", c.Source, err))
	}
	return nil
}

// Bugs sends the programs in the order of their names.
func (quixbugs) Bugs(_ context.Context, request *benchmark.BugsRequest, send func(*benchmark.BugRecord) error) error {
	s, err := open(request.GetDir())
	if err != nil {
		return err
	}
	for _, p := range s.programs {
		record, err := p.record()
		if err != nil {
			return fmt.Errorf("%s: %w", p.buggy.path, err)
		}
		if err := send(record); err != nil {
			return err
		}
	}
	return nil
}

func (p program) record() (*benchmark.BugRecord, error) {
	hunks, err := derive(p.buggy.text, p.correct.text)
	if err != nil {
		return nil, err
	}
	record := &benchmark.BugRecord{Bug: &benchmark.Bug{Id: p.id, Path: p.buggy.path, Text: p.buggy.text, Language: "java"}}
	var spans []javasource.Span
	for _, h := range hunks {
		spans = append(spans, javasource.Span{Start: h.Start, End: h.End})
		record.Bug.Hunks = append(record.Bug.Hunks, &benchmark.Span{Start: int32(h.Start), End: int32(h.End)})
		record.Fixes = append(record.Fixes, h.Fix)
	}
	function, ok := javasource.Innermost(p.buggy.text, spans...)
	if !ok {
		return nil, fmt.Errorf("no method holds what differs from %s", p.correct.path)
	}
	record.Bug.Function = &benchmark.Span{Start: int32(function.Start), End: int32(function.End)}
	return record, nil
}

func (quixbugs) Environments(context.Context, *benchmark.EnvironmentsRequest) (*benchmark.EnvironmentsResponse, error) {
	return &benchmark.EnvironmentsResponse{Environments: []*benchmark.Environment{java.Environment()}}, nil
}

// Check compiles the patched program with its test and runs the test.
func (quixbugs) Check(_ context.Context, request *benchmark.CheckRequest) (*benchmark.CheckResponse, error) {
	s, err := open(request.GetDir())
	if err != nil {
		return nil, err
	}
	p, err := s.program(request.GetBug())
	if err != nil {
		return nil, err
	}
	return java.Check(java.Program{
		Patched:     request.GetPatched(),
		Files:       s.files(p, request.GetPatched()),
		TestClasses: []string{p.testClass()},
		HeapMiB:     heapMiB[p.id],
	})
}

func (quixbugs) Verdict(_ context.Context, request *benchmark.VerdictRequest) (*benchmark.VerdictResponse, error) {
	return java.Verdict(request.GetReply(), request.GetFailure(), request.GetDetail()), nil
}
