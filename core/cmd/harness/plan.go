package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
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
	// Together says of each trained network whether its trainings run side by
	// side.
	Together []plan.Stack `json:"together,omitempty"`
	// Refusals tell of bugs that a model cannot be asked about; nothing is known
	// of the benchmarks in Unfetched yet.
	Refusals  []*plan.Refusal `json:"refusals,omitempty"`
	Unfetched []string        `json:"unfetched,omitempty"`
}

type planDevice struct {
	Backend     string `json:"backend"`
	MemoryBytes int64  `json:"memory_bytes"` // 0: not known
}

type planStep struct {
	Key   store.Key   `json:"key"`
	Kind  string      `json:"kind"`
	Label string      `json:"label"`
	Needs []store.Key `json:"needs"`
	State string      `json:"state"` // done, todo
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
		Short: "Show the trials and steps of a study, and which are done",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			host := o.host()
			defer host.Close()
			p, err := o.planned(cmd.Context(), host, args[0])
			if err != nil {
				return err
			}
			s, err := o.openStore(p.Study)
			if err != nil {
				return err
			}
			r := describePlan(p, s)
			if r.Data, err = dataOf(p, s); err != nil {
				return err
			}
			if err := o.estimate(cmd.Context(), host, p, s, &r); err != nil {
				return err
			}
			env := &step.Env{Store: s, Plugins: host, Log: o.logger()}
			if r.Refusals, r.Unfetched, err = p.Refusals(cmd.Context(), env); err != nil {
				return err
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

func describePlan(p *plan.Plan, s *store.Store) planReport {
	r := planReport{Study: p.Study.Name, Totals: planTotals{Trials: len(p.Trials), Kinds: map[string]kindTotals{}}}
	for _, st := range p.Steps {
		kind := r.Totals.Kinds[st.Work.Kind()]
		kind.Steps++
		state := "todo"
		if s.Has(st.Key) {
			state = "done"
			kind.Done++
			r.Totals.Done++
		}
		r.Totals.Kinds[st.Work.Kind()] = kind
		needs := st.Needs
		if needs == nil {
			needs = []store.Key{}
		}
		r.Steps = append(r.Steps, planStep{st.Key, st.Work.Kind(), st.Label, needs, state})
	}
	r.Totals.Steps = len(p.Steps)
	r.Totals.Todo = r.Totals.Steps - r.Totals.Done
	alone, reached := 0, map[store.Key]bool{} // some steps are no trial's: they only look at data
	for _, t := range p.Trials {
		for _, st := range p.Reach(t) {
			alone++
			reached[st.Key] = true
		}
	}
	r.Totals.Shared = alone - len(reached)
	r.Totals.Epochs = p.Epochs()
	r.Estimates, r.Together = []*plan.Estimate{}, p.Stacks
	return r
}

// estimate adds what the trials need. A device that cannot be opened only
// leaves its size unknown.
func (o *options) estimate(ctx context.Context, host *pluginhost.Host, p *plan.Plan, s *store.Store, r *planReport) error {
	if !slices.ContainsFunc(p.Steps, func(st *step.Step) bool { return st.Work.Resource() == step.Device }) {
		return nil
	}
	r.Device = &planDevice{}
	if engine, err := host.Engine(ctx, o.engine); err != nil {
		o.logger().Warn("the device is not known", "error", err)
	} else if device, err := engine.Device(ctx, &pb.DeviceRequest{}); err != nil {
		o.logger().Warn("the device is not known", "error", err)
	} else {
		r.Device = &planDevice{device.Backend, device.MemoryBytes}
	}
	estimates, err := p.Estimates(ctx, &step.Env{Store: s, Plugins: host, Log: o.logger()}, r.Device.MemoryBytes)
	if err != nil {
		return err
	}
	r.Estimates = append(r.Estimates, estimates...)
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
	for _, note := range append(notes, r.refusalNotes()...) {
		if _, err := fmt.Fprintln(w, note); err != nil {
			return err
		}
	}
	return r.printEstimates(w)
}
