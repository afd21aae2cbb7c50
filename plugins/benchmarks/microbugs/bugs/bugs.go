// Package bugs holds the microbugs benchmark itself: small Java classes with
// one mistake each, their JUnit 4 tests and their reference fixes.
//
// A bug is a folder with three files: the wrong class, its test class and
// bug.json. All classes are in the Java package micro, so that one compiler
// run takes them all. Every wrong class compiles and fails at least one test;
// every fixed class passes all.
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
	Hunk   Span   // the wrong lines
	Method Span   // the method around them, signature and closing brace included
	Fixed  string // what belongs there instead, whole lines

	Source   string // text of the wrong file
	TestPath string // of the JUnit class: "Gcd/GcdTest.java"
	Test     string // text of the JUnit class
}

// Span is the lines from Start up to but not including End, counted from 1.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Class is the kind of mistake.
type Class string

// Kinds of mistakes.
const (
	Boundary      Class = "boundary"
	Operator      Class = "operator"
	WrongVariable Class = "wrong-variable"
	MissingCase   Class = "missing-case"
	OffByOne      Class = "off-by-one"
	Null          Class = "null"
	Return        Class = "return"
)

// Classes lists all kinds of mistakes.
func Classes() []Class {
	return []Class{Boundary, Operator, WrongVariable, MissingCase, OffByOne, Null, Return}
}

// Files is the benchmark's tree, as Load reads it.
func Files() fs.FS { return files }

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
		bug, err := load(tree, path.Dir(record))
		if err != nil {
			problems = append(problems, fmt.Errorf("bug %s: %w", path.Dir(record), err))
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

// record is bug.json.
type record struct {
	ID     string `json:"id"`
	Class  Class  `json:"class"`
	Path   string `json:"path"`
	Hunk   Span   `json:"hunk"`
	Method Span   `json:"method"`
	Fixed  string `json:"fixed"`
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
		ID: r.ID, Class: r.Class, Path: r.Path, Hunk: r.Hunk, Method: r.Method, Fixed: r.Fixed,
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

// check refuses a bug whose parts do not fit together.
func (b Bug) check() error {
	var problems []error
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, args...))
	}
	if !slices.Contains(Classes(), b.Class) {
		refuse("class is %q, want one of %v", b.Class, Classes())
	}
	if !strings.HasSuffix(b.Source, "\n") {
		refuse("%s does not end in a line end", b.Path)
	}
	last := len(b.lines())
	inside := func(s Span, start, end int) bool {
		return start <= s.Start && s.Start < s.End && s.End <= end
	}
	switch {
	case !inside(b.Method, 1, last+1):
		refuse("method is lines %d to %d of a file of %d", b.Method.Start, b.Method.End, last)
	case !inside(b.Hunk, b.Method.Start+1, b.Method.End-1):
		refuse("hunk is lines %d to %d, want it between the braces of the method at %d to %d",
			b.Hunk.Start, b.Hunk.End, b.Method.Start, b.Method.End)
	case b.cut(b.Hunk) == b.Fixed:
		refuse("the fix is the same as the wrong lines")
	}
	if !strings.HasSuffix(b.Fixed, "\n") {
		refuse("the fix does not end in a line end")
	}
	return errors.Join(problems...)
}

// FixedSource is the text of the file with the reference fix.
func (b Bug) FixedSource() string {
	return b.Patched(b.Fixed)
}

// Patched is the text of the file with other lines in place of the hunk.
func (b Bug) Patched(replacement string) string {
	last := len(b.lines())
	return b.cut(Span{1, b.Hunk.Start}) + replacement + b.cut(Span{b.Hunk.End, last + 1})
}

// MethodText is the text of the wrong method.
func (b Bug) MethodText() string {
	return b.cut(b.Method)
}

// FixedMethodText is the text of the method with the reference fix.
func (b Bug) FixedMethodText() string {
	return b.cut(Span{b.Method.Start, b.Hunk.Start}) + b.Fixed + b.cut(Span{b.Hunk.End, b.Method.End})
}

// lines splits the wrong file, keeping line ends.
func (b Bug) lines() []string {
	return slices.Collect(strings.Lines(b.Source))
}

func (b Bug) cut(s Span) string {
	return strings.Join(b.lines()[s.Start-1:s.End-1], "")
}
