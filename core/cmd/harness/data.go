package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/plan"
	"harness/core/session"
	"harness/core/step"
)

// trainingData is what is known of a data set that the study trains on.
type trainingData struct {
	Dataset string `json:"dataset"`
	// Samples were read, Skipped were none, by the plugin's reason.
	Samples  int            `json:"samples"`
	Skipped  map[string]int `json:"skipped,omitempty"`
	Licences map[string]int `json:"licences,omitempty"` // of samples, as far as they say
	// Duplicates were dropped; Leaks, of the Compared, are like a method of a
	// benchmark, and what became of them Leakage says: drop, keep, or fail, with
	// which there are none. Leakage is empty where none were looked for.
	Duplicates int     `json:"duplicates"`
	Compared   int     `json:"compared,omitempty"`
	Leaks      int     `json:"leaks"`
	Leakage    string  `json:"leakage,omitempty"`
	Similarity float64 `json:"similarity,omitempty"`
	// Bugs were looked for; WholeFiles of them as whole files only.
	Bugs       int          `json:"bugs,omitempty"`
	WholeFiles int          `json:"whole_files,omitempty"`
	Leaked     []leakedBugs `json:"leaked,omitempty"`
	// Examples say what became of the samples as token ids, as far as that is
	// done.
	Examples []modelExamples `json:"examples,omitempty"`
}

// modelExamples are the examples of a model with a prompt.
type modelExamples struct {
	Model  string `json:"model"`
	Prompt string `json:"prompt"`
	step.ExamplesSummary
}

func examplesOf(s *session.Session, d *plan.Data) ([]modelExamples, error) {
	var all []modelExamples
	for _, st := range s.Plan.Steps { // in their order
		of, ok := d.Examples[st.ID]
		if !ok || !s.Results.Has(st.ID) {
			continue
		}
		one := modelExamples{Model: of.Model, Prompt: of.Prompt}
		if err := s.Results.ReadJSON(st.ID, "examples.json", &one.ExamplesSummary); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// leakedBugs are the bugs of a benchmark that samples are like.
type leakedBugs struct {
	Benchmark string         `json:"benchmark"`
	Samples   int            `json:"samples"`
	Bugs      map[string]int `json:"bugs"` // to how many samples are like it
}

// dataOf describes the data sets whose steps are done.
func dataOf(s *session.Session) ([]trainingData, error) {
	var all []trainingData
	for _, d := range s.Plan.Data {
		if !s.Results.Has(d.Read) || slices.ContainsFunc(d.Cleaned, func(id step.ID) bool { return !s.Results.Has(id) }) {
			continue
		}
		var read step.DatasetSummary
		if err := s.Results.ReadJSON(d.Read, "dataset.json", &read); err != nil {
			return nil, err
		}
		one := trainingData{Dataset: d.Name, Samples: read.Samples, Skipped: read.Skipped, Licences: read.Licences}
		names := map[string]string{} // of benchmarks, by the digest of their methods
		for id, name := range d.Benchmarks {
			if !s.Results.Has(id) {
				continue
			}
			part, err := s.Results.Part(id, step.LeaksPart)
			if err != nil {
				return nil, err
			}
			names[part] = name
		}
		for _, id := range d.Cleaned {
			var cleaning step.Cleaning
			if err := s.Results.ReadJSON(id, "clean.json", &cleaning); err != nil {
				return nil, err
			}
			one.add(cleaning, names)
		}
		var err error
		if one.Examples, err = examplesOf(s, d); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (d *trainingData) add(c step.Cleaning, names map[string]string) {
	d.Duplicates += c.Duplicates
	if c.Mode == "" {
		return
	}
	d.Compared, d.Leaks, d.Leakage, d.Similarity = c.Samples, c.Leaks, c.Mode, c.Similarity
	d.Bugs, d.WholeFiles = c.Bugs, c.Whole
	for _, leaked := range c.Leaked {
		name := names[leaked.Benchmark]
		at := slices.IndexFunc(d.Leaked, func(l leakedBugs) bool { return l.Benchmark == name })
		if at < 0 {
			at = len(d.Leaked)
			d.Leaked = append(d.Leaked, leakedBugs{Benchmark: name, Bugs: map[string]int{}})
		}
		d.Leaked[at].Samples += leaked.Samples
		d.Leaked[at].Bugs[leaked.Bug] += leaked.Samples
	}
}

// notes say in sentences what a reader of the study's numbers should know.
func (d trainingData) notes() []string {
	var notes []string
	note := func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf("data set %s: ", d.Dataset)+fmt.Sprintf(format, args...))
	}
	if len(d.Skipped) > 0 {
		note("%d samples read; skipped: %s", d.Samples, counts(d.Skipped))
	}
	if d.Duplicates > 0 {
		note("%d of %d samples repeat an earlier one and were dropped", d.Duplicates, d.Samples)
	}
	if d.Leaks > 0 {
		what := map[string]string{step.DropLeaks: "were dropped", step.KeepLeaks: "were trained on all the same (leakage = \"keep\")"}[d.Leakage]
		note("%d of %d samples are like methods of the benchmarks (they equal or contain one, or have a similarity of %g at least) and %s: %s",
			d.Leaks, d.Compared, d.Similarity, what, d.where())
	} else if d.Leakage != "" {
		note("none of %d samples is like a method of the %d bugs (equals or contains one, or has a similarity of %g at least)", d.Compared, d.Bugs, d.Similarity)
	}
	if d.WholeFiles > 0 {
		note("for %d of the %d bugs it is not known which methods their fixes change: samples were compared with whole files, so that those that are like a method of theirs were not found", d.WholeFiles, d.Bugs)
	}
	for _, e := range d.Examples {
		if e.TooLong > 0 {
			note("%s, prompt %s: %d of %d samples are longer than the recipe allows and were not trained on", e.Model, e.Prompt, e.TooLong, e.Samples)
		}
		if e.Beyond > 0 {
			note("%s, prompt %s: %d of %d samples are longer than the model's %d positions and were not trained on", e.Model, e.Prompt, e.Beyond, e.Samples, e.Positions)
		}
	}
	if len(d.Licences) > 0 {
		note("licences of the samples: %s", counts(d.Licences))
	}
	return notes
}

func (d trainingData) where() string {
	var parts []string
	for _, l := range d.Leaked {
		parts = append(parts, fmt.Sprintf("%d of %s (%s)", l.Samples, l.Benchmark, first(slices.Sorted(maps.Keys(l.Bugs)), 10)))
	}
	return strings.Join(parts, ", ")
}

// first lists some names and says how many more there are.
func first(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// counts lists what is counted, the most frequent first.
func counts(of map[string]int) string {
	names := slices.Sorted(maps.Keys(of))
	slices.SortStableFunc(names, func(a, b string) int { return of[b] - of[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", of[name], name)
	}
	return first(names, 10)
}
