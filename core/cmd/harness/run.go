package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"harness/core/plan"
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
	ranErr := s.Ran()
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return errors.Join(runErr, ranErr)
	}
	if !quiet {
		fmt.Fprintf(os.Stderr, "%d steps run, %d already done, %d failed, %d skipped\n", summary.Ran, summary.Kept, summary.Failed, summary.Skipped)
	}
	if err := writeReport(cmd.OutOrStdout(), s, "terminal"); err != nil {
		return errors.Join(runErr, ranErr, err)
	}
	return errors.Join(explain(s, runErr), ranErr)
}

// explain sums up what failed, whose causes were said when it did. Causes that are
// mistakes of the study are shown where they are made.
func explain(s *session.Session, err error) error {
	var failed *run.FailedError
	if !errors.As(err, &failed) {
		return err
	}
	var mistakes hcl.Diagnostics
	others := 0
	for _, cause := range failed.Errs {
		placed := plan.Mistakes(s.Study, cause)
		if mistakes = append(mistakes, placed...); len(placed) == 0 {
			others++
		}
	}
	if len(mistakes) > 0 {
		if err := printDiagnostics(s.Sources, s.Sources.Sorted(mistakes)); err != nil {
			return err
		}
	}
	switch others {
	case 0:
		return session.ErrMistakes
	case 1:
		return errors.New("a step failed, as said above; what does not depend on it is done and kept")
	}
	return fmt.Errorf("%d steps failed, as said above; what does not depend on them is done and kept", others)
}
