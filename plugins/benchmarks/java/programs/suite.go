package programs

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

// suite is a fetched benchmark with its programs in the order of their ids.
type suite struct {
	programs []program
	helpers  []file // which programs and tests may use
}

// file is a Java file: its path in the benchmark's tree and its text.
type file struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

func (f file) class() string { return strings.TrimSuffix(path.Base(f.Path), ".java") }

// program is one buggy program.
type program struct {
	id          string
	path, text  string
	hunks       []Hunk
	function    javasource.Span
	tests       []file
	testClasses []string
	support     []file // helpers that are always compiled with it
	labels      map[string]string
	licence     string
	origin      string // empty: the source, and the path
}

func (s *suite) program(id string) (program, bool) {
	i, found := slices.BinarySearchFunc(s.programs, id, func(p program, id string) int { return strings.Compare(p.id, id) })
	if !found {
		return program{}, false
	}
	return s.programs[i], true
}

// sort sorts the programs and refuses duplicate ids.
func (s *suite) sort() error {
	slices.SortFunc(s.programs, func(a, b program) int { return strings.Compare(a.id, b.id) })
	for i := 1; i < len(s.programs); i++ {
		if id := s.programs[i].id; id == s.programs[i-1].id {
			return fmt.Errorf("the bug %s appears twice", id)
		}
	}
	return nil
}

func (p program) record() *benchmark.BugRecord {
	record := &benchmark.BugRecord{
		Bug:     &benchmark.Bug{Id: p.id, Path: p.path, Text: p.text, Language: "java", Labels: p.labels},
		Licence: p.licence, Origin: p.origin,
	}
	record.Bug.Function = &benchmark.Span{Start: int32(p.function.Start), End: int32(p.function.End)}
	for _, h := range p.hunks {
		record.Bug.Hunks = append(record.Bug.Hunks, &benchmark.Span{Start: int32(h.Start), End: int32(h.End)})
		record.Fixes = append(record.Fixes, h.Fix)
	}
	return record
}

// innermost returns the innermost method around the hunks.
func innermost(text string, hunks []Hunk) (javasource.Span, bool) {
	var spans []javasource.Span
	for _, h := range hunks {
		spans = append(spans, javasource.Span{Start: h.Start, End: h.End})
	}
	return javasource.Innermost(text, spans...)
}

// files returns the sources that a patched program is compiled with: its tests, and the
// helpers that it, its reference, the tests or other such helpers name.
func (s *suite) files(p program, patched string) map[string]string {
	files := map[string]string{}
	words := map[string]bool{}
	addWords(words, patched)
	for _, h := range p.hunks {
		addWords(words, h.Fix)
	}
	for _, f := range slices.Concat(p.tests, p.support) {
		files[f.Path] = f.Text
		addWords(words, f.Text)
	}
	for again := true; again; {
		again = false
		for _, helper := range s.helpers {
			if _, there := files[helper.Path]; !there && words[helper.class()] {
				files[helper.Path] = helper.Text
				addWords(words, helper.Text)
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
