package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"sort"
	"strings"
)

// Upstream's folders.
const (
	buggyDir   = "java_programs"
	correctDir = "correct_java_programs"
	testDir    = "java_testcases/junit"
)

// wanted says which files of upstream's repository the benchmark is made of.
func wanted(name string) bool {
	switch dir := path.Dir(name); dir {
	case buggyDir, correctDir, testDir:
		return strings.HasSuffix(name, ".java")
	case ".":
		upper := strings.ToUpper(name)
		return strings.HasPrefix(upper, "LICEN") || strings.HasPrefix(upper, "LEGAL") || strings.HasPrefix(upper, "README")
	}
	return false
}

// suite is a checkout of upstream.
type suite struct {
	programs []program
	helpers  []source // which programs and tests may use
}

// source is a Java file: its path in the repository and its text.
type source struct{ path, text string }

func (s source) class() string { return strings.TrimSuffix(path.Base(s.path), ".java") }

// program is one buggy program. Its id is the class' name.
type program struct {
	id      string
	buggy   source
	correct source
	test    source
}

// testClass is the name that JUnit is given.
func (p program) testClass() string {
	name := p.test.class()
	if found := packageLine.FindStringSubmatch(p.test.text); found != nil {
		return found[1] + "." + name
	}
	return name
}

var packageLine = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)\s*;`)

// open reads a checkout. Programs are the files that are in both folders and
// have a test; what else is beside them are helpers.
func open(dir string) (*suite, error) {
	root := os.DirFS(dir)
	buggy, err := readAll(root, buggyDir)
	if err != nil {
		return nil, err
	}
	correct, err := readAll(root, correctDir)
	if err != nil {
		return nil, err
	}
	tests, err := readAll(root, testDir)
	if err != nil {
		return nil, err
	}
	corrects := map[string]source{}
	for _, s := range correct {
		corrects[plain(s.class())] = s
	}
	testsOf := map[string]source{}
	result := &suite{}
	for _, s := range tests {
		if name, ok := strings.CutSuffix(plain(s.class()), "TEST"); ok {
			testsOf[name] = s
		} else {
			result.helpers = append(result.helpers, s)
		}
	}
	for _, s := range buggy {
		key := plain(s.class())
		fixed, hasFixed := corrects[key]
		test, hasTest := testsOf[key]
		if !hasFixed || !hasTest {
			result.helpers = append(result.helpers, s)
			continue
		}
		result.programs = append(result.programs, program{id: s.class(), buggy: s, correct: fixed, test: test})
	}
	if len(result.programs) == 0 {
		return nil, fmt.Errorf("no program in %s has a correct version in %s and a test in %s", buggyDir, correctDir, testDir)
	}
	sort.Slice(result.programs, func(i, j int) bool { return result.programs[i].id < result.programs[j].id })
	return result, nil
}

// plain is a class' name as far as upstream is consistent about it: tests
// differ from their programs in case and underscores.
func plain(class string) string { return strings.ToUpper(strings.ReplaceAll(class, "_", "")) }

const maxSource = 1 << 20

func readAll(root fs.FS, dir string) ([]source, error) {
	entries, err := fs.ReadDir(root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s", dir)
	}
	if err != nil {
		return nil, err
	}
	var all []source
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
			return nil, fmt.Errorf("%s has %d bytes; a program has at most %d", name, info.Size(), maxSource)
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		all = append(all, source{name, strings.ToValidUTF8(string(text), "\uFFFD")})
	}
	return all, nil
}

func (s *suite) program(id string) (program, error) {
	for _, p := range s.programs {
		if p.id == id {
			return p, nil
		}
	}
	return program{}, fmt.Errorf("there is no bug %q in this copy of QuixBugs", id)
}

// files are the sources that a patched program is compiled with: itself, its
// test and the helpers that are named in either, or in one of these.
func (s *suite) files(p program, patched string) map[string]string {
	files := map[string]string{p.buggy.path: patched, p.test.path: p.test.text}
	words := map[string]bool{}
	addWords(words, patched)
	addWords(words, p.test.text)
	for again := true; again; {
		again = false
		for _, helper := range s.helpers {
			if _, there := files[helper.path]; !there && words[helper.class()] {
				files[helper.path] = helper.text
				addWords(words, helper.text)
				again = true
			}
		}
	}
	return files
}

var word = regexp.MustCompile(`[A-Za-z_$][\w$]*`)

func addWords(words map[string]bool, text string) {
	for _, w := range word.FindAllString(text, -1) {
		words[w] = true
	}
}
