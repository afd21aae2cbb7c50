package main

import (
	"fmt"
	"slices"
	"strings"

	"harness/core/internal/didyoumean"
	"harness/core/plan"
	"harness/core/session"
	"harness/core/step"
)

// recordingNotes names the bugs of recordings that the benchmarks of their trials lack.
func recordingNotes(s *session.Session) ([]string, error) {
	ids := map[string][]string{} // by benchmark, of all its bugs
	var notes []string
	for _, t := range s.Plan.Trials {
		generate := recordedStep(s.Plan, t)
		at := slices.IndexFunc(s.Plan.Benchmarks, func(b *plan.Benchmark) bool { return b.Block.Name == t.Labels["benchmark"] })
		if generate == "" || at < 0 || !s.Results.Has(generate) {
			continue
		}
		b := s.Plan.Benchmarks[at]
		if ids[b.Block.Name] == nil {
			all, err := step.ReadBugs(s.Results, b.Data)
			if err != nil {
				return nil, err
			}
			for _, r := range all {
				ids[b.Block.Name] = append(ids[b.Block.Name], r.Bug.Id)
			}
		}
		recordings, err := step.ReadRecordings(s.Results, generate)
		if err != nil {
			return nil, err
		}
		for _, r := range recordings {
			if note := unknownBugs(r, b.Block.Name, ids[b.Block.Name]); note != "" && !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return notes, nil
}

// recordedStep is the step in which a trial's model answers by itself; empty: the engine
// decodes.
func recordedStep(p *plan.Plan, t *plan.Trial) step.ID {
	for _, s := range p.Reach(t) {
		if work, ok := s.Work.(step.Generate); ok && work.Engine == nil {
			return s.ID
		}
	}
	return ""
}

// unknownBugs says which bugs of a recording a benchmark lacks, or nothing. A recording
// that has none of its bugs, and less than half apart from upper and lower case, is
// another benchmark's.
func unknownBugs(r step.Recording, benchmark string, ids []string) string {
	const most = 10
	var unknown []string
	same, alike := 0, 0
	for _, bug := range r.Bugs {
		near := didyoumean.Nearest(bug, ids)
		if strings.EqualFold(near, bug) {
			alike++
		}
		switch {
		case slices.Contains(ids, bug):
			same++
		case near != "":
			unknown = append(unknown, fmt.Sprintf("%s (did you mean %s?)", bug, near))
		default:
			unknown = append(unknown, bug)
		}
	}
	if len(unknown) == 0 || same == 0 && 2*alike < len(r.Bugs) {
		return ""
	}
	return fmt.Sprintf("%d of %d bugs of the recording %s are not in the benchmark %s, and nothing is judged of them: %s", len(unknown), len(r.Bugs), r.Name, benchmark, first(unknown, most))
}
