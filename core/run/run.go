// Package run executes plans: on this machine, as many steps at a time as its
// resources allow, and every step at most once per store.
package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"harness/core/plan"
	"harness/core/step"
)

// Observer hears what happens to steps. Its methods are called from several
// goroutines.
type Observer interface {
	// Kept says that the store has a step's result. Which steps have one is known
	// only when what they read is finished.
	Kept(s *step.Step)
	// Started says that a step that is not in the store begins.
	Started(s *step.Step)
	// Progress says how far a started step is; total 0: unknown.
	Progress(s *step.Step, done, total int64, note string)
	// Ended says how a started step ended.
	Ended(s *step.Step, took time.Duration, err error)
	// Skipped says that a step cannot run because another failed.
	Skipped(s, because *step.Step)
}

// Limits is how many steps may occupy a resource at a time; a resource that
// it does not name is not limited.
type Limits map[step.Resource]int

// DefaultLimits suits one machine with one device: one step trains or decodes
// while others judge. Two steps share the boxes, so that the last candidates
// of one, often endless loops, leave none idle.
func DefaultLimits() Limits {
	return Limits{step.IO: 4, step.Device: 1, step.Judge: 2}
}

// Summary counts how steps ended.
type Summary struct {
	Ran, Kept, Failed, Skipped int
}

// FailedError lists all steps that failed. What did not depend on them
// is done and kept.
type FailedError struct {
	Steps []*step.Step
	Errs  []error // of the steps
}

func (e *FailedError) Error() string {
	first := fmt.Sprintf("%s: %v", e.Steps[0].Label, e.Errs[0])
	if len(e.Errs) == 1 {
		return first
	}
	return fmt.Sprintf("%d steps failed; the first: %s", len(e.Errs), first)
}

func (e *FailedError) Unwrap() []error { return e.Errs }

// Run executes a plan's steps in the order that their needs allow. A failed
// step stops what depends on it and nothing else: the rest is done, then Run
// returns a *FailedError. A cancelled context stops everything, and Run
// returns its cause.
func Run(ctx context.Context, p *plan.Plan, env *step.Env, limits Limits, observer Observer) (Summary, error) {
	e := &executor{
		env: env, observer: observer,
		limits: map[step.Resource]chan struct{}{}, ended: map[step.ID]chan struct{}{}, broken: map[step.ID]*step.Step{},
	}
	for resource, n := range limits {
		e.limits[resource] = make(chan struct{}, n)
	}
	for _, s := range p.Steps {
		e.ended[s.ID] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for _, s := range p.Steps {
		wg.Go(func() {
			defer close(e.ended[s.ID])
			e.step(ctx, s)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return e.summary, context.Cause(ctx)
	}
	if len(e.failed.Errs) > 0 {
		return e.summary, &e.failed
	}
	return e.summary, nil
}

type executor struct {
	env      *step.Env
	observer Observer
	limits   map[step.Resource]chan struct{}
	ended    map[step.ID]chan struct{}

	judging sync.RWMutex // of all steps

	mu      sync.Mutex
	broken  map[step.ID]*step.Step // step → the failed step that it waits for in vain
	failed  FailedError
	summary Summary
}

// step waits for what a step reads, and runs the step if the store does not
// have its result.
func (e *executor) step(ctx context.Context, s *step.Step) {
	for _, in := range s.Inputs {
		select {
		case <-e.ended[in.Step]:
		case <-ctx.Done():
			return
		}
	}
	if because := e.brokenInput(s); because != nil {
		e.count(func(sum *Summary) { sum.Skipped++; e.broken[s.ID] = because })
		e.observer.Skipped(s, because)
		return
	}
	begin := time.Now()
	found, err := e.env.Results.Look(s)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		e.observer.Started(s)
		e.finish(ctx, s, begin, false, err)
		return
	case found.Done:
		e.count(func(sum *Summary) { sum.Kept++ })
		e.observer.Kept(s)
		return
	}
	if slots, ok := e.limits[s.Work.Resource()]; ok {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	env := *e.env
	env.Judging = &e.judging
	env.Progress = func(done, total int64, note string) { e.observer.Progress(s, done, total, note) }
	e.observer.Started(s)
	begin = time.Now()
	made, err := s.Make(ctx, env)
	e.finish(ctx, s, begin, made, err)
}

// finish counts a step that was started and tells the observer.
func (e *executor) finish(ctx context.Context, s *step.Step, begin time.Time, made bool, err error) {
	switch {
	case err == nil && made:
		e.count(func(sum *Summary) { sum.Ran++ })
	case err == nil:
		e.count(func(sum *Summary) { sum.Kept++ })
	case ctx.Err() != nil: // interrupted: not the step's failure
		err = context.Cause(ctx)
	default:
		e.count(func(sum *Summary) {
			sum.Failed++
			e.broken[s.ID] = s
			e.failed.Steps = append(e.failed.Steps, s)
			e.failed.Errs = append(e.failed.Errs, err)
		})
	}
	e.observer.Ended(s, time.Since(begin), err)
}

func (e *executor) brokenInput(s *step.Step) *step.Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range s.Inputs {
		if because := e.broken[in.Step]; because != nil {
			return because
		}
	}
	return nil
}

// count changes what is shared, under the lock.
func (e *executor) count(change func(*Summary)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.summary)
}
