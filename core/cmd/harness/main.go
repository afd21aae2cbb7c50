// Command harness describes, runs and reports studies of the kind "fine-tune
// code models N ways, let them repair bugs, count what the test suites
// accept". See the README for a first study.
//
// Exit codes: 0 done; 1 work failed; 2 the study or the command line is
// wrong; 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"harness/core/session"
)

const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

var (
	// errUsage marks errors that the user can mend in the command line.
	errUsage = errors.New("usage")
	// errInterrupted is the cause of a context cancelled by a signal.
	errInterrupted = errors.New("interrupted")
)

// version is stamped by the Makefile.
var version = "unstamped"

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel(errInterrupted)
		<-signals // a second one does not wait for what is under way
		os.Exit(exitInterrupted)
	}()
	os.Exit(execute(ctx, os.Args[1:]))
}

func execute(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(context.Cause(ctx), errInterrupted):
		fmt.Fprintln(os.Stderr, "harness: interrupted; finished steps are kept, and the same command continues")
		return exitInterrupted
	case errors.Is(err, session.ErrMistakes):
		return exitUsage
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "harness:", err)
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, "harness:", err)
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "harness",
		Short:         "Fine-tune code models, let them repair bugs, and count what the test suites accept",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w (see %q)", errUsage, err, cmd.CommandPath()+" --help")
	})
	o := &options{}
	o.register(root.PersistentFlags())
	root.AddCommand(newValidate(o), newPlan(o), newRun(o), newReport(o), newCompare(o), newWhy(o), newExport(o), newAdapters(o), newBenchmarks(o), newPlugins(o), newDocs(o), newDoctor(o))
	root.SetHelpCommand(newHelp())
	listTopics(root)
	// cobra reports an unknown command and a wrong number of arguments as
	// plain errors; both are the command line's.
	markUsage(root)
	return root
}

func markUsage(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, list []string) error {
			if err := args(c, list); err != nil {
				return fmt.Errorf("%w: %w (see %q)", errUsage, err, c.CommandPath()+" --help")
			}
			return nil
		}
	}
	if !cmd.HasSubCommands() {
		return
	}
	if cmd.RunE == nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: %s has no command %q (see %q)", errUsage, c.CommandPath(), args[0], c.CommandPath()+" --help")
			}
			return c.Help()
		}
		cmd.Args = cobra.ArbitraryArgs
	}
	for _, sub := range cmd.Commands() {
		markUsage(sub)
	}
}
