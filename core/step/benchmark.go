package step

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
)

// Benchmark fetches all of a benchmark: its bugs into bugs.jsonl, with the
// labels that the host adds, what judging them needs into data/, and what a
// reader of results must know of it into notes.json. Studies that use different
// bugs of it share one.
type Benchmark struct {
	Plugin Plugin `json:"plugin"`
}

func (Benchmark) Kind() string       { return "benchmark" }
func (Benchmark) Version() int       { return 4 }
func (Benchmark) Inputs() []Input    { return nil }
func (Benchmark) Resource() Resource { return IO }

func (w Benchmark) Run(ctx context.Context, env *Env, dir string) (err error) {
	bench, err := env.Plugins.Benchmark(ctx, w.Plugin.Name)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return fmt.Errorf("fetch benchmark: %w", err)
	}
	notes := []string{}
	err = bench.Fetch(ctx, &pb.FetchRequest{Config: w.Plugin.Config, BaseDir: w.Plugin.BaseDir, Dir: data}, func(e *pb.FetchEvent) {
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
		env.Progress(e.Done, e.Total, cmp.Or(e.Message, e.Note))
	})
	if err != nil {
		return fmt.Errorf("fetch benchmark: %w", err)
	}
	if err := writeJSON(dir, benchmarkNotesFile, notes); err != nil {
		return err
	}
	out, err := createLines(dir, bugsFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	seen, sound := map[string]bool{}, 0
	unsound := score.Reasons{}
	err = bench.Bugs(ctx, &pb.BugsRequest{Config: w.Plugin.Config, Dir: data}, func(r *pb.BugRecord) error {
		if err := judge.CheckBug(r); err != nil {
			return err
		}
		if seen[r.Bug.Id] {
			return fmt.Errorf("bug %s comes twice", r.Bug.Id)
		}
		seen[r.Bug.Id] = true
		if r.Unsound != "" {
			unsound.Add(r.Bug.Id, r.Unsound)
		} else {
			sound++
		}
		addLabels(r)
		return out.write(r)
	})
	if err != nil {
		return fmt.Errorf("benchmark %s: %w", w.Plugin.Name, err)
	}
	if len(seen) == 0 {
		return fmt.Errorf("benchmark %s has no bugs", w.Plugin.Name)
	}
	if sound == 0 {
		return fmt.Errorf("benchmark %s has no bug that can be judged: %s", w.Plugin.Name, &unsound)
	}
	return w.Plugin.unchanged(ctx, env)
}

// LeaksPart is the part of a benchmark step that training data are compared
// with.
const LeaksPart = "leaks"

// Parts implements [Divisible].
func (Benchmark) Parts(dir string) (map[string]string, error) {
	known := &methods{}
	var texts []any
	err := eachLine(filepath.Join(dir, bugsFile), func(r *pb.BugRecord) error {
		all, err := known.of(r)
		texts = append(texts, r.Bug.Id, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	part, err := partOf(texts)
	return map[string]string{LeaksPart: part}, err
}

// benchmarkData is the folder that a finished Benchmark step fetched.
func benchmarkData(ctx context.Context, r *Results, benchmark ID) (string, error) {
	dir, err := r.Folder(ctx, benchmark)
	return filepath.Join(dir, "data"), err
}

// bugsFile holds bugs, a line each.
const bugsFile = "bugs.jsonl"

const benchmarkNotesFile = "notes.json"

// BenchmarkNotes reads what a reader of results must know of a fetched benchmark.
func BenchmarkNotes(r *Results, benchmark ID) (notes []string, err error) {
	err = r.ReadJSON(benchmark, benchmarkNotesFile, &notes)
	return notes, err
}

// Bugs chooses the bugs of a benchmark that a study uses. It leaves bugs.jsonl,
// in the benchmark's order.
type Bugs struct {
	Benchmark ID `json:"-"`
	// IDs and Where restrict the choice; empty: all.
	IDs   []string            `json:"ids,omitempty"`
	Where map[string][]string `json:"where,omitempty"` // label → values; a bug must have one of them
}

func (Bugs) Kind() string       { return "bugs" }
func (Bugs) Version() int       { return 2 }
func (w Bugs) Inputs() []Input  { return []Input{{Name: "benchmark", Step: w.Benchmark}} }
func (Bugs) Resource() Resource { return IO }

// ShownPart is the part of a bugs step that models see.
const ShownPart = "shown"

// Parts implements [Divisible].
func (Bugs) Parts(dir string) (map[string]string, error) {
	var all []*pb.Bug
	err := eachLine(filepath.Join(dir, bugsFile), func(r *pb.BugRecord) error {
		if r.Unsound == "" {
			all = append(all, r.Bug)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var texts []json.RawMessage
	for _, b := range withoutLabels(all) {
		text, err := marshalMessage(b)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	part, err := partOf(texts)
	return map[string]string{ShownPart: part}, err
}

func (w Bugs) Run(_ context.Context, env *Env, dir string) (err error) {
	all, err := ReadBugs(env.Results, w.Benchmark)
	if err != nil {
		return err
	}
	chosen, err := w.Choose(all)
	if err != nil {
		return fmt.Errorf("choose bugs: %w", err)
	}
	out, err := createLines(dir, bugsFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	for _, r := range chosen {
		if err := out.write(r); err != nil {
			return err
		}
	}
	return nil
}

// Judgeable are the bugs that models are asked about: those that the benchmark
// does not call unsound.
func Judgeable(all []*pb.BugRecord) []*pb.BugRecord {
	return slices.DeleteFunc(slices.Clone(all), func(r *pb.BugRecord) bool { return r.Unsound != "" })
}

// ReadBugs reads what a finished Benchmark or Bugs step left.
func ReadBugs(r *Results, id ID) ([]*pb.BugRecord, error) {
	var all []*pb.BugRecord
	err := readLines(r, id, bugsFile, func(r *pb.BugRecord) error {
		all = append(all, r)
		return nil
	})
	return all, err
}
