package step

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protojson"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/similarity"
)

// What to do with training samples that are like a benchmark's methods.
const (
	DropLeaks = "drop"
	KeepLeaks = "keep" // and list them
	FailLeaks = "fail"
)

// Clean takes out of a data set what it should not be trained on: samples that
// repeat an earlier one, and those, of either split, whose method equals,
// contains or is nearly a method of a benchmark, wrong or fixed (see package
// similarity). It leaves samples.jsonl, unless the leaks are kept: then it only
// looks for them. What it found is in dropped.jsonl or kept.jsonl, a Finding a
// line, and clean.json counts.
type Clean struct {
	Dataset    ID   `json:"-"`
	Duplicates bool `json:"duplicates"` // are dropped
	// Benchmarks are the steps with the bugs to look for; none: only duplicates.
	Benchmarks []ID    `json:"-"`
	Leaks      string  `json:"leaks,omitempty"` // drop, keep, fail
	Similarity float64 `json:"similarity,omitempty"`
}

// Cleaning is clean.json.
type Cleaning struct {
	Samples    int `json:"samples"`
	Duplicates int `json:"duplicates"` // dropped
	// Leaks are samples like a method of a benchmark; whether they were dropped
	// is the step's setting.
	Leaks int    `json:"leaks"`
	Mode  string `json:"mode,omitempty"` // drop, keep, fail
	// Leaked counts those of the samples by benchmark and bug.
	Leaked []Leaked `json:"leaked,omitempty"`
	// Bugs is how many were looked for; Whole of them as whole files, since nothing
	// says which methods their fixes change: a sample like one of those methods is
	// then not found.
	Bugs       int     `json:"bugs"`
	Whole      int     `json:"whole,omitempty"`
	Similarity float64 `json:"similarity,omitempty"`
}

// Leaked is a bug that samples were like.
type Leaked struct {
	Benchmark string `json:"benchmark"` // digest of the methods compared with; see LeaksPart
	Bug       string `json:"bug"`
	Samples   int    `json:"samples"`
}

// Finding is a sample that was dropped, or would have been.
type Finding struct {
	ID     string `json:"id"`
	Split  string `json:"split"`
	Origin string `json:"origin,omitempty"`
	// Why is "duplicate", or how the sample is like a bug's method: "equal",
	// "contains", "near".
	Why string `json:"why"`
	Of  string `json:"of,omitempty"` // duplicate: the earlier sample
	// Version of the sample's method that is like Method of the bug: "buggy" or
	// "fixed", or "text" where the sample is plain text.
	Version   string `json:"version,omitempty"`
	Benchmark string `json:"benchmark,omitempty"` // as Leaked has it
	Bug       string `json:"bug,omitempty"`
	Method    string `json:"method,omitempty"` // "buggy", "fixed"
	// Similarity is the Jaccard index of both, within [0,1].
	Similarity float64 `json:"similarity,omitempty"`
}

func (Clean) Kind() string       { return "clean" }
func (Clean) Version() int       { return 3 }
func (Clean) Resource() Resource { return IO }

func (w Clean) Inputs() []Input {
	all := []Input{{"samples", w.Dataset, SamplesPart}}
	for _, b := range w.Benchmarks {
		all = append(all, Input{"benchmark", b, LeaksPart})
	}
	return all
}

// Parts implements [Divisible].
func (w Clean) Parts(dir string) (map[string]string, error) {
	if w.Leaks == KeepLeaks {
		return nil, nil // it only looks
	}
	return fileParts(dir, map[string]string{SamplesPart: "samples.jsonl"})
}

func (w Clean) Run(ctx context.Context, env *Env, dir string) (err error) {
	known, err := w.methods(env)
	if err != nil {
		return err
	}
	found := "dropped.jsonl"
	if w.Leaks == KeepLeaks {
		found = "kept.jsonl"
	}
	c := &cleaner{Clean: w, known: known, seen: map[[sha256.Size]byte]string{}, leaked: map[source]int{}}
	if c.findings, err = createLines(dir, found); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.findings.close()) }()
	if w.Leaks != KeepLeaks {
		if c.out, err = createLines(dir, "samples.jsonl"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.out.close()) }()
	}
	if err := c.run(ctx, env); err != nil {
		return err
	}
	switch c.sum.Mode = w.Leaks; {
	case w.Leaks == FailLeaks && c.sum.Leaks > 0:
		return fmt.Errorf("%d of %d training samples are like methods of the study's benchmarks (%s): take them out; or have them dropped, with leakage = \"drop\", or kept, with leakage = \"keep\": dropped.jsonl or kept.jsonl in the step clean then lists them all",
			c.sum.Leaks, c.sum.Samples, strings.Join(c.examples, "; "))
	case c.out != nil && c.kept == 0:
		return fmt.Errorf("none of %d samples is left: %d repeat others, %d are like methods of the study's benchmarks", c.sum.Samples, c.sum.Duplicates, c.sum.Leaks)
	}
	c.sum.Bugs, c.sum.Whole, c.sum.Similarity = known.bugs, known.whole, w.Similarity
	for _, s := range known.sources { // in the order of the benchmarks
		if n := c.leaked[s.bugOnly()]; n > 0 {
			c.sum.Leaked = append(c.sum.Leaked, Leaked{s.benchmark, s.bug, n})
			delete(c.leaked, s.bugOnly())
		}
	}
	return writeJSON(dir, "clean.json", c.sum)
}

// source is where a method of the index is from.
type source struct {
	benchmark string // digest
	bug       string
	version   string // buggy, fixed
}

func (s source) bugOnly() source { return source{benchmark: s.benchmark, bug: s.bug} }

// methods are what a sample may not be like.
type methods struct {
	index   *similarity.Index // nil: there are none
	sources []source          // of the index's texts
	bugs    int
	whole   int // bugs for which it is not known which methods they are in
}

// methods reads the methods of the benchmarks' bugs, wrong and fixed.
func (w Clean) methods(env *Env) (*methods, error) {
	if len(w.Benchmarks) == 0 {
		return &methods{}, nil
	}
	m := &methods{index: similarity.New(w.Similarity)}
	for _, benchmark := range w.Benchmarks {
		part, err := env.Results.Part(benchmark, LeaksPart)
		if err != nil {
			return nil, err
		}
		err = readLines(env.Results, benchmark, bugsFile, func(r *pb.BugRecord) error {
			if r.Bug.Text == "" && len(r.Methods) == 0 { // an unsound bug without a program
				return nil
			}
			if err := m.add(part, r); err != nil {
				return fmt.Errorf("bug %s: %w", r.Bug.Id, err)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// add puts a bug's methods into the index: those that its benchmark lists, or else
// the one around its hunks, or else the whole file.
func (m *methods) add(benchmark string, r *pb.BugRecord) error {
	all, err := m.of(r)
	if err != nil {
		return err
	}
	m.bugs++
	for _, one := range all {
		m.index.Add(one.Buggy)
		m.index.Add(one.Fixed)
		m.sources = append(m.sources, source{benchmark, r.Bug.Id, "buggy"}, source{benchmark, r.Bug.Id, "fixed"})
	}
	return nil
}

// of lists a bug's methods.
func (m *methods) of(r *pb.BugRecord) ([]*pb.Method, error) {
	if len(r.Methods) > 0 {
		return r.Methods, nil
	}
	method, err := shownMethod(r)
	if err != nil {
		return nil, err
	}
	if r.Bug.Function == nil {
		m.whole++
	}
	return []*pb.Method{method}, nil
}

// shownMethod is the method around a bug's hunks, or the whole file where no method
// holds them all.
func shownMethod(r *pb.BugRecord) (*pb.Method, error) {
	fixed, err := judge.FixedText(r)
	if err != nil {
		return nil, err
	}
	f := r.Bug.Function
	if f == nil {
		return &pb.Method{Buggy: r.Bug.Text, Fixed: fixed}, nil
	}
	before, after := judge.SplitLines(r.Bug.Text), judge.SplitLines(fixed)
	start, below := int(f.Start)-1, len(before)-(int(f.End)-1)
	return &pb.Method{
		Buggy: strings.Join(before[start:len(before)-below], ""),
		Fixed: strings.Join(after[start:max(start, len(after)-below)], ""),
	}, nil
}

// find compares a sample with all methods.
func (m *methods) find(s *pb.Sample) (Finding, bool) {
	if m.index == nil {
		return Finding{}, false
	}
	texts, versions := []string{s.GetText()}, []string{"text"}
	if p := s.GetPair(); p != nil {
		texts, versions = []string{p.Before + p.Buggy + p.After, p.Before + p.Fixed + p.After}, []string{"buggy", "fixed"}
	}
	best, version, found := similarity.Match{}, "", false
	for i, text := range texts {
		if match, ok := m.index.Find(text); ok && (!found || match.Closer(best)) {
			best, version, found = match, versions[i], true
		}
	}
	if !found {
		return Finding{}, false
	}
	of := m.sources[best.Text]
	return Finding{
		ID: s.Id, Split: s.Split, Origin: s.Origin, Why: string(best.Relation), Version: version,
		Benchmark: of.benchmark, Bug: of.bug, Method: of.version, Similarity: best.Jaccard,
	}, true
}

// cleaner goes through the samples in their order.
type cleaner struct {
	Clean
	known         *methods
	out, findings *lineWriter // out: nil if samples are only looked at
	seen          map[[sha256.Size]byte]string
	leaked        map[source]int
	examples      []string
	kept          int
	sum           Cleaning
}

// sideBySide is how many samples are read before they are compared.
const sideBySide = 2048

func (c *cleaner) run(ctx context.Context, env *Env) error {
	lines := make([]json.RawMessage, 0, sideBySide)
	flush := func() error {
		if err := c.batch(ctx, lines); err != nil {
			return err
		}
		env.Progress(int64(c.sum.Samples), 0, "samples")
		lines = lines[:0]
		return ctx.Err()
	}
	err := readLines(env.Results, c.Dataset, "samples.jsonl", func(line *json.RawMessage) error {
		if lines = append(lines, *line); len(lines) == sideBySide {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// compared is what can be said of a sample by itself.
type compared struct {
	id, split, origin string
	digest            [sha256.Size]byte
	leak              *Finding
}

func (c *cleaner) batch(ctx context.Context, lines []json.RawMessage) error {
	all := make([]compared, len(lines))
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() error {
			for i := worker; i < len(lines) && ctx.Err() == nil; i += workers {
				var err error
				if all[i], err = c.compare(lines[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, one := range all {
		if err := c.decide(one, lines[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *cleaner) compare(line json.RawMessage) (compared, error) {
	s := &pb.Sample{}
	if err := protojson.Unmarshal(line, s); err != nil {
		return compared{}, fmt.Errorf("read a sample of step %s: %w", c.Dataset.short(), err)
	}
	one := compared{id: s.Id, split: s.Split, origin: s.Origin, digest: similarity.Digest(s.GetText())}
	if p := s.GetPair(); p != nil {
		one.digest = similarity.Digest(p.Before, p.Buggy, p.After, p.Fixed)
	}
	if leak, found := c.known.find(s); found {
		one.leak = &leak
	}
	return one, nil
}

func (c *cleaner) decide(one compared, line json.RawMessage) error {
	c.sum.Samples++
	if one.leak != nil {
		c.sum.Leaks++
		c.leaked[source{benchmark: one.leak.Benchmark, bug: one.leak.Bug}]++
		if len(c.examples) < 3 {
			c.examples = append(c.examples, fmt.Sprintf("%s and %s, %s, %.2f alike", one.id, one.leak.Bug, one.leak.Why, one.leak.Similarity))
		}
		return c.findings.write(one.leak)
	}
	if c.Duplicates {
		if first, repeated := c.seen[one.digest]; repeated {
			c.sum.Duplicates++
			return c.findings.write(Finding{ID: one.id, Split: one.split, Origin: one.origin, Why: "duplicate", Of: first})
		}
		c.seen[one.digest] = one.id
	}
	c.kept++
	if c.out == nil {
		return nil
	}
	return c.out.write(line)
}
