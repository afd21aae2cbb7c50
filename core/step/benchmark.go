package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	pb "harness/core/protocol/harnesspb"
	"harness/core/store"
)

// Benchmark fetches all of a benchmark: its bugs into bugs.jsonl, with the
// labels that the host adds, and what judging them needs into data/. Studies
// that use different bugs of it share one.
type Benchmark struct {
	Plugin Plugin `json:"plugin"`
}

func (Benchmark) Kind() string       { return "benchmark" }
func (Benchmark) Version() int       { return 2 }
func (Benchmark) Needs() []store.Key { return nil }
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
	err = bench.Fetch(ctx, &pb.FetchRequest{Config: w.Plugin.Config, BaseDir: w.Plugin.BaseDir, Dir: data}, func(e *pb.FetchEvent) {
		env.Progress(e.Done, e.Total, e.Message)
	})
	if err != nil {
		return fmt.Errorf("fetch benchmark: %w", err)
	}
	out, err := createLines(dir, "bugs.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	seen := map[string]bool{}
	err = bench.Bugs(ctx, &pb.BugsRequest{Config: w.Plugin.Config, Dir: data}, func(r *pb.BugRecord) error {
		if err := checkBug(r); err != nil {
			return err
		}
		if seen[r.Bug.Id] {
			return fmt.Errorf("bug %s comes twice", r.Bug.Id)
		}
		seen[r.Bug.Id] = true
		addLabels(r)
		return out.write(r)
	})
	if err != nil {
		return fmt.Errorf("benchmark %s: %w", w.Plugin.Name, err)
	}
	if len(seen) == 0 {
		return fmt.Errorf("benchmark %s has no bugs", w.Plugin.Name)
	}
	return nil
}

// benchmarkData is the folder that a finished Benchmark step fetched.
func benchmarkData(s *store.Store, benchmark store.Key) string {
	return filepath.Join(s.Path(benchmark), "data")
}

// Bugs chooses the bugs of a benchmark that a study uses. It leaves bugs.jsonl,
// in the benchmark's order.
type Bugs struct {
	Benchmark store.Key `json:"benchmark"`
	// IDs and Where restrict the choice; empty: all.
	IDs   []string            `json:"ids,omitempty"`
	Where map[string][]string `json:"where,omitempty"` // label → values, one of which a bug must have
}

func (Bugs) Kind() string         { return "bugs" }
func (Bugs) Version() int         { return 1 }
func (w Bugs) Needs() []store.Key { return []store.Key{w.Benchmark} }
func (Bugs) Resource() Resource   { return IO }

func (w Bugs) Run(_ context.Context, env *Env, dir string) (err error) {
	all, err := ReadBugs(env.Store, w.Benchmark)
	if err != nil {
		return err
	}
	chosen, err := w.Choose(all)
	if err != nil {
		return fmt.Errorf("choose bugs: %w", err)
	}
	out, err := createLines(dir, "bugs.jsonl")
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

// ReadBugs reads what a finished Benchmark or Bugs step left.
func ReadBugs(s *store.Store, key store.Key) ([]*pb.BugRecord, error) {
	var all []*pb.BugRecord
	err := readLines(s, key, "bugs.jsonl", func(r *pb.BugRecord) error {
		all = append(all, r)
		return nil
	})
	return all, err
}
