package plan

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/study"
)

// Benchmark is a benchmark of a plan, by the steps that trials share.
type Benchmark struct {
	Block    *study.Block
	Data     step.ID // fetches it
	Bugs     step.ID // chooses the bugs that the study uses
	Baseline step.ID // judges their own two versions
	choice   step.Bugs
}

// benchmark adds the fetching of a benchmark and the choice of its bugs, once.
func (b *builder) benchmark(block *study.Block) (*Benchmark, error) {
	for _, known := range b.plan.Benchmarks {
		if known.Block == block {
			return known, nil
		}
	}
	added := &Benchmark{Block: block}
	var err error
	if added.Data, err = b.add("benchmark "+block.Name, step.Benchmark{Plugin: b.plugins[block]}); err != nil {
		return nil, err
	}
	added.choice = step.Bugs{Benchmark: added.Data, IDs: block.Bugs, Where: sorted(block.Where)}
	work := added.choice // mistakes are reported in source order, which does not affect the key
	work.IDs = slices.Sorted(slices.Values(block.Bugs))
	if added.Bugs, err = b.add("bugs of "+block.Name, work); err != nil {
		return nil, err
	}
	added.Baseline, err = b.add("baseline "+block.Name, step.Baseline{
		Benchmark: b.plugins[block], Data: added.Data, Bugs: added.Bugs, Sandbox: b.sandbox(),
	})
	if err != nil {
		return nil, err
	}
	b.plan.Benchmarks = append(b.plan.Benchmarks, added)
	return added, nil
}

// ForBenchmark plans the work on one of a study's benchmarks alone: up to the
// choice of its bugs, or, with judged, up to their baseline in the study's sandbox.
// The steps are those of the whole study's plan, so that each does the other's
// work.
func ForBenchmark(ctx context.Context, s *study.Study, block *study.Block, judged bool, options Options) (*Plan, hcl.Diagnostics, error) {
	b := newBuilder(s, options)
	if err := b.resolveBlock(ctx, block); err != nil || b.diagnostics.HasErrors() {
		return nil, b.diagnostics, err
	}
	bench, err := b.benchmark(block)
	if err != nil {
		return nil, b.diagnostics, err
	}
	last := bench.Bugs
	if judged {
		last = bench.Baseline
	}
	b.plan.Steps = b.plan.upTo(last)
	return b.plan, b.diagnostics, nil
}

// sandbox is the part of the study's sandbox that decides verdicts.
func (b *builder) sandbox() judge.Sandbox {
	box := b.study.Sandbox
	return judge.Sandbox{Driver: b.Driver, Memory: box.Memory, CPUs: box.CPUs, Timeout: box.Timeout}
}

// sorted gives a condition on labels one form whatever the order of its values.
func sorted(where map[string][]string) map[string][]string {
	where = maps.Clone(where)
	for label, values := range where {
		where[label] = slices.Sorted(slices.Values(values))
	}
	return where
}

// CheckBugs finds what a study wants of bugs in vain, in the benchmarks that
// were fetched already; the others' steps will find it. Bugs that a void names
// are looked for once all benchmarks are there that it may mean.
func (p *Plan) CheckBugs(r *step.Results) (hcl.Diagnostics, error) {
	var diagnostics hcl.Diagnostics
	fetched := map[string]map[string]bool{} // benchmark → ids
	for _, b := range p.Benchmarks {
		if !r.Has(b.Data) {
			continue
		}
		all, err := step.ReadBugs(r, b.Data)
		if err != nil {
			return nil, err
		}
		ids := map[string]bool{}
		for _, bug := range all {
			ids[bug.Bug.Id] = true
		}
		fetched[b.Block.Name] = ids
		_, err = b.choice.Choose(all)
		for _, m := range mistakes(err) {
			diagnostics = append(diagnostics, b.Block.Diagnostic(&pb.Diagnostic{Summary: m.Summary, Detail: m.Detail, Path: m.Path}))
		}
	}
	for _, v := range p.Study.Voids {
		diagnostics = append(diagnostics, p.checkVoid(v, fetched)...)
	}
	return diagnostics, nil
}

// checkVoid finds bugs of a void that none of its benchmarks has.
func (p *Plan) checkVoid(v *study.Void, fetched map[string]map[string]bool) hcl.Diagnostics {
	var benchmarks []map[string]bool
	for _, b := range p.Study.Benchmarks { // the plan may have only one of them
		if wanted := v.Where["benchmark"]; len(wanted) > 0 && !slices.Contains(wanted, b.Name) {
			continue
		}
		if fetched[b.Name] == nil {
			return nil
		}
		benchmarks = append(benchmarks, fetched[b.Name])
	}
	var diagnostics hcl.Diagnostics
	for i, id := range v.Bugs {
		if !slices.ContainsFunc(benchmarks, func(ids map[string]bool) bool { return ids[id] }) {
			diagnostics = append(diagnostics, v.UnknownBug(i))
		}
	}
	return diagnostics
}

// mistakes are the mistakes joined in an error.
func mistakes(err error) []*step.ChoiceError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*step.ChoiceError
		for _, one := range joined.Unwrap() {
			all = append(all, mistakes(one)...)
		}
		return all
	}
	if one := (*step.ChoiceError)(nil); errors.As(err, &one) {
		return []*step.ChoiceError{one}
	}
	return nil
}
