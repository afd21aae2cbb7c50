package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"harness/core/session"
	"harness/core/step"
	"harness/core/store"
)

func newWhy(o *options) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "why STUDY.hcl {STEP | LABEL=VALUE,…}",
		Short: "Show what a result comes from, or why a step would run again",
		Long: `Show what a result comes from: the settings and inputs that decide it, down to
the digests of files, and what accompanied it: plugin binaries, device, sandbox,
machine and times. Of a step that would run, show what changed since the last
run that reached it.

STEP is a step's key, the beginning of one, or its label, as "harness plan
--format json" lists them. LABEL=VALUE,… names cells of a table by labels of
trials:

  harness why studies/quick.hcl model=codegen,adapter=lora
  harness why studies/quick.hcl train-01ab
  harness why studies/quick.hcl "clean fixes"`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			s, err := o.open(cmd.Context(), args[0], session.Explain)
			if err != nil {
				return err
			}
			defer s.Close()
			asked, err := stepsNamed(s, args[1])
			if err != nil {
				return err
			}
			if format == "json" {
				return writeExplanations(cmd.OutOrStdout(), s, asked)
			}
			t := &tree{w: cmd.OutOrStdout(), printed: map[step.ID]bool{}}
			for _, id := range asked {
				if t.all, err = s.Explain(id); err != nil {
					return err
				}
				if err := t.print(id, "", ""); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return cmd
}

// stepsNamed finds the steps that are asked about.
func stepsNamed(s *session.Session, name string) ([]step.ID, error) {
	var found []step.ID
	if strings.Contains(name, "=") {
		wanted := map[string]string{}
		for _, pair := range strings.Split(name, ",") {
			label, value, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, fmt.Errorf("%w: %q: expected LABEL=VALUE", errUsage, pair)
			}
			wanted[label] = value
		}
		for _, t := range s.Plan.Trials {
			fits := true
			for label, value := range wanted {
				fits = fits && t.Labels[label] == value
			}
			if fits {
				found = append(found, t.Score)
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%w: study %s has no trial with %s", errUsage, s.Study.Name, name)
		}
		return found, nil
	}
	for _, one := range s.Plan.Steps {
		key, _ := s.Results.Key(one.ID)
		if one.Label == name || strings.HasPrefix(string(key), name) || strings.HasPrefix(string(one.ID), name) {
			found = append(found, one.ID)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("%w: study %s has no step %q; `harness plan STUDY.hcl --format json` lists them", errUsage, s.Study.Name, name)
	case len(found) > 1:
		return nil, fmt.Errorf("%w: %q is the beginning of %d steps; give more digits", errUsage, name, len(found))
	}
	return found, nil
}

func writeExplanations(w io.Writer, s *session.Session, asked []step.ID) error {
	report := struct {
		Study string                           `json:"study"`
		Asked []step.ID                        `json:"asked"`
		Steps map[step.ID]*session.Explanation `json:"steps"`
	}{s.Study.Name, asked, map[step.ID]*session.Explanation{}}
	for _, id := range asked {
		all, err := s.Explain(id)
		if err != nil {
			return err
		}
		for id, e := range all {
			report.Steps[id] = e
		}
	}
	return writeIndented(w, report)
}

// tree prints explanations, each step once.
type tree struct {
	w       io.Writer
	all     map[step.ID]*session.Explanation
	printed map[step.ID]bool
}

func (t *tree) print(id step.ID, indent, as string) error {
	e := t.all[id]
	state := "to do"
	if e.Done {
		state = e.Key.Short()
	}
	if t.printed[id] {
		_, err := fmt.Fprintf(t.w, "%s%s%s  %s (above)\n", indent, as, e.Label, state)
		return err
	}
	t.printed[id] = true
	lines := []string{fmt.Sprintf("%s%s%s  %s", indent, as, e.Label, state)}
	below := indent + "    "
	for _, because := range e.Because {
		lines = append(lines, below+"because "+because)
	}
	lines = append(lines, below+"settings "+string(e.Settings))
	for _, line := range provenanceLines(e.Provenance) {
		lines = append(lines, below+line)
	}
	lines = append(lines, fileLines(below, e.Files)...)
	if _, err := fmt.Fprintln(t.w, strings.Join(lines, "\n")); err != nil {
		return err
	}
	for _, in := range e.Inputs {
		digest := ""
		if in.Digest != "" {
			digest = fmt.Sprintf(" %.12s", in.Digest)
		}
		if err := t.print(in.Step, below, in.Name+digest+" ← "); err != nil {
			return err
		}
	}
	return nil
}

// mostFiles is how many files of a step are listed; a fetched benchmark may have
// thousands.
const mostFiles = 12

func fileLines(indent string, files []store.File) []string {
	var lines []string
	for _, f := range files[:min(len(files), mostFiles)] {
		lines = append(lines, fmt.Sprintf("%sfile %.12s %s (%s)", indent, f.SHA256, f.Name, strings.TrimSpace(size(f.Bytes))))
	}
	if more := len(files) - mostFiles; more > 0 {
		lines = append(lines, fmt.Sprintf("%sand %d more files (--format json lists all)", indent, more))
	}
	return lines
}

func provenanceLines(p *step.Provenance) []string {
	if p == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("made on %s (%s/%s, %d cores), %s, in %s", p.Machine.Host, p.Machine.OS, p.Machine.Arch, p.Machine.CPUs,
		p.Start.Local().Format(time.DateTime), p.End.Sub(p.Start))}
	for _, plugin := range p.Plugins {
		lines = append(lines, fmt.Sprintf("with %s %s %s, binary %.12s", plugin.Kind, plugin.Name, plugin.Version, plugin.Checksum))
	}
	if d := p.Device; d != nil {
		lines = append(lines, fmt.Sprintf("on %s: %s", d.Backend, d.Description))
	}
	if b := p.Sandbox; b != nil && b.Driver != "" {
		lines = append(lines, "in boxes of "+b.Driver)
	}
	return slices.Clip(lines)
}
