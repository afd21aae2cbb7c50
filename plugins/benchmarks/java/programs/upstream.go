package programs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Layout describes a repository: a folder with the buggy programs, one with the correct
// ones, one with the tests, each file named after its class. A program is a bug if it
// is in both folders and has a test; the other files beside the buggy programs and the
// tests are helpers.
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
	correct, tests := map[string]file{}, map[string]file{}
	for _, f := range read[1] {
		correct[plain(f.class())] = f
	}
	for _, f := range read[2] {
		if name, ok := d.Layout.Tested(f.class()); ok {
			tests[plain(name)] = f
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
	for _, f := range read[0] {
		fixed, hasFixed := correct[plain(f.class())]
		test, hasTest := tests[plain(f.class())]
		if !hasFixed || !hasTest {
			s.helpers = append(s.helpers, f)
			continue
		}
		p := program{id: f.class(), path: f.Path, text: f.Text, tests: []file{test}, testClasses: []string{qualified(test)},
			labels: labels[f.class()], licence: d.Licence}
		var err error
		if p.hunks, err = Derive(f.Text, fixed.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		if p.function, hasFixed = innermost(f.Text, p.hunks); !hasFixed {
			return nil, fmt.Errorf("%s: no method contains all differences from %s", f.Path, fixed.Path)
		}
		s.programs = append(s.programs, p)
	}
	if len(s.programs) == 0 {
		return nil, fmt.Errorf("no program in %s has a correct version in %s and a test in %s", d.Layout.Buggy, d.Layout.Correct, d.Layout.Tests)
	}
	return s, s.sort()
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
			return nil, fmt.Errorf("%s has %d bytes; the limit is %d", name, info.Size(), maxSource)
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		all = append(all, file{name, strings.ToValidUTF8(string(text), "\uFFFD")})
	}
	return all, nil
}
