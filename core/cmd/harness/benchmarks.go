package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"harness/core/pluginhost"
	"harness/core/run"
	"harness/core/session"
	"harness/core/study"
)

func newBenchmarks(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "benchmarks", Short: "List benchmarks and their bugs, and check that the bugs reproduce"}
	cmd.AddCommand(newBenchmarksList(o), newBenchmarksCheck(o), newBenchmarksExport(o), newBenchmarksImport(o))
	return cmd
}

// benchmarkChoice says which benchmark, set how, and which of its bugs.
type benchmarkChoice struct {
	*options
	study string
	set   []string
	bugs  []string
	quiet bool
	retry bool // prove again what could not be judged
}

func (c *benchmarkChoice) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.study, "study", "", "take the benchmark block NAME of this study `file`, and keep results in its store")
	cmd.Flags().StringArrayVar(&c.set, "set", nil, "set an attribute of the benchmark's block: `name=value` (may be repeated)")
	cmd.Flags().StringSliceVar(&c.bugs, "bugs", nil, "only these bugs: `ID,ID`")
	cmd.Flags().BoolVar(&c.quiet, "quiet", false, "print no progress, only the result and errors")
}

// chosenBenchmark is a benchmark in a study: a file's, or one with nothing else
// in it.
type chosenBenchmark struct {
	study   *study.Study
	sources *study.Sources
	block   *study.Block
}

// find reads the study, or the settings. Driver replaces the study's sandbox
// driver, if it is not empty.
func (c *benchmarkChoice) find(ctx context.Context, host *pluginhost.Host, name, driver string) (*chosenBenchmark, error) {
	found := &chosenBenchmark{}
	var err error
	if c.study != "" {
		if len(c.set) > 0 {
			return nil, fmt.Errorf("%w: --set and --study exclude each other: the study sets its benchmarks", errUsage)
		}
		if found.study, found.sources, err = c.load(ctx, host, c.study); err != nil {
			return nil, err
		}
	} else if found.study, found.sources, err = c.alone(ctx, host, name); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found.study.Benchmarks, func(b *study.Block) bool { return b.Name == name })
	if i < 0 {
		var names []string
		for _, b := range found.study.Benchmarks {
			names = append(names, b.Name)
		}
		return nil, fmt.Errorf("%w: study %s has no benchmark %q; it has %q", errUsage, c.study, name, names)
	}
	found.block = found.study.Benchmarks[i]
	if len(c.bugs) > 0 {
		found.block.Bugs = c.bugs
	}
	if found.study.Sandbox == nil {
		found.study.Sandbox = &study.Sandbox{Driver: "auto"}
	}
	if driver != "" {
		found.study.Sandbox.Driver = driver
	}
	return found, nil
}

// alone reads a benchmark that is set on the command line.
func (c *benchmarkChoice) alone(ctx context.Context, host *pluginhost.Host, name string) (*study.Study, *study.Sources, error) {
	settings, err := study.ParseSettings(c.set)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	s, sources, diagnostics := study.LoadBenchmark(ctx, name, settings, study.Options{Plugins: host})
	if len(diagnostics) == 0 {
		return s, sources, nil
	}
	if err := printDiagnostics(sources, diagnostics); err != nil {
		return nil, nil, err
	}
	if diagnostics.HasErrors() {
		return nil, nil, session.ErrMistakes
	}
	return s, sources, nil
}

// work makes what the study's store lacks: the benchmark's chosen bugs, and with
// judged their baseline. The session is to be closed, whatever the error.
func (c *benchmarkChoice) work(ctx context.Context, host *pluginhost.Host, found *chosenBenchmark, judged bool, driver string) (*session.Session, error) {
	settings, err := c.session()
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	s, err := session.OpenBenchmark(ctx, host, found.study, found.sources, found.block, judged, driver, settings)
	if err != nil {
		return nil, err
	}
	if c.retry {
		if _, err := run.Retry(ctx, s.Plan, s.Store, s.Results); err != nil {
			return s, err
		}
	}
	progress := newProgress(os.Stderr, len(s.Plan.Steps), c.quiet)
	_, err = run.Run(ctx, s.Plan, s.Env(), run.DefaultLimits(), progress)
	progress.Close()
	return s, explain(s, err)
}

// checkFormat refuses formats other than terminal and json.
func checkFormat(format string) error {
	if !slices.Contains([]string{"terminal", "json"}, format) {
		return fmt.Errorf("%w: --format %q: expected terminal or json", errUsage, format)
	}
	return nil
}

// labelsText writes labels in one order: "class=null functions=single".
func labelsText(labels map[string]string) string {
	var parts []string
	for name, value := range labels {
		parts = append(parts, name+"="+value)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
