// Package bugs holds the microbugs benchmark: small Java classes with one mistake each,
// their JUnit 4 tests and their reference fixes, all written for this project.
//
// A bug is a folder with three files: the wrong class, its test class and
// bug.json. All classes are in the Java package micro, so that one compiler run can
// compile them all. Every wrong class compiles and fails at least one test; every fixed
// class passes all tests. A mistake at two positions of a method has two hunks, both of
// which must be fixed.
package bugs

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed */bug.json */*.java
var files embed.FS

// Bug is one mistake in one method.
type Bug struct {
	ID     string // also the name of its folder and its class
	Class  Class
	Path   string // of the wrong file: "Gcd/Gcd.java"
	Method Span   // the wrong method, with signature and closing brace
	Hunks  []Hunk // the wrong lines in it, from top to bottom

	Source   string // text of the wrong file
	TestPath string // of the JUnit class: "Gcd/GcdTest.java"
	Test     string // text of the JUnit class
}

// Span is the lines from Start up to but not including End, counted from 1.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Hunk is a run of wrong lines and the lines that replace them.
type Hunk struct {
	Span
	Fixed string `json:"fixed"`
}

// Licence of every bug, its tests and its fix: all are the project's own.
const Licence = "Apache-2.0"

// Class is the kind of mistake.
type Class string

// Kinds of mistakes.
const (
	Boundary      Class = "boundary"       // a limit is included or excluded wrongly: < for <=
	Operator      Class = "operator"       // another arithmetic, logical or comparison operator, or function of two values
	WrongVariable Class = "wrong-variable" // another variable of the same type
	MissingCase   Class = "missing-case"   // a case of the input is not handled
	OffByOne      Class = "off-by-one"     // an index, a size or a count is wrong by one
	Null          Class = "null"           // null is treated as an object, or the other way round
	Return        Class = "return"         // another value is returned than the computed one
)

// Classes lists all kinds of mistakes.
func Classes() []Class {
	return []Class{Boundary, Operator, WrongVariable, MissingCase, OffByOne, Null, Return}
}

// Files returns the benchmark's tree, for Load.
func Files() fs.FS { return files }

// IDs returns the ids of the bugs in order, from the names of their folders.
func IDs() []string {
	records, err := fs.Glob(files, "*/bug.json")
	if err != nil {
		return nil // only a malformed pattern fails
	}
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = path.Dir(record)
	}
	slices.Sort(ids)
	return ids
}

// All returns the bugs of the benchmark in the order of their IDs.
func All() ([]Bug, error) {
	return Load(files)
}

// Load reads and checks the bugs of a tree, in the order of their IDs. The
// error joins every mistake found.
func Load(tree fs.FS) ([]Bug, error) {
	records, err := fs.Glob(tree, "*/bug.json")
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("no */bug.json in the benchmark's tree")
	}
	var out []Bug
	var problems []error
	for _, record := range records {
		bug, err := Find(tree, path.Dir(record))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		out = append(out, bug)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(out, func(a, b Bug) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// Find reads and checks one bug of a tree. For an unknown id the error is
// fs.ErrNotExist.
func Find(tree fs.FS, id string) (Bug, error) {
	if !fs.ValidPath(id) || path.Base(id) != id {
		return Bug{}, fmt.Errorf("bug %q: %w", id, fs.ErrNotExist)
	}
	bug, err := load(tree, id)
	if err != nil {
		return Bug{}, fmt.Errorf("bug %s: %w", id, err)
	}
	return bug, nil
}

// record is bug.json.
type record struct {
	ID     string `json:"id"`
	Class  Class  `json:"class"`
	Path   string `json:"path"`
	Method Span   `json:"method"`
	Hunks  []Hunk `json:"hunks"`
}

func load(tree fs.FS, folder string) (Bug, error) {
	data, err := fs.ReadFile(tree, path.Join(folder, "bug.json"))
	if err != nil {
		return Bug{}, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	var r record
	if err := decoder.Decode(&r); err != nil {
		return Bug{}, fmt.Errorf("bug.json: %w", err)
	}
	if r.ID != folder {
		return Bug{}, fmt.Errorf("id is %q, want the folder's name", r.ID)
	}
	if want := path.Join(folder, folder+".java"); r.Path != want {
		return Bug{}, fmt.Errorf("path is %q, want %q", r.Path, want)
	}
	bug := Bug{
		ID: r.ID, Class: r.Class, Path: r.Path, Method: r.Method, Hunks: r.Hunks,
		TestPath: path.Join(folder, folder+"Test.java"),
	}
	for name, text := range map[string]*string{bug.Path: &bug.Source, bug.TestPath: &bug.Test} {
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return Bug{}, err
		}
		*text = string(data)
	}
	return bug, bug.check()
}

// check refuses a bug that is inconsistent.
func (b Bug) check() error {
	var problems []error
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, args...))
	}
	if !slices.Contains(Classes(), b.Class) {
		refuse("class is %q, want one of %v", b.Class, Classes())
	}
	if !strings.HasSuffix(b.Source, "\n") {
		refuse("%s lacks a line end at its end", b.Path)
	}
	last := len(b.lines())
	if m := b.Method; m.Start < 1 || m.End <= m.Start || m.End > last+1 {
		refuse("method is lines %d to %d of a file of %d lines", m.Start, m.End, last)
		return errors.Join(problems...)
	}
	if len(b.Hunks) == 0 {
		refuse("hunks is empty")
	}
	next := b.Method.Start + 1
	for _, h := range b.Hunks {
		switch {
		case h.Start < next || h.End <= h.Start || h.End > b.Method.End-1:
			refuse("hunk is lines %d to %d, want lines between the braces of the method (%d to %d) and after the previous hunk",
				h.Start, h.End, b.Method.Start, b.Method.End)
			return errors.Join(problems...)
		case b.cut(h.Span) == h.Fixed:
			refuse("the fix is the same as the wrong lines %d to %d", h.Start, h.End)
		case !strings.HasSuffix(h.Fixed, "\n"):
			refuse("the fix of lines %d to %d lacks a line end at its end", h.Start, h.End)
		}
		next = h.End
	}
	return errors.Join(problems...)
}

// FixedSource returns the text of the file with the reference fix.
func (b Bug) FixedSource() string {
	return b.Patched(b.Fixes()...)
}

// Fixes returns the replacement of each hunk.
func (b Bug) Fixes() []string {
	out := make([]string, len(b.Hunks))
	for i, h := range b.Hunks {
		out[i] = h.Fixed
	}
	return out
}

// Patched returns the text of the file with a replacement for each hunk.
func (b Bug) Patched(replacements ...string) string {
	return b.replace(Span{1, len(b.lines()) + 1}, replacements)
}

// MethodText returns the text of the wrong method.
func (b Bug) MethodText() string {
	return b.cut(b.Method)
}

// FixedMethodText returns the text of the method with the reference fix.
func (b Bug) FixedMethodText() string {
	return b.replace(b.Method, b.Fixes())
}

// replace returns the lines of s, which must contain all hunks, with a replacement for
// each hunk.
func (b Bug) replace(s Span, replacements []string) string {
	var out strings.Builder
	next := s.Start
	for i, h := range b.Hunks {
		out.WriteString(b.cut(Span{next, h.Start}) + replacements[i])
		next = h.End
	}
	return out.String() + b.cut(Span{next, s.End})
}

// lines splits the wrong file, keeping line ends.
func (b Bug) lines() []string {
	return slices.Collect(strings.Lines(b.Source))
}

func (b Bug) cut(s Span) string {
	return strings.Join(b.lines()[s.Start-1:s.End-1], "")
}
