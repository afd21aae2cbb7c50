package java_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
	"harness/plugins/benchmarks/java/programs/programstest"
	"harness/plugins/benchmarks/microbugs/bugs"
)

// hostile is a file of core/sandbox/testdata/hostile: a candidate and its expected
// verdict. See the README there.
type hostile struct {
	name, tries, about, text string
	host, test               string // the bug that it is a candidate of, or the text of the test; empty: the adder's
	verdicts, details        []string
	runs                     int
}

// got reports whether an answer is one that the candidate must get. What is forbidden
// never comes to the test that a detail may quote.
func (h hostile) got(v *benchmark.VerdictResponse) bool {
	told := v.Reason == benchmark.Forbidden || slices.ContainsFunc(h.details, func(detail string) bool { return strings.Contains(v.Detail, detail) })
	return slices.Contains(h.verdicts, name(v.Outcome)) && told
}

// corpus is the folder of the repository's own hostile candidates.
const corpus = "../../../core/sandbox/testdata/hostile"

var repeat = regexp.MustCompile(`REPEAT\((\d+),(.*?)\)([^)]|$)`)

// readHostile reads the candidates of a folder. oracle is the path of a file of the
// host.
func readHostile(t *testing.T, dir, oracle string) (all []hostile) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.java"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no hostile candidates: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h := hostile{name: strings.TrimSuffix(filepath.Base(file), ".java"), details: []string{""}, runs: 1}
		for line := range strings.Lines(string(text)) {
			name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "// "), ": ")
			if !ok || !strings.HasPrefix(line, "// ") {
				break
			}
			switch name {
			case "Tries":
				h.tries = value
			case "Verdict":
				h.verdicts = strings.Split(value, "|")
			case "Detail":
				h.details = strings.Split(value, "|")
			case "About":
				h.about = value
			case "Host":
				h.host = value
			case "Test":
				test, err := os.ReadFile(filepath.Join(dir, value))
				if errors.Is(err, fs.ErrNotExist) { // others' candidates name tests of this repository, too
					test, err = os.ReadFile(filepath.Join(corpus, value))
				}
				if err != nil {
					t.Fatal(err)
				}
				h.test = string(test)
			case "Got": // what an earlier judge said
			case "Runs":
				if h.runs, err = strconv.Atoi(value); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
			default:
				t.Fatalf("%s: unknown header %q", file, name)
			}
		}
		if h.tries == "" || len(h.verdicts) == 0 {
			t.Fatalf("%s: says not what it tries and which verdict it must get", file)
		}
		h.text = repeat.ReplaceAllStringFunc(strings.ReplaceAll(string(text), "ORACLE", oracle), func(found string) string {
			parts := repeat.FindStringSubmatch(found)
			n, _ := strconv.Atoi(parts[1])
			if !strings.Contains(parts[2], "#") {
				return strings.Repeat(parts[2], n) + parts[3]
			}
			var all strings.Builder
			for i := range n {
				all.WriteString(strings.ReplaceAll(parts[2], "#", strconv.Itoa(i)))
			}
			return all.String() + parts[3]
		})
		all = append(all, h)
	}
	return all
}

// program is the candidate with its tests.
func (h hostile) program(t *testing.T) java.Program {
	t.Helper()
	suite, bug, found := strings.Cut(h.host, ":")
	switch {
	case !found:
		p := adder(h.text)
		if h.test != "" {
			p.Files["AdderTest.java"] = h.test
		}
		return p
	case suite == "micro":
		b, err := bugs.Find(bugs.Files(), bug)
		if err != nil {
			t.Fatal(err)
		}
		return java.Program{
			Path: "micro/" + bug + ".java", Text: h.text, Reference: b.FixedSource(), Buggy: b.Source,
			Files: map[string]string{"micro/" + bug + "Test.java": b.Test}, Tests: []string{"micro." + bug + "Test"}, Wall: time.Minute,
		}
	}
	recorded, ok := programstest.Read(t, suite)[bug]
	if !ok {
		t.Fatalf("%s: %s has no bug %s", h.name, suite, bug)
	}
	p := java.Program{
		Path: recorded.Path, Text: h.text, Reference: recorded.Fixed(), Buggy: recorded.File,
		Files: map[string]string{}, Tests: recorded.TestClasses, Wall: time.Minute,
	}
	for _, test := range recorded.Tests {
		p.Files[test.Path] = test.Text
	}
	return p
}
