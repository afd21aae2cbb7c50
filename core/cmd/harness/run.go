package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"harness/core/run"
	"harness/core/session"
)

func newRun(o *options) *cobra.Command {
	var quiet, retry bool
	cmd := &cobra.Command{
		Use:   "run STUDY.hcl",
		Short: "Run a study, or continue it, and print its tables",
		Long: `Run a study, or continue it, and print its tables.

Finished steps are kept in the store. Whatever stops the run, the same command
continues it. Progress goes to standard error, the tables to standard output.

A patch or bug that could not be judged because of the machine does not stop the
run: the report counts it. With --retry-errors it is judged again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args[0], quiet, retry)
		},
	}
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print no progress, only the tables and errors")
	cmd.Flags().BoolVar(&retry, "retry-errors", false, "judge again what could not be judged before")
	return cmd
}

func (o *options) run(cmd *cobra.Command, file string, quiet, retry bool) error {
	ctx := cmd.Context()
	s, err := o.open(ctx, file, session.Run)
	if err != nil {
		return err
	}
	defer s.Close()
	if retry {
		if _, err := run.Retry(ctx, s.Plan, s.Store, s.Results); err != nil {
			return err
		}
	}
	progress := newProgress(os.Stderr, len(s.Plan.Steps), quiet)
	summary, runErr := run.Run(ctx, s.Plan, s.Env(), run.DefaultLimits(), progress)
	progress.Close()
	runErr = errors.Join(runErr, s.Ran())
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return runErr
	}
	if !quiet {
		fmt.Fprintf(os.Stderr, "%d steps run, %d already done, %d failed, %d skipped\n", summary.Ran, summary.Kept, summary.Failed, summary.Skipped)
	}
	if err := writeReport(cmd.OutOrStdout(), s, "terminal"); err != nil {
		return errors.Join(runErr, err)
	}
	return explain(runErr)
}

// explain lists every failed step, each with its cause.
func explain(err error) error {
	var failed *run.FailedError
	if !errors.As(err, &failed) || len(failed.Errs) == 1 {
		return err
	}
	all := []error{fmt.Errorf("%d steps failed; what does not depend on them is done and kept", len(failed.Errs))}
	for i, s := range failed.Steps {
		all = append(all, fmt.Errorf("%s: %w", s.Label, failed.Errs[i]))
	}
	return errors.Join(all...)
}
