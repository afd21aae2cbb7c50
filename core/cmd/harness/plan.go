package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/store"
)

// planReport is the plan's JSON, stable: fields are added, never changed.
type planReport struct {
	Study  string     `json:"study"`
	Steps  []planStep `json:"steps"`
	Totals planTotals `json:"totals"`
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
			if !slices.Contains([]string{"terminal", "json"}, format) {
				return fmt.Errorf("%w: --format %q: expected terminal or json", errUsage, format)
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
			if format == "json" {
				out := json.NewEncoder(cmd.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(r)
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
	alone := 0
	for _, t := range p.Trials {
		alone += len(p.Reach(t))
	}
	r.Totals.Shared = alone - r.Totals.Steps
	return r
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
	_, err := fmt.Fprintf(w, "%d trials; %d steps are shared instead of repeated\n", r.Totals.Trials, r.Totals.Shared)
	return err
}
