package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"harness/core/sandbox"
	"harness/core/score"
	"harness/core/step"
)

func newBenchmarksCheck(o *options) *cobra.Command {
	choice := &benchmarkChoice{options: o}
	var driver, format string
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "Check that a benchmark's bugs fail here and that their reference fixes pass",
		Long: `Judge the buggy version and the reference fix of each bug, as a run judges
candidates, and list the bugs that are unsound here: the buggy version passes, or
the reference fix does not, or the benchmark says that it lacks one of its parts.
In a run such a bug counts for no model.

NAME is an installed benchmark, set with --set, or a benchmark block of the
study that --study names, whose runs then use the result. It is kept in the
store (.harness in this folder, or the study's) with facts about the machine, for
each sandbox driver by itself. The exit code is 1 if a bug is unsound.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			if drivers := append(sandbox.Names(), "auto"); driver != "" && !slices.Contains(drivers, driver) {
				return fmt.Errorf("%w: --sandbox %q: expected one of %s", errUsage, driver, strings.Join(drivers, ", "))
			}
			return choice.check(cmd, args[0], driver, format)
		},
	}
	choice.register(cmd)
	cmd.Flags().StringVar(&driver, "sandbox", "", "sandbox `driver`: auto, docker or bubblewrap (default: the study's, else auto)")
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	cmd.Flags().BoolVar(&choice.retry, "retry-errors", false, "judge again the bugs that could not be judged")
	return cmd
}

func (c *benchmarkChoice) check(cmd *cobra.Command, name, driver, format string) error {
	ctx := cmd.Context()
	host := c.host()
	defer host.Close()
	found, err := c.find(ctx, host, name, driver)
	if err != nil {
		return err
	}
	s, err := c.work(ctx, host, found, true, driver)
	if s != nil {
		defer s.Close()
	}
	if err != nil {
		return err
	}
	baseline := s.Plan.Benchmarks[0].Baseline
	file, err := s.Results.File(baseline, "baseline.json")
	if err != nil {
		return err
	}
	record, err := step.ReadBaseline(s.Results, baseline)
	if err != nil {
		return err
	}
	if format == "json" {
		err = writeIndented(cmd.OutOrStdout(), record)
	} else {
		err = printBaseline(cmd.OutOrStdout(), name, record, file)
		if err == nil {
			err = printNotes(cmd.OutOrStdout(), s.Results, s.Plan.Benchmarks[0])
		}
	}
	if err != nil {
		return err
	}
	if n := len(record.Unsound()); n > 0 {
		return fmt.Errorf("%d of %d bugs of %s are unsound here", n, len(record.Bugs), name)
	}
	return nil
}

// printBaseline prints what was found, counts first.
func printBaseline(w io.Writer, name string, record step.BaselineRecord, file string) error {
	outcomes := []string{score.Passed, score.Failed, score.Uncompilable, score.Timeout, score.Crashed, score.Flaky, score.Error}
	counts := map[string]map[string]int{"buggy version": {}, "reference fix": {}}
	for _, b := range record.Bugs {
		counts["buggy version"][b.Buggy.Outcome]++
		counts["reference fix"][b.Reference.Outcome]++
	}
	table := tablewriter.NewTable(w, tablewriter.WithHeaderAutoFormat(tw.Off)) // else names get spaces
	table.Header(append([]string{name}, outcomes...))
	for _, version := range []string{"buggy version", "reference fix"} {
		row := []string{version}
		for _, outcome := range outcomes {
			row = append(row, fmt.Sprint(counts[version][outcome]))
		}
		if err := table.Append(row); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	unsound := record.Unsound()
	for _, b := range record.Bugs {
		if b.Unsound != "" {
			fmt.Fprintf(w, "• %s: %s\n", b.Bug, b.Unsound)
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d bugs fail as they are and pass with their fix (%s, %s/%s)\nrecord: %s\n",
		len(record.Bugs)-len(unsound), len(record.Bugs), cmp.Or(record.Boxes.Driver, "verdicts on record"), record.Machine.OS, record.Machine.Arch, file)
	return err
}
