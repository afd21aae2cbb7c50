// Command judge measures how fast and how reliably programs are judged, on recorded
// candidates of real models. It prints one JSON object a line; everything else goes
// to stderr. It is a tool for developers: `make bench-judge` runs it.
//
//	speed      candidates a second of `harness run` and of the naive way: a fresh
//	           container, javac and java for each candidate. Same machine, same
//	           bugs, as many at a time; the verdicts of both are compared. How much
//	           faster depends on how many of the candidates loop for ever, each of
//	           which costs the naive way its limit: the ratio is given with and
//	           without them.
//	builds     candidates a second of this build and of another (-other), which run
//	           the studies in turn, for each benchmark, with the verdicts that differ.
//	flips      distinct patches judged three times: alone, under full load, and
//	           alone again. A verdict that changes is listed.
//	endurance  so many candidates that a leak shows: the memory of this process and
//	           of its containers, and its boxes, processes, open files and files,
//	           before and after. Containers are killed on the way.
//
// It wants a container engine, the built binaries, and the recordings with the
// benchmarks' bugs in portable form.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// settings are the command line.
type settings struct {
	bin        string // folder of the built binaries
	other      string // the same of another build, or ""
	studies    string // folder with clm.hcl and peft4apr.hcl
	recordings string
	benchmarks string
	only       string
	bugs       int
	naive      int
	flips      int
	endurance  int
	driver     string
	seed       uint64
	workers    int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench-judge:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	var s settings
	flag.StringVar(&s.bin, "bin", "bin", "`folder` of the built binaries")
	flag.StringVar(&s.other, "other", "", "`folder` of another build's binaries, for builds")
	flag.StringVar(&s.studies, "studies", "studies", "`folder` with clm.hcl and peft4apr.hcl")
	flag.StringVar(&s.recordings, "recordings", "", "`folder` of the recorded candidates: CLM's as studies/clm.hcl wants them, and in peft4apr/ those of arXiv 2406.05639 as studies/peft4apr.hcl wants them")
	flag.StringVar(&s.benchmarks, "benchmarks", "", "`folder` with the bugs in portable form: quixbugs.jsonl, humanevaljava.jsonl")
	flag.StringVar(&s.only, "only", "speed,flips", "which `benches` to run, of speed, builds, flips, endurance")
	flag.IntVar(&s.bugs, "bugs", 12, "bugs of each benchmark, drawn at random; all their candidates are judged")
	flag.IntVar(&s.naive, "naive", 40, "candidates that are judged the naive way, drawn from those")
	flag.IntVar(&s.flips, "flips", 1000, "distinct patches that are judged three times")
	flag.IntVar(&s.endurance, "endurance", 100_000, "candidates of the endurance run")
	flag.StringVar(&s.driver, "sandbox", "docker", "`driver` of flips and endurance")
	flag.Uint64Var(&s.seed, "seed", 1, "`seed` of what is drawn")
	flag.Parse()
	s.workers = runtime.NumCPU()
	if s.recordings == "" || s.benchmarks == "" {
		return errors.New("-recordings and -benchmarks name folders that are needed; see -help")
	}
	var err error
	paths := []*string{&s.bin, &s.studies, &s.recordings, &s.benchmarks}
	if s.other != "" {
		paths = append(paths, &s.other)
	}
	for _, path := range paths {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	for _, needed := range []struct{ flag, path, what string }{
		{"recordings", filepath.Join(s.recordings, "peft4apr"), "CLM's recorded candidates and, in peft4apr, those of arXiv 2406.05639"},
		{"benchmarks", filepath.Join(s.benchmarks, "quixbugs.jsonl"), "the bugs in portable form, quixbugs.jsonl and humanevaljava.jsonl"},
	} {
		if _, err := os.Stat(needed.path); err != nil {
			return fmt.Errorf("-%s must name a folder with %s: %w", needed.flag, needed.what, err)
		}
	}
	wanted := strings.Split(s.only, ",")
	for _, name := range wanted {
		if !slices.Contains([]string{"speed", "builds", "flips", "endurance"}, name) {
			return fmt.Errorf("there is no bench %q", name)
		}
	}
	dir, err := os.MkdirTemp("", "bench-judge-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	b := &bench{settings: s, dir: dir, random: rand.New(rand.NewPCG(s.seed, 0)), out: json.NewEncoder(out), log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer b.close()
	for _, name := range wanted {
		switch name {
		case "speed":
			err = b.speed(ctx)
		case "builds":
			err = b.builds(ctx)
		case "flips":
			err = b.flips(ctx)
		case "endurance":
			err = b.endure(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
