package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
	"harness/core/step"
)

// checkSandbox tries the study's sandbox before any work, unless nothing has to
// be judged any more.
func (s *Session) checkSandbox(ctx context.Context) (hcl.Diagnostics, error) {
	box := s.Study.Sandbox
	if box == nil || !s.tries || s.Plan != nil && !s.judges() {
		return nil, nil
	}
	name, err := sandbox.Resolve(ctx, box.Driver)
	if err == nil {
		err = s.tryDriver(ctx, name)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return s.noSandbox("Sandbox cannot be used", fmt.Sprintf("%v.", err)), nil
	}
	if name != "bubblewrap" { // whose boxes have the machine's own programs
		return nil, nil
	}
	missing, err := s.missingInBoxes(ctx)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	return s.noSandbox("Machine lacks what boxes need", strings.Join(missing, "\n")), nil
}

// noSandbox is a mistake at the sandbox block, which a benchmark that the command
// line names does not have.
func (s *Session) noSandbox(summary, detail string) hcl.Diagnostics {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail}
	if at := s.Study.Sandbox.DeclRange; at.Filename != "" {
		d.Subject = &at
	}
	return hcl.Diagnostics{d}
}

// judges reports whether a step of the plan still has to run candidates.
func (s *Session) judges() bool {
	return slices.ContainsFunc(s.Plan.Steps, func(one *step.Step) bool {
		return one.Work.Resource() == step.Judge && !s.Results.Has(one.ID)
	})
}

func (s *Session) tryDriver(ctx context.Context, name string) error {
	driver, err := sandbox.Open(ctx, name, sandbox.Options{Logger: s.options.Logger})
	if err != nil {
		return err
	}
	return driver.Close()
}

// missingInBoxes lists what the boxes of the study's benchmarks lack here.
func (s *Session) missingInBoxes(ctx context.Context) ([]string, error) {
	var missing []string
	for _, block := range s.Study.Benchmarks {
		benchmark, err := s.Host.Benchmark(ctx, block.Type)
		if err != nil {
			return nil, err
		}
		boxes, err := benchmark.Environments(ctx, &pb.EnvironmentsRequest{Config: block.Config})
		if err != nil {
			return nil, err
		}
		for _, e := range boxes.GetEnvironments() {
			if err := sandbox.Missing(judge.EnvironmentOf(e)); err != nil && !slices.Contains(missing, err.Error()) {
				missing = append(missing, err.Error())
			}
		}
	}
	return missing, nil
}
