package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/run"
	"harness/core/sandbox"
	"harness/core/step"
)

func newRun(o *options) *cobra.Command {
	var quiet, retry bool
	cmd := &cobra.Command{
		Use:   "run STUDY.hcl",
		Short: "Run a study, or go on with it, and print its tables",
		Long: `Run a study, or go on with it, and print its tables.

Finished steps are kept in the store; whatever stops the run, the same command
goes on where it was. Progress goes to standard error, the tables to standard
output.

A patch or bug that could not be judged here, for reasons of the machine, does not
stop the run: the report counts it. With --retry-errors such ones are judged again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args[0], quiet, retry)
		},
	}
	cmd.Flags().BoolVar(&quiet, "quiet", false, "no progress, only the tables and errors")
	cmd.Flags().BoolVar(&retry, "retry-errors", false, "judge again what could not be judged")
	return cmd
}

func (o *options) run(cmd *cobra.Command, file string, quiet, retry bool) error {
	ctx := cmd.Context()
	host := o.host()
	defer host.Close()
	p, err := o.planned(ctx, host, file)
	if err != nil {
		return err
	}
	s, err := o.openStore(p.Study)
	if err != nil {
		return err
	}
	if retry {
		if _, err := run.Retry(ctx, p, s); err != nil {
			return err
		}
	}
	judge := &judgePool{options: o, plan: p}
	env := &step.Env{Store: s, Plugins: host, Judge: judge.open, Workers: judge.workers(), Log: o.logger()}
	progress := newProgress(os.Stderr, p, s, quiet)
	summary, runErr := run.Run(ctx, p, env, run.DefaultLimits(), progress)
	progress.Close()
	runErr = errors.Join(runErr, judge.close())
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return runErr
	}
	if !quiet {
		fmt.Fprintf(os.Stderr, "%d steps run, %d already done, %d failed, %d skipped\n", summary.Ran, summary.Kept, summary.Failed, summary.Skipped)
	}
	if err := writeReport(cmd.OutOrStdout(), p, s, "terminal"); err != nil {
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

// judgePool opens the sandbox once, when the first verdict is needed.
type judgePool struct {
	*options
	plan *plan.Plan

	mu     sync.Mutex
	driver sandbox.Driver
	pool   *sandbox.Pool
}

func (j *judgePool) workers() int {
	if box := j.plan.Study.Sandbox; box != nil && box.Workers > 0 {
		return box.Workers
	}
	return runtime.NumCPU()
}

func (j *judgePool) open(ctx context.Context) (*sandbox.Pool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pool != nil {
		return j.pool, nil
	}
	name, err := sandbox.Resolve(ctx, j.plan.Study.Sandbox.Driver)
	if err != nil {
		return nil, err
	}
	driver, err := sandbox.Open(ctx, name, sandbox.Options{Logger: j.logger()})
	if err != nil {
		return nil, err
	}
	// What a killed run left behind is not needed by anyone.
	if err := driver.Cleanup(ctx); err != nil {
		j.logger().Warn("leftovers of earlier runs remain", "error", err)
	}
	j.driver, j.pool = driver, sandbox.NewPool(driver, j.workers())
	return j.pool, nil
}

func (j *judgePool) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pool == nil {
		return nil
	}
	return errors.Join(j.pool.Close(), j.driver.Close())
}
