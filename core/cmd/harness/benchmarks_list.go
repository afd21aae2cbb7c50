package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/protocol"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
)

// bugEntry is a bug in `benchmarks list NAME --format json`.
type bugEntry struct {
	ID       string            `json:"id"`
	Path     string            `json:"path"`
	Language string            `json:"language,omitempty"`
	Hunks    []lineSpan        `json:"hunks"`
	Function *lineSpan         `json:"function,omitempty"`
	Labels   map[string]string `json:"labels"`
	Licence  string            `json:"licence,omitempty"`
	Origin   string            `json:"origin,omitempty"`
	// Unsound says why nothing can be judged of the bug; it may lack the rest.
	Unsound string `json:"unsound,omitempty"`
}

// lineSpan is lines start … end-1 of the buggy file, counted from 1.
type lineSpan struct {
	Start int32 `json:"start"`
	End   int32 `json:"end"`
}

// benchmarkEntry is a plugin in `benchmarks list --format json`.
type benchmarkEntry struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Summary string `json:"summary"`
}

func newBenchmarksList(o *options) *cobra.Command {
	choice := &benchmarkChoice{options: o}
	var format string
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the benchmarks, or the bugs of one with their labels",
		Long: `List the installed benchmark plugins, or with NAME the bugs of one, with the labels
that a study's "where" and tables may use. The benchmark is fetched into the
store, unless it is there.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			if len(args) == 0 {
				return listBenchmarks(cmd, o, format)
			}
			return choice.list(cmd, args[0], format)
		},
	}
	choice.register(cmd)
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return cmd
}

func listBenchmarks(cmd *cobra.Command, o *options, format string) error {
	host := o.host()
	defer host.Close()
	entries := []benchmarkEntry{}
	for _, name := range host.Names(protocol.Benchmark) {
		d, err := host.Describe(cmd.Context(), protocol.Benchmark, name)
		if err != nil {
			return err
		}
		entries = append(entries, benchmarkEntry{name, d.GetVersion(), d.GetSummary()})
	}
	if format == "json" {
		return writeIndented(cmd.OutOrStdout(), entries)
	}
	table := tablewriter.NewTable(cmd.OutOrStdout())
	table.Header("Name", "Version", "What it is")
	for _, e := range entries {
		if err := table.Append(e.Name, e.Version, e.Summary); err != nil {
			return err
		}
	}
	return table.Render()
}

func (c *benchmarkChoice) list(cmd *cobra.Command, name, format string) error {
	ctx := cmd.Context()
	host := c.host()
	defer host.Close()
	found, err := c.find(ctx, host, name, "")
	if err != nil {
		return err
	}
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
	if format == "json" {
		return writeIndented(cmd.OutOrStdout(), bugEntries(bugs))
	}
	if err := printBugs(cmd.OutOrStdout(), bugs); err != nil {
		return err
	}
	return printNotes(cmd.OutOrStdout(), s.Results, s.Plan.Benchmarks[0])
}

func bugEntries(bugs []*pb.BugRecord) []bugEntry {
	entries := []bugEntry{}
	for _, r := range bugs {
		b := r.Bug
		e := bugEntry{ID: b.Id, Path: b.Path, Language: b.Language, Labels: b.Labels, Licence: r.Licence, Origin: r.Origin, Unsound: r.Unsound, Hunks: []lineSpan{}}
		for _, h := range b.Hunks {
			e.Hunks = append(e.Hunks, lineSpan{h.Start, h.End})
		}
		if f := b.Function; f != nil {
			e.Function = &lineSpan{f.Start, f.End}
		}
		entries = append(entries, e)
	}
	return entries
}

func printBugs(w io.Writer, bugs []*pb.BugRecord) error {
	table := tablewriter.NewTable(w)
	table.Header("Bug", "File", "Lines", "Labels")
	for _, r := range bugs {
		if err := table.Append(r.Bug.Id, r.Bug.Path, hunksText(r.Bug.Hunks), labelsText(r.Bug.Labels)); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for _, r := range bugs {
		if r.Unsound != "" {
			fmt.Fprintf(w, "• %s cannot be judged: %s\n", r.Bug.Id, r.Unsound)
		}
	}
	_, err := fmt.Fprintf(w, "%d bugs\n", len(bugs))
	return err
}

// printNotes prints what a reader must know of a benchmark.
func printNotes(w io.Writer, results *step.Results, b *plan.Benchmark) error {
	notes, err := benchmarkNotes(results, b)
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
	return err
}

// hunksText writes lines as people do: "7, 9–11"; "before 3" where lines are
// missing.
func hunksText(hunks []*pb.Span) string {
	var parts []string
	for _, h := range hunks {
		switch h.End - h.Start {
		case 0:
			parts = append(parts, fmt.Sprintf("before %d", h.Start))
		case 1:
			parts = append(parts, fmt.Sprint(h.Start))
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", h.Start, h.End-1))
		}
	}
	return strings.Join(parts, ", ")
}

// writeIndented writes a value as JSON for people and programs.
func writeIndented(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}
