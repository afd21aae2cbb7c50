package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/score"
	"harness/core/session"
	"harness/reports"
)

func newReport(o *options) *cobra.Command {
	return newReading(o, "report STUDY.hcl", "Print a study's tables from its finished steps", `Print a study's tables from its finished steps, with notes on what a reader must
know: trials that are not finished, bugs that do not count, patterns in verdicts
that no sound judge produces. Nothing is computed, and no plugin is started.`, writeReport)
}

func newCompare(o *options) *cobra.Command {
	return newReading(o, "compare STUDY.hcl", "Print a study's results beside the published ones, and why they differ", `Print a study's results beside the published ones, and why they differ. See
"harness help published".`, writeComparison)
}

// newReading is a command that renders the finished results of a study.
func newReading(o *options, use, short, long string, write func(io.Writer, *session.Session, string) error) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(reports.Formats(), format) {
				return fmt.Errorf("%w: --format %q: expected one of %s", errUsage, format, strings.Join(reports.Formats(), ", "))
			}
			s, err := o.open(cmd.Context(), args[0], session.Read)
			if err != nil {
				return err
			}
			defer s.Close()
			return write(cmd.OutOrStdout(), s, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "terminal", "one of "+strings.Join(reports.Formats(), ", "))
	return cmd
}

// writeReport renders the finished results.
func writeReport(w io.Writer, s *session.Session, format string) error {
	trials, notes, err := finished(s)
	if err != nil {
		return err
	}
	report, err := reports.Build(s.Study.Name, s.Study.Title, tableSpecs(s.Plan), trials, notes)
	if err != nil {
		return err
	}
	return reports.Write(w, report, format)
}

// writeComparison renders them beside what others published.
func writeComparison(w io.Writer, s *session.Session, format string) error {
	trials, notes, err := finished(s)
	if err != nil {
		return err
	}
	var voids []score.Void
	for _, v := range s.Study.Voids {
		voids = append(voids, score.Void{Where: v.Where, Bugs: v.Bugs, Ranks: v.Ranks})
		notes = append(notes, fmt.Sprintf("the study calls published verdicts void (%s): %s", v.Name, v.Reason))
	}
	report, err := reports.Compare(s.Study.Name, s.Study.Title, tableSpecs(s.Plan), trials, score.Agreements(trials, voids), notes)
	if err != nil {
		return err
	}
	return reports.Write(w, report, format)
}

// finished reads the trials that are done, and what a reader must know of them.
func finished(s *session.Session) (trials []score.Trial, notes []string, err error) {
	for _, t := range s.Plan.Trials {
		if !s.Results.Has(t.Score) {
			continue
		}
		var trial score.Trial
		if err := s.Results.ReadJSON(t.Score, "trial.json", &trial); err != nil {
			return nil, nil, err
		}
		trials = append(trials, trial)
	}
	if missing := len(s.Plan.Trials) - len(trials); missing > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d trials are not finished; their cells are empty", missing, len(s.Plan.Trials)))
	}
	data, err := dataOf(s)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range data {
		notes = append(notes, d.notes()...)
	}
	for _, b := range s.Plan.Benchmarks {
		about, err := benchmarkNotes(s.Results, b)
		if err != nil {
			return nil, nil, err
		}
		notes = append(notes, about...)
	}
	backends, err := backendNotes(s)
	if err != nil {
		return nil, nil, err
	}
	notes = append(notes, backends...)
	notes = append(notes, score.UnsoundNotes(trials)...)
	about, err := recordingNotes(s)
	if err != nil {
		return nil, nil, err
	}
	notes = append(notes, about...)
	notes = append(notes, score.UnrecordedNotes(trials)...)
	notes = append(notes, score.AttemptNotes(trials)...)
	notes = append(notes, score.ExtractionNotes(trials)...)
	notes = append(notes, score.CandidateNotes(trials)...)
	for _, trial := range trials {
		notes = append(notes, score.TrainingNotes(trial)...)
	}
	notes = append(notes, score.JudgingNotes(trials)...)
	for _, lint := range score.Lints(trials) {
		notes = append(notes, lint.String())
	}
	return trials, notes, nil
}

func tableSpecs(p *plan.Plan) []reports.TableSpec {
	var tables []reports.TableSpec
	for _, t := range p.Study.Tables {
		tables = append(tables, reports.TableSpec{Name: t.Name, Title: t.Title, Rows: t.Rows, Columns: t.Columns, Values: t.Values})
	}
	return tables
}
