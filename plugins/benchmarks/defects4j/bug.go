package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/sdk/javasource"
	"harness/plugins/benchmarks/java/programs"
)

// The layout of a fetched folder:
//
//	export/<id>/{buggy/,fixed/,export.json,lib/}  bugs as they are exported
//	export/lib/                                   jars that bugs may share
//	built/<id>/{classes/,tests/}                  what was compiled where an export has no classes
//	bugs/<id>.json                                what was found out about the bug
//	skipped.json                                  bugs that cannot be used, and why
//
// and, from an installation, framework/ and jdk/ (see installation.go).
const (
	exportDir = "export"
	builtDir  = "built"
	bugsDir   = "bugs"
)

// bug is what was found out about a bug by comparing its files.
type bug struct {
	ID bugID `json:"-"`
	// Path of the changed file below buggy/. If the fix changes several files, Path is
	// the one in which most lines change, and Others are the rest.
	Path       string           `json:"path"`
	Others     []string         `json:"others,omitempty"`
	Hunks      []hunk           `json:"hunks"`
	Function   *javasource.Span `json:"function,omitempty"` // around all hunks
	Properties properties       `json:"properties"`
	Paths      paths            `json:"paths"`
	// Tests are the classes that decide, first those that the bug makes fail.
	Tests []string `json:"tests"`
	// Problem says why no candidate can be judged: the project does not compile, or its
	// tests do not distinguish the buggy version from the fixed one.
	Problem string `json:"problem,omitempty"`

	root string // the fetched folder
}

// open reads a bug of a fetched folder.
func open(root, id string) (*bug, error) {
	parsed, ok := parseID(id)
	if !ok {
		return nil, fmt.Errorf("%q is not the id of a bug; expected one such as Lang-6", id)
	}
	content, err := os.ReadFile(filepath.Join(root, bugsDir, id+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("bug %s was not fetched", id)
	}
	if err != nil {
		return nil, err
	}
	b := &bug{ID: parsed, root: root}
	if err := json.Unmarshal(content, b); err != nil {
		return nil, fmt.Errorf("read bug %s: %w", id, err)
	}
	return b, nil
}

// listBugs returns the bugs of a fetched folder in the order of projects and numbers.
func listBugs(root string) ([]*bug, error) {
	entries, err := os.ReadDir(filepath.Join(root, bugsDir))
	if err != nil {
		return nil, err
	}
	var all []*bug
	for _, entry := range entries {
		b, err := open(root, strings.TrimSuffix(entry.Name(), ".json"))
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *bug) int { return compareIDs(a.ID, b.ID) })
	return all, nil
}

// file returns the path of a file of one of the two versions.
func (b *bug) file(version, name string) string {
	return filepath.Join(b.root, exportDir, b.ID.String(), version, filepath.FromSlash(name))
}

// text reads a file of a version as text, with the charset that it is in.
func (b *bug) text(version, name string) (string, charset, error) {
	content, err := readFile(b.file(version, name))
	if err != nil {
		return "", charset{}, err
	}
	c, err := charsetOf(b.Properties.Encoding, content)
	return c.decode(content), c, err
}

// maxSource bounds a source file: the largest of Defects4J has 0.5 MB.
const maxSource = 8 << 20

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", name, maxSource)
	}
	return os.ReadFile(name)
}

// fixedText returns the fixed text of the changed file: the buggy text with all hunks
// applied, so that unchanged lines are the same in both.
func (b *bug) fixedText(buggy string) string { return programs.Apply(buggy, b.Hunks) }

// read reads an exported bug.
func read(ctx context.Context, root string, id bugID) (*bug, error) {
	b := &bug{ID: id, root: root}
	content, err := readFile(filepath.Join(root, exportDir, id.String(), "export.json"))
	if err != nil {
		return nil, err
	}
	if b.Properties, err = parseProperties(content); err != nil {
		return nil, fmt.Errorf("export.json: %w", err)
	}
	if b.Properties.ID != id.String() {
		return nil, fmt.Errorf("export.json: id is %q in the folder %s", b.Properties.ID, id)
	}
	if err := b.checkFolders(); err != nil {
		return nil, err
	}
	if err := b.diff(ctx); err != nil {
		return nil, err
	}
	b.Problem = b.Properties.Unsound
	if b.Problem == "" {
		b.Problem = b.Properties.contradiction()
	}
	return b, nil
}

// diff finds what the fix changes.
func (b *bug) diff(ctx context.Context) error {
	changed, err := b.changed(ctx)
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		return fmt.Errorf("no Java file below fixed/%s differs from the one of its name below buggy/", b.Properties.SourceDir)
	}
	most := -1
	for _, name := range changed {
		hunks, err := b.compare(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n := countLines(hunks); n > most {
			most, b.Path, b.Hunks = n, name, hunks
		}
	}
	if most < 0 || len(b.Hunks) == 0 {
		return errors.New("the fix changes no file of the buggy version")
	}
	b.Others = slices.DeleteFunc(changed, func(name string) bool { return name == b.Path })
	if len(b.Others) == 0 {
		return b.locate()
	}
	return nil
}

// compare returns the hunks of a file: none if the file is new, or if only its
// encoding or line ends differ.
func (b *bug) compare(name string) ([]hunk, error) {
	buggy, _, err := b.text("buggy", name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	fixed, _, err := b.text("fixed", name)
	if err != nil {
		return nil, err
	}
	return hunksOf(buggy, fixed), nil
}

func countLines(hunks []hunk) int {
	n := 0
	for _, h := range hunks {
		n += max(h.End-h.Start, len(slices.Collect(strings.Lines(h.Fix))))
	}
	return n
}

// locate finds the method around the hunks.
func (b *bug) locate() error {
	buggy, _, err := b.text("buggy", b.Path)
	if err != nil {
		return err
	}
	var spans []javasource.Span
	for _, h := range b.Hunks {
		spans = append(spans, javasource.Span{Start: h.Start, End: h.End})
	}
	if method, ok := javasource.Innermost(buggy, spans...); ok {
		b.Function = &method
	}
	return nil
}

// changed lists the source files of fixed/ that differ from those of buggy/ or are
// new.
func (b *bug) changed(ctx context.Context) ([]string, error) {
	all, err := javaFiles(ctx, b.file("fixed", ""))
	if err != nil {
		return nil, err
	}
	p := b.Properties
	var names []string
	for _, name := range all {
		made := func(dir string) bool {
			return dir != "" && dir != p.SourceDir && below(name, dir) && !below(p.SourceDir, dir)
		}
		if !below(name, p.SourceDir) || made(p.TestDir) || made(p.ClassesDir) || made(p.TestClassesDir) {
			continue
		}
		fixed, err := readFile(b.file("fixed", name))
		if err != nil {
			return nil, err
		}
		buggy, err := readFile(b.file("buggy", name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(buggy, fixed) {
			names = append(names, name)
		}
	}
	return names, nil
}

// javaFiles lists the Java files below a folder, in order, by their paths within it.
func javaFiles(ctx context.Context, dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(d.Name(), ".java") {
			return err
		}
		name, err := filepath.Rel(dir, full)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	return names, err
}

func below(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

// save writes the bug for open to read.
func (b *bug) save() error {
	content, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.root, bugsDir, b.ID.String()+".json"), content, 0o644)
}
