// Package programs makes plugins for benchmarks of small Java programs with one bug
// each: a file, its correct version, and a JUnit test. A plugin only says where
// upstream keeps its files:
//
//	benchmark.Serve(programs.New(programs.Definition{Name: "quixbugs", …}))
//
// The attribute source of the plugin's block names upstream's repository or a copy of
// it, or a folder (or git repository) with the bugs in portable form: NAME.jsonl and,
// if programs share helpers, NAME_support.jsonl. The portable form is for studies of
// other texts than upstream's, such as the copy that a published study worked on. Each
// line of NAME.jsonl is a JSON object:
//
//	id            name of the bug
//	path          path of the program in the benchmark's tree
//	file          the buggy program
//	hunks         [{start, end, fixed}]: lines start … end-1, counted from 1, and
//	              their replacement, with line ends
//	function      {start, end} of the method around the hunks; found if missing
//	fixed_file    the fixed program, to check the hunks (optional)
//	tests         [{path, text}]
//	test_classes  names for JUnit
//	support       names of helpers that are compiled with the program
//	labels        labels for tables and filters, an object of strings
//	licence       of the program
//	source        {repo, commit, path}: its origin
//
// NAME_support.jsonl has name, path and text of each helper. Other fields are
// ignored.
//
// No bug is lost: one that lacks a file or a field, or whose hunks do not fit, is sent as
// unsound with the reason. Only what has no name is refused, and a source of which no bug
// can be judged. Of bugs with one id the first counts, which a note says.
package programs

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/source"
	"harness/plugins/benchmarks/java"
)

// Definition describes one such benchmark. Bugs, Needs and Labels are optional.
type Definition struct {
	Name    string // of the plugin
	Title   string // as people write it
	Version string
	Summary string

	// Upstream is the default source: a git URL with @<commit>.
	Upstream string
	Layout   Layout // of upstream's repository
	Licence  string // of upstream's programs
	// Bugs are the ids of upstream's bugs, if they are known: a copy that lacks files of one
	// has an unsound bug, and a copy that lacks all of them a note.
	Bugs []string

	// Needs lists, by bug, what tests need beyond JDK and JUnit.
	Needs map[string]Needs
	// Labels reads the labels of bugs, by id, from a checkout of upstream.
	Labels func(root fs.FS) (map[string]map[string]string, error)
}

// Needs lists what the tests of a bug need.
type Needs struct {
	HeapMiB   int      // of the JVM that runs them; 0: the default
	Classpath []string // jars in the box, such as java.Rhino
}

// New returns the plugin.
func New(d Definition) benchmark.Benchmark {
	return &plugin{Definition: d, suites: map[string]*suite{}}
}

type plugin struct {
	Definition

	mu     sync.Mutex
	suites map[string]*suite // by fetched folder, which does not change
}

// suite returns the benchmark of a fetched folder.
func (b *plugin) suite(ctx context.Context, dir string) (*suite, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.suites[dir]; s != nil {
		return s, nil
	}
	s, err := b.open(ctx, dir)
	if err == nil {
		b.suites[dir] = s
	}
	return s, err
}

func (b *plugin) Describe(context.Context) *benchmark.Description {
	upstream, _ := json.Marshal(b.Upstream) // a string always encodes
	return &benchmark.Description{
		Name: b.Name, Version: b.Version, Summary: b.Summary,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name: "source", Type: "string", DefaultJson: string(upstream),
			Description: fmt.Sprintf("Where the bugs are: upstream's repository, or one that holds them in portable form (%s.jsonl). A git URL with @<commit>, a local repository with @<commit>, or a folder.", b.Name),
		}}},
	}
}

type config struct {
	Source string `json:"source"`
}

func (b *plugin) decode(data []byte) (config, error) {
	c := config{Source: b.Upstream}
	err := sdk.Decode(data, &c)
	return c, err
}

// Resolve identifies the commit, or the content of the folder's files that are used.
func (b *plugin) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	c, err := b.decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	identity, err := source.Identity(ctx, c.Source, source.Options{BaseDir: request.GetBaseDir(), Keep: b.keep})
	if err != nil {
		return nil, sdk.Diagnose([]string{"source"}, "Cannot use the source", err.Error())
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Fetch checks out the programs and their tests, and reads them all to find mistakes.
func (b *plugin) Fetch(ctx context.Context, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) error {
	c, err := b.decode(request.GetConfig())
	if err != nil {
		return err
	}
	_, err = source.Checkout(ctx, c.Source, request.GetDir(), source.Options{
		BaseDir: request.GetBaseDir(), Keep: b.keep, MaxBytes: 64 << 20,
		Progress: func(message string) { progress(&benchmark.FetchEvent{Message: message}) },
	})
	if err != nil {
		return sdk.Diagnose([]string{"source"}, "Cannot fetch "+b.Title, err.Error())
	}
	s, err := b.open(ctx, request.GetDir())
	if err != nil {
		return sdk.Diagnose([]string{"source"}, "Not a copy of "+b.Title, fmt.Sprintf("In %s: %v.", c.Source, err))
	}
	for _, note := range s.notes {
		progress(&benchmark.FetchEvent{Note: note})
	}
	return nil
}

// keep reports whether the benchmark uses a file of the source.
func (b *plugin) keep(name string) bool {
	return name == b.portable() || name == b.portableSupport() || b.Layout.keep(name)
}

func (d Definition) portable() string        { return d.Name + ".jsonl" }
func (d Definition) portableSupport() string { return d.Name + "_support.jsonl" }

// open reads a fetched folder in either form.
func (b *plugin) open(ctx context.Context, dir string) (*suite, error) {
	if _, err := os.Stat(filepath.Join(dir, b.portable())); err == nil {
		return b.openPortable(ctx, dir)
	}
	return b.openUpstream(os.DirFS(dir))
}

// Bugs sends the programs in the order of their names.
func (b *plugin) Bugs(ctx context.Context, request *benchmark.BugsRequest, send func(*benchmark.BugRecord) error) error {
	c, err := b.decode(request.GetConfig())
	if err != nil {
		return err
	}
	s, err := b.suite(ctx, request.GetDir())
	if err != nil {
		return err
	}
	for _, p := range s.programs {
		if p.origin == "" && p.path != "" {
			p.origin = c.Source + ", " + p.path
		}
		if err := send(p.record()); err != nil {
			return err
		}
	}
	return nil
}

// Environments returns the environment that all Java benchmarks share.
func (b *plugin) Environments(context.Context, *benchmark.EnvironmentsRequest) (*benchmark.EnvironmentsResponse, error) {
	return &benchmark.EnvironmentsResponse{Environments: []*benchmark.Environment{java.Environment()}}, nil
}

// Check compiles the patched program with its test and runs the test.
func (b *plugin) Check(ctx context.Context, request *benchmark.CheckRequest) (*benchmark.CheckResponse, error) {
	s, err := b.suite(ctx, request.GetDir())
	if err != nil {
		return nil, err
	}
	p, ok := s.program(request.GetBug())
	if !ok {
		return nil, fmt.Errorf("unknown bug %q in this copy of %s", request.GetBug(), b.Title)
	}
	if p.unsound != "" {
		return nil, fmt.Errorf("bug %s cannot be judged: %s", p.id, p.unsound)
	}
	needs := b.Needs[p.id]
	return java.Check(java.Program{
		Path: p.path, Text: request.GetPatched(), Reference: Apply(p.text, p.hunks), Buggy: p.text,
		Files: s.files(p, request.GetPatched()), Tests: p.testClasses, HeapMiB: needs.HeapMiB, Classpath: needs.Classpath,
		Wall: time.Duration(request.GetLimitMs()) * time.Millisecond,
	})
}

func (*plugin) Verdict(_ context.Context, request *benchmark.VerdictRequest) (*benchmark.VerdictResponse, error) {
	return java.Verdict(request.GetReply(), request.GetFailure(), request.GetDetail()), nil
}
