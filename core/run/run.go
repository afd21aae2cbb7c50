// Package run executes plans: on this machine, as many steps at a time as its
// resources allow, and every step at most once per store. Steps that a plan has
// run together count as one against a resource.
package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"harness/core/plan"
	"harness/core/step"
	"harness/core/store"
)

// Observer hears what happens to steps. Its methods are called from several
// goroutines.
type Observer interface {
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

// FailedError tells of all the steps that failed. What did not depend on them
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
		limits: map[step.Resource]chan struct{}{}, done: map[store.Key]chan struct{}{}, broken: map[store.Key]*step.Step{},
	}
	for resource, n := range limits {
		e.limits[resource] = make(chan struct{}, n)
	}
	for _, s := range p.Steps {
		e.done[s.Key] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for _, piece := range pieces(p) {
		wg.Go(func() {
			defer func() {
				for _, s := range piece {
					close(e.done[s.Key])
				}
			}()
			e.piece(ctx, piece)
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
	done     map[store.Key]chan struct{}

	judging sync.RWMutex // of all steps

	mu      sync.Mutex
	broken  map[store.Key]*step.Step // step → the failed step that it waits for in vain
	failed  FailedError
	summary Summary
}

// pieces are what runs at a time: a step, or those that run together.
func pieces(p *plan.Plan) [][]*step.Step {
	joint := map[*step.Step]bool{}
	var all [][]*step.Step
	for _, piece := range p.Together {
		for _, s := range piece {
			joint[s] = true
		}
		all = append(all, piece)
	}
	for _, s := range p.Steps {
		if !joint[s] {
			all = append(all, []*step.Step{s})
		}
	}
	return all
}

func (e *executor) piece(ctx context.Context, piece []*step.Step) {
	var todo []*step.Step
	for _, s := range piece {
		switch needed, err := e.ready(ctx, s); {
		case err != nil:
			return
		case needed:
			todo = append(todo, s)
		}
	}
	if len(todo) == 0 {
		return
	}
	if slots, ok := e.limits[todo[0].Work.Resource()]; ok {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return
		}
	}
	if ctx.Err() == nil {
		e.run(ctx, todo)
	}
}

// ready waits for a step's needs. It is not needed if it is in the store, or
// if one of those failed.
func (e *executor) ready(ctx context.Context, s *step.Step) (needed bool, err error) {
	if e.env.Store.Has(s.Key) {
		e.count(func(sum *Summary) { sum.Kept++ })
		return false, nil
	}
	for _, need := range s.Needs {
		select {
		case <-e.done[need]:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if because := e.brokenNeed(s); because != nil {
		e.count(func(sum *Summary) { sum.Skipped++; e.broken[s.Key] = because })
		e.observer.Skipped(s, because)
		return false, nil
	}
	return true, nil
}

// run runs a step, or steps together.
func (e *executor) run(ctx context.Context, todo []*step.Step) {
	j := &joint{executor: e, begin: time.Now()}
	for _, s := range todo {
		env := *e.env
		env.Judging = &e.judging
		env.Progress = func(done, total int64, note string) { e.observer.Progress(s, done, total, note) }
		j.steps = append(j.steps, s)
		j.parts = append(j.parts, step.Part{Work: s.Work, Env: &env})
		e.observer.Started(s)
	}
	j.errs = make([]error, len(todo))
	// Each holds its lock while the next takes its own: one order everywhere
	// keeps two processes from waiting for each other.
	j.order = make([]int, len(todo))
	for i := range j.order {
		j.order[i] = i
	}
	slices.SortFunc(j.order, func(a, b int) int { return cmp.Compare(j.steps[a].Key, j.steps[b].Key) })
	j.from(ctx, 0)
}

func (e *executor) brokenNeed(s *step.Step) *step.Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, need := range s.Needs {
		if because := e.broken[need]; because != nil {
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
