package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
)

func newBenchmarksExport(o *options) *cobra.Command {
	choice := &benchmarkChoice{options: o}
	var to string
	cmd := &cobra.Command{
		Use:   "export NAME --to FOLDER",
		Short: "Write a benchmark's bugs so that machines without its tools can judge them",
		Long: `Write a benchmark's bugs, with what judging them needs, into a folder. The same
plugin serves them from there on machines without the benchmark's own tools:
defects4j on a cluster without Perl and Ant. Bugs that are in the folder already
are kept unless they are written again. Not every benchmark can do this.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return fmt.Errorf("%w: export needs --to FOLDER", errUsage)
			}
			return choice.export(cmd, args[0], to)
		},
	}
	choice.register(cmd)
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write")
	return cmd
}

func (c *benchmarkChoice) export(cmd *cobra.Command, name, to string) error {
	ctx := cmd.Context()
	dir, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	host := c.host()
	defer host.Close()
	found, err := c.find(ctx, host, name, "")
	if err != nil {
		return err
	}
	request := &pb.ExportRequest{Config: found.block.Config, BaseDir: found.study.Dir, Dir: dir, Bugs: found.block.Bugs}
	if len(found.block.Where) > 0 { // labels are known of fetched bugs only
		s, err := c.work(ctx, host, found, false, "")
		if s != nil {
			defer s.Close()
		}
		if err != nil {
			return err
		}
		bugs, err := step.ReadBugs(s.Results, s.Plan.Benchmarks[0].Bugs)
		if err != nil {
			return err
		}
		request.Bugs = nil
		for _, b := range bugs {
			request.Bugs = append(request.Bugs, b.Bug.Id)
		}
	}
	plugin, err := host.Benchmark(ctx, found.block.Type)
	if err != nil {
		return err
	}
	err = plugin.Export(ctx, request, func(e *pb.FetchEvent) {
		switch {
		case c.quiet:
		case e.Total > 0:
			fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d  %s\n", e.Done, e.Total, e.Message)
		default:
			fmt.Fprintln(cmd.ErrOrStderr(), e.Message)
		}
	})
	if err != nil {
		return fmt.Errorf("export benchmark %s: %w", name, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "bugs of %s written to %s\n", name, to)
	return err
}
