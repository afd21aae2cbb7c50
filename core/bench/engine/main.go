// Command engine races the engine against torch + transformers + peft on
// the same shapes, with as many threads, in turns, and prints a JSON object a
// line: bench, ours, peer, ratio (ours is as many times better), unit, and
// what was measured run by run. Everything else goes to stderr. It is a tool for
// developers: `make bench-engine` runs it.
//
// The peer is a Python script of known options (see -reference); without it
// ours alone is measured. Wall-clock rates need a machine with nothing else to
// do: the load before each bench is part of its line.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// settings are the command line.
type settings struct {
	plugins   string // folder of the built plugins
	python    string
	reference string
	preset    string
	only      *regexp.Regexp
	threads   int
	runs      int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s settings
	only := ""
	flag.StringVar(&s.plugins, "plugins", "bin", "`folder` of the built plugins")
	flag.StringVar(&s.python, "python", "python3", "Python `program` with torch, transformers and peft")
	flag.StringVar(&s.reference, "reference", "", "`script` of the peer; empty: no peer")
	flag.StringVar(&s.preset, "preset", "big", "network: big (SmolLM2-135M's shape) or small")
	flag.StringVar(&only, "only", "", "`pattern` of the benches to run")
	flag.IntVar(&s.threads, "threads", min(2, runtime.NumCPU()), "threads of each side")
	flag.IntVar(&s.runs, "runs", 2, "runs of each side, in turns")
	flag.Parse()
	var err error
	if s.only, err = regexp.Compile(only); err != nil {
		return err
	}
	if _, ok := presets[s.preset]; !ok {
		return fmt.Errorf("unknown preset %q", s.preset)
	}
	// XLA takes as many threads as it sees processors; children inherit this.
	if err := pin(s.threads); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-engine-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &workload{settings: s, dir: dir}
	if err := w.prepare(ctx); err != nil {
		return err
	}
	for _, b := range benches {
		if !s.only.MatchString(b.name) {
			continue
		}
		switch err := w.race(ctx, b); {
		case errors.Is(err, errNoPeer):
			fmt.Fprintf(os.Stderr, "%s: skipped: %v\n", b.name, err)
		case err != nil:
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// pin keeps this process and its children on the first n processors it may use.
func pin(n int) error {
	var all, few unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("read the processors: %w", err)
	}
	for i := 0; few.Count() < n && i < 1024; i++ {
		if all.IsSet(i) {
			few.Set(i)
		}
	}
	// Threads inherit from the thread that starts them; those of the Go
	// runtime that run already do no heavy work here.
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &few); err != nil {
		return fmt.Errorf("keep to %d processors: %w", n, err)
	}
	return nil
}

// measured is one run of one side.
type measured struct {
	Rate     float64 `json:"rate"`
	CPU      float64 `json:"cpu_seconds,omitempty"`
	PeakMB   int64   `json:"peak_mb,omitempty"`
	Compiled float64 `json:"compile_seconds,omitempty"`

	answers answers // of a decoding
}

// line is what is printed of a bench.
type line struct {
	Bench string     `json:"bench"`
	Ours  float64    `json:"ours"`
	Peer  *float64   `json:"peer"`
	Ratio *float64   `json:"ratio"`
	Unit  string     `json:"unit"`
	Load  float64    `json:"load_before"`
	Runs  []measured `json:"our_runs"`
	Peers []measured `json:"peer_runs,omitempty"`
	// Changes is how our answers differ from our own other way's.
	Changes *change `json:"changes,omitempty"`
	Note    string  `json:"note,omitempty"`
}

// race measures both sides in turns.
func (w *workload) race(ctx context.Context, b bench) error {
	l := line{Bench: b.name, Unit: b.unit, Load: load(), Note: b.note}
	for i := range w.runs {
		fmt.Fprintf(os.Stderr, "%s: run %d of %d\n", b.name, i+1, w.runs)
		m, err := b.ours(ctx, w)
		if err != nil {
			return err
		}
		l.Runs = append(l.Runs, m)
		switch {
		case b.other != nil:
			m, err = b.other(ctx, w)
		case b.peer != nil && w.reference != "":
			m, err = b.peer(ctx, w)
		default:
			continue
		}
		if err != nil {
			return err
		}
		l.Peers = append(l.Peers, m)
	}
	if b.other != nil {
		l.Changes = changeOf(l.Runs, l.Peers)
	}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(l.of(func(m measured) float64 { return m.Rate }, false)); err != nil || !b.memory {
		return err
	}
	l.Bench, l.Unit, l.Note = b.name+"-memory", "MB", "peak of the whole process"
	return out.Encode(l.of(func(m measured) float64 { return float64(m.PeakMB) }, true))
}

// of is the line with the sides' medians of a value, of which less may be
// better.
func (l line) of(value func(measured) float64, less bool) line {
	l.Ours = median(l.Runs, value)
	if len(l.Peers) > 0 {
		peer := median(l.Peers, value)
		ratio := l.Ours / peer
		if less {
			ratio = peer / l.Ours
		}
		l.Peer, l.Ratio = &peer, &ratio
	}
	return l
}

func median(runs []measured, value func(measured) float64) float64 {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = value(r)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// load is the machine's load average of the last minute; -1 if unknown.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return -1
	}
	var one float64
	if _, err := fmt.Sscan(string(text), &one); err != nil {
		return -1
	}
	return one
}

var errNoPeer = errors.New("the lengths of its pairs come from the peer: give -reference")

func (s settings) plugin(name string) string { return filepath.Join(s.plugins, name) }
