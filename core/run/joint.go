package run

import (
	"context"
	"fmt"
	"time"

	"harness/core/step"
	"harness/core/store"
)

// joint is steps that run together: the store makes their folders one within
// the other, so that each becomes a finished step, or nothing, by itself.
type joint struct {
	*executor
	begin time.Time
	steps []*step.Step
	parts []step.Part // of the steps; without a folder there is nothing to do
	errs  []error     // of the steps
	order []int       // in which their locks are taken
}

// from makes the steps from the n-th of the order on.
func (j *joint) from(ctx context.Context, n int) {
	if n == len(j.order) {
		j.fill(ctx)
		return
	}
	at := j.order[n]
	s := j.steps[at]
	about := struct {
		Kind  string      `json:"kind"`
		Label string      `json:"label"`
		Needs []store.Key `json:"needs"`
		Work  step.Work   `json:"work"`
	}{s.Work.Kind(), s.Label, s.Needs, s.Work}
	begun := false
	made, err := j.env.Store.Do(ctx, s.Key, about, func(ctx context.Context, dir string) error {
		begun = true
		j.parts[at].Dir = dir
		j.from(ctx, n+1)
		return j.errs[at]
	})
	j.ended(ctx, s, made, err)
	if !begun { // another process was faster, or the store has no place for it
		j.from(ctx, n+1)
	}
}

// fill does the work of all steps that have a folder.
func (j *joint) fill(ctx context.Context) {
	var parts []step.Part
	var at []int
	for i, p := range j.parts {
		if p.Dir != "" {
			parts, at = append(parts, p), append(at, i)
		}
	}
	if len(parts) == 0 {
		return
	}
	if len(parts) == 1 {
		j.errs[at[0]] = parts[0].Work.Run(ctx, parts[0].Env, parts[0].Dir)
		return
	}
	errs := []error{}
	if work, ok := parts[0].Work.(step.Joint); ok {
		errs = work.RunTogether(ctx, parts)
	}
	for i := range parts {
		if i < len(errs) {
			j.errs[at[i]] = errs[i]
		} else {
			j.errs[at[i]] = fmt.Errorf("steps of kind %s cannot run together", parts[i].Work.Kind())
		}
	}
}

// ended counts a step and tells the observer.
func (j *joint) ended(ctx context.Context, s *step.Step, made bool, err error) {
	switch {
	case err == nil && made:
		j.count(func(sum *Summary) { sum.Ran++ })
	case err == nil:
		j.count(func(sum *Summary) { sum.Kept++ })
	case ctx.Err() != nil: // interrupted: not the step's failure
		err = context.Cause(ctx)
	default:
		j.count(func(sum *Summary) {
			sum.Failed++
			j.broken[s.Key] = s
			j.failed.Steps = append(j.failed.Steps, s)
			j.failed.Errs = append(j.failed.Errs, err)
		})
	}
	j.observer.Ended(s, time.Since(j.begin), err)
}
