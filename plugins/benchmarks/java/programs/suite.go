package programs

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

// suite is a fetched benchmark with its programs in the order of their ids.
type suite struct {
	programs []program
	helpers  []file   // which programs and tests may use
	notes    []string // what a reader of results must know
}

// file is a Java file: its path in the benchmark's tree and its text.
type file struct {
	Path string `json:"path"`
	Text string `json:"text"`

	problem string // why it cannot be used
}

func (f file) class() string { return strings.TrimSuffix(path.Base(f.Path), ".java") }

// program is one buggy program.
type program struct {
	id          string
	unsound     string // why it cannot be judged; then it may lack the rest
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

// finish sorts the programs, and of those with one id it takes the first, with a note. It
// refuses a suite of which nothing can be judged.
func (s *suite) finish() error {
	slices.SortStableFunc(s.programs, func(a, b program) int { return strings.Compare(a.id, b.id) })
	kept := s.programs[:0]
	for i := 0; i < len(s.programs); {
		first, end := s.programs[i], i+1
		note := "the same each time"
		for ; end < len(s.programs) && s.programs[end].id == first.id; end++ {
			if !reflect.DeepEqual(first, s.programs[end]) {
				note = "with different content; the first counts"
			}
		}
		if n := end - i; n > 1 {
			s.notes = append(s.notes, fmt.Sprintf("the bug %s appears %d times, %s", first.id, n, note))
		}
		kept = append(kept, first)
		i = end
	}
	s.programs = kept
	if i := slices.IndexFunc(kept, func(p program) bool { return p.unsound == "" }); i < 0 && len(kept) > 0 {
		return fmt.Errorf("none of its bugs can be judged (%d), such as %s: %s", len(kept), kept[0].id, kept[0].unsound)
	}
	return nil
}

func (p program) record() *benchmark.BugRecord {
	record := &benchmark.BugRecord{
		Bug:     &benchmark.Bug{Id: p.id, Path: p.path, Text: p.text, Language: "java", Labels: p.labels},
		Licence: p.licence, Origin: p.origin, Unsound: p.unsound,
	}
	if len(p.hunks) == 0 {
		return record
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
