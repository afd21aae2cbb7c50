package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/session"
	"harness/core/step"
	"harness/core/store"
)

// planReport is the plan's JSON, stable: fields are added, never changed.
type planReport struct {
	Study  string     `json:"study"`
	Steps  []planStep `json:"steps"`
	Totals planTotals `json:"totals"`
	// Data is what is known of the data sets to train on, once their steps are
	// done.
	Data []trainingData `json:"data,omitempty"`
	// Device and Estimates are what there is and what the trials need.
	Device    *planDevice      `json:"device,omitempty"`
	Estimates []*plan.Estimate `json:"estimates"`
	// Basis is what the estimates' seconds rest on; empty: there are none.
	Basis string `json:"basis,omitempty"`
	// OtherBuilds are plugins whose finished steps another build of the same
	// version made.
	OtherBuilds []otherBuild `json:"other_builds,omitempty"`
	// Refusals count bugs that a model cannot be asked about. The benchmarks in
	// Unfetched are not fetched yet.
	Refusals  []*plan.Refusal `json:"refusals,omitempty"`
	Unfetched []string        `json:"unfetched,omitempty"`
	// Unsound are the bugs that count in no trial, as far as that is known.
	Unsound []unsoundBug `json:"unsound,omitempty"`
	// BenchmarkNotes are what a reader must know of the benchmarks that were fetched.
	BenchmarkNotes []string `json:"benchmark_notes,omitempty"`
}

type planDevice struct {
	Backend     string `json:"backend"`
	MemoryBytes int64  `json:"memory_bytes"` // 0: not known
}

type planStep struct {
	ID step.ID `json:"id"`
	// Key of the result in the store; empty until what the step needs is done.
	Key   store.Key `json:"key,omitempty"`
	Kind  string    `json:"kind"`
	Label string    `json:"label"`
	Needs []step.ID `json:"needs"`
	State string    `json:"state"` // done, todo
}

type planTotals struct {
	Trials int `json:"trials"`
	Steps  int `json:"steps"`
	Done   int `json:"done"`
	Todo   int `json:"todo"`
	// Shared counts the steps that more than one trial would have run by
	// itself: what the graph saves.
	Shared int                   `json:"shared"`
	Kinds  map[string]kindTotals `json:"kinds"`
	Epochs plan.Epochs           `json:"epochs"`
}

type kindTotals struct {
	Steps int `json:"steps"`
	Done  int `json:"done"`
}

func newPlan(o *options) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "plan STUDY.hcl",
		Short: "Show what a run would do, and what it needs",
		Long: `Show what a run of the study would do: its steps, which of them are done, and for
each model with each adapter the parameters, FLOPs, memory and disk. It computes
nothing and changes nothing. The estimates come from the models' graphs; once
data has been read, from its lengths.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			s, err := o.open(cmd.Context(), args[0], session.Plan)
			if err != nil {
				return err
			}
			defer s.Close()
			r := describePlan(s.Plan, s.Results)
			if r.Data, err = dataOf(s); err != nil {
				return err
			}
			if r.OtherBuilds, err = otherBuilds(cmd.Context(), s); err != nil {
				return err
			}
			if err := o.estimate(cmd.Context(), s, &r); err != nil {
				return err
			}
			if r.Refusals, r.Unfetched, err = s.Plan.Refusals(cmd.Context(), s.Env()); err != nil {
				return err
			}
			if r.Unsound, err = unsoundBugs(s.Plan, s.Results); err != nil {
				return err
			}
			for _, b := range s.Plan.Benchmarks {
				notes, err := benchmarkNotes(s.Results, b)
				if err != nil {
					return err
				}
				r.BenchmarkNotes = append(r.BenchmarkNotes, notes...)
			}
			if format == "json" {
				return writeIndented(cmd.OutOrStdout(), r)
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return cmd
}

func describePlan(p *plan.Plan, results *step.Results) planReport {
	r := planReport{Study: p.Study.Name, Totals: planTotals{Trials: len(p.Trials), Kinds: map[string]kindTotals{}}}
	for _, st := range p.Steps {
		kind := r.Totals.Kinds[st.Work.Kind()]
		kind.Steps++
		state := "todo"
		key, done := results.Key(st.ID)
		if done {
			state = "done"
			kind.Done++
			r.Totals.Done++
		}
		r.Totals.Kinds[st.Work.Kind()] = kind
		needs := []step.ID{}
		for _, in := range st.Inputs {
			needs = append(needs, in.Step)
		}
		r.Steps = append(r.Steps, planStep{st.ID, key, st.Work.Kind(), st.Label, needs, state})
	}
	r.Totals.Steps = len(p.Steps)
	r.Totals.Todo = r.Totals.Steps - r.Totals.Done
	alone, reached := 0, map[step.ID]bool{} // some steps belong to no trial: they only look at data
	for _, t := range p.Trials {
		for _, st := range p.Reach(t) {
			alone++
			reached[st.ID] = true
		}
	}
	r.Totals.Shared = alone - len(reached)
	r.Totals.Epochs = p.Epochs()
	r.Estimates = []*plan.Estimate{}
	return r
}

// otherBuild is a plugin whose binary is not the one that made finished steps,
// though both say that they are the same version.
type otherBuild struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Steps   int    `json:"steps"` // that are done
}

// otherBuilds compares the plugins that made finished steps with those that are
// installed.
func otherBuilds(ctx context.Context, s *session.Session) ([]otherBuild, error) {
	var found []otherBuild
	for _, st := range s.Plan.Steps {
		if !s.Results.Has(st.ID) {
			continue
		}
		p, err := s.Results.Provenance(st.ID)
		if err != nil {
			return nil, err
		}
		for _, used := range p.Plugins {
			info, err := s.Host.Info(ctx, used.Kind, used.Name)
			if err != nil || info.Version != used.Version || info.Checksum == used.Checksum {
				continue // a plugin that is gone is said where it is needed
			}
			at := slices.IndexFunc(found, func(o otherBuild) bool { return o.Kind == used.Kind && o.Name == used.Name })
			if at < 0 {
				at = len(found)
				found = append(found, otherBuild{Kind: used.Kind, Name: used.Name, Version: used.Version})
			}
			found[at].Steps++
		}
	}
	return found, nil
}

// estimate adds what the trials need. A device that cannot be opened only
// leaves its size unknown.
func (o *options) estimate(ctx context.Context, s *session.Session, r *planReport) error {
	pinned := s.Plan.Engine
	if pinned == nil {
		return nil
	}
	r.Device = &planDevice{}
	if engine, err := s.Host.Engine(ctx, pinned.Name); err != nil {
		return err
	} else if device, err := step.DeviceOf(ctx, engine, pinned.Settings); err != nil {
		o.logger().Warn("the device is not known", "error", err)
	} else {
		r.Device = &planDevice{device.Backend, device.Memory}
	}
	estimates, err := s.Plan.Estimates(ctx, s.Env())
	if err != nil {
		return err
	}
	r.Estimates, r.Basis = append(r.Estimates, estimates.Networks...), estimates.Basis
	return nil
}

func (r planReport) print(w io.Writer) error {
	table := tablewriter.NewTable(w)
	table.Header("Kind", "Steps", "Done", "To do")
	var kinds []string
	for _, s := range r.Steps { // in the order in which they first appear
		if !slices.Contains(kinds, s.Kind) {
			kinds = append(kinds, s.Kind)
		}
	}
	for _, kind := range kinds {
		t := r.Totals.Kinds[kind]
		if err := table.Append(kind, t.Steps, t.Done, t.Steps-t.Done); err != nil {
			return err
		}
	}
	if err := table.Append("all", r.Totals.Steps, r.Totals.Done, r.Totals.Todo); err != nil {
		return err
	}
	if err := table.Render(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%d trials; %d steps are shared instead of repeated\n", r.Totals.Trials, r.Totals.Shared); err != nil {
		return err
	}
	var notes []string
	for _, d := range r.Data {
		notes = append(notes, d.notes()...)
	}
	for _, o := range r.OtherBuilds {
		notes = append(notes, fmt.Sprintf("%s %s: %d done steps were finished by another build of this version, %s", o.Kind, o.Name, o.Steps, o.Version))
	}
	notes = append(notes, r.BenchmarkNotes...)
	for _, b := range r.Unsound {
		notes = append(notes, b.String())
	}
	for _, note := range append(notes, r.refusalNotes()...) {
		if _, err := fmt.Fprintln(w, note); err != nil {
			return err
		}
	}
	return r.printEstimates(w)
}
