package programs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"harness/core/sdk/javasource"
)

// Layout describes a repository: a folder with the buggy programs, one with the correct
// ones, one with the tests, each file named after its class. A program is a bug if it has
// a test, or a correct version with other code and no program that uses it, or is known
// as a bug; the other files beside the buggy programs and the tests are helpers. A bug
// that lacks one of the three files is unsound.
type Layout struct {
	Buggy, Correct, Tests string // folders, with slashes
	// Tested returns the name of the program that a test class tests, in which case and
	// underscores do not count. Not ok: the class is a helper.
	Tested func(testClass string) (program string, ok bool)
	// More are further files to fetch, such as the one that Labels reads.
	More []string
}

// keep reports whether the benchmark uses a file of the repository.
func (l Layout) keep(name string) bool {
	if slices.Contains(l.More, name) {
		return true
	}
	switch path.Dir(name) {
	case l.Buggy, l.Correct, l.Tests:
		return strings.HasSuffix(name, ".java")
	case ".":
		upper := strings.ToUpper(name)
		return strings.HasPrefix(upper, "LICEN") || strings.HasPrefix(upper, "LEGAL")
	}
	return false
}

// openUpstream reads a checkout of upstream's repository.
func (d Definition) openUpstream(root fs.FS) (*suite, error) {
	var read [3][]file
	for i, dir := range []string{d.Layout.Buggy, d.Layout.Correct, d.Layout.Tests} {
		var err error
		if read[i], err = readAll(root, dir); err != nil {
			return nil, err
		}
	}
	s := &suite{}
	correct, tests := map[string][]file{}, map[string][]file{}
	for _, f := range read[1] {
		correct[plain(f.class())] = append(correct[plain(f.class())], f)
	}
	for _, f := range read[2] {
		if name, ok := d.Layout.Tested(f.class()); ok {
			tests[plain(name)] = append(tests[plain(name)], f)
		} else {
			s.helpers = append(s.helpers, f)
		}
	}
	labels := map[string]map[string]string{}
	if d.Labels != nil {
		var err error
		if labels, err = d.Labels(root); err != nil {
			return nil, err
		}
	}
	found := map[string]bool{} // by plain name
	add := func(b parts) {
		found[plain(b.id)] = true
		s.programs = append(s.programs, d.program(b, labels[b.id]))
	}
	for _, f := range read[0] {
		b := parts{id: f.class(), buggy: f, correct: correct[plain(f.class())], tests: tests[plain(f.class())]}
		if exact := slices.IndexFunc(b.correct, func(c file) bool { return c.class() == b.id }); exact >= 0 {
			b.correct = b.correct[exact : exact+1]
		}
		if labels[b.id] == nil && !slices.Contains(d.Bugs, b.id) && b.isHelper(read[0]) {
			s.helpers = append(s.helpers, f)
			continue
		}
		add(b)
	}
	for _, f := range read[1] { // whose buggy program is missing
		if name := plain(f.class()); !found[name] && len(tests[name]) > 0 {
			add(parts{id: f.class(), correct: correct[name], tests: tests[name]})
		}
	}
	var missing []string
	for _, id := range d.Bugs {
		switch name := plain(id); {
		case found[name]:
		case len(correct[name]) > 0 || len(tests[name]) > 0:
			add(parts{id: id, correct: correct[name], tests: tests[name]})
		default:
			missing = append(missing, id)
		}
	}
	for _, f := range s.helpers {
		if f.problem != "" {
			return nil, errors.New(f.problem)
		}
	}
	if len(s.programs) == 0 {
		return nil, fmt.Errorf("no program in %s has a correct version in %s and a test in %s", d.Layout.Buggy, d.Layout.Correct, d.Layout.Tests)
	}
	if len(missing) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("this copy of %s lacks %d of its %d bugs: %s", d.Title, len(missing), len(d.Bugs), strings.Join(missing, ", ")))
	}
	return s, s.finish()
}

// parts are the files of a bug, as far as they are there.
type parts struct {
	id      string
	buggy   file // without a path: missing
	correct []file
	tests   []file
}

// isHelper reports whether a file beside the buggy programs is none of them: it has no
// test, and no correct version or one with the same code, or another program uses it.
// Upstream may have helpers in both folders.
func (b parts) isHelper(programs []file) bool {
	if len(b.tests) > 0 {
		return false
	}
	differs := func(c file) bool {
		_, err := Derive(b.buggy.Text, c.Text)
		return !errors.Is(err, ErrSameCode)
	}
	uses := func(p file) bool {
		words := map[string]bool{}
		addWords(words, javasource.Code(p.Text))
		return p.Path != b.buggy.Path && words[b.id]
	}
	return !slices.ContainsFunc(b.correct, differs) || slices.ContainsFunc(programs, uses)
}

// program returns the bug that consists of some files, or an unsound one that says which
// are missing or do not fit.
func (d Definition) program(b parts, labels map[string]string) program {
	p := program{id: b.id, path: b.buggy.Path, text: b.buggy.Text, tests: b.tests, labels: labels, licence: d.Licence}
	for _, test := range b.tests {
		p.testClasses = append(p.testClasses, qualified(test))
	}
	var problems []string
	if b.buggy.Path == "" {
		problems = append(problems, "it has no buggy program in "+d.Layout.Buggy)
	}
	switch len(b.correct) {
	case 0:
		problems = append(problems, "it has no correct version in "+d.Layout.Correct)
	case 1:
	default:
		problems = append(problems, fmt.Sprintf("it has several correct versions, such as %s and %s", b.correct[0].Path, b.correct[1].Path))
	}
	if len(b.tests) == 0 {
		problems = append(problems, "it has no test in "+d.Layout.Tests)
	}
	for _, f := range slices.Concat([]file{b.buggy}, b.correct, b.tests) {
		if f.problem != "" {
			problems = append(problems, f.problem)
		}
	}
	if b.buggy.Text != "" && len(b.correct) == 1 && b.correct[0].problem == "" {
		hunks, err := Derive(b.buggy.Text, b.correct[0].Text)
		function, ok := innermost(b.buggy.Text, hunks)
		switch {
		case err != nil:
			problems = append(problems, err.Error())
		case !ok:
			problems = append(problems, fmt.Sprintf("no method contains all differences between %s and %s", b.buggy.Path, b.correct[0].Path))
		default:
			p.hunks, p.function = hunks, function
		}
	}
	p.unsound = strings.Join(problems, "; ")
	return p
}

// qualified returns the name of a test's class for JUnit.
func qualified(test file) string {
	if name := packageOf(test.Text); name != "" {
		return name + "." + test.class()
	}
	return test.class()
}

// plain returns a class's name in the form in which tests and programs agree.
func plain(class string) string { return strings.ToUpper(strings.ReplaceAll(class, "_", "")) }

const maxSource = 1 << 20

func readAll(root fs.FS, dir string) ([]file, error) {
	entries, err := fs.ReadDir(root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder %s is missing", dir)
	}
	if err != nil {
		return nil, err
	}
	var all []file
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !strings.HasSuffix(entry.Name(), ".java") {
			continue
		}
		name := path.Join(dir, entry.Name())
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		if info.Size() > maxSource {
			all = append(all, file{Path: name, problem: fmt.Sprintf("%s has %d bytes; the limit is %d", name, info.Size(), maxSource)})
			continue
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		all = append(all, file{Path: name, Text: strings.ToValidUTF8(string(text), "\uFFFD")})
	}
	return all, nil
}
