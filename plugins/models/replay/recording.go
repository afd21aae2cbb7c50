package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"harness/core/sdk/jsonlines"
)

// recording is the content of the files of one key, by bug.
type recording struct {
	bugs  map[string]*record
	files []string            // all files of the folder that were read for it
	ids   map[string][]string // bugs of each file with candidates, sorted
}

// record is one bug of a recording.
type record struct {
	candidates []candidate // best first
	target     target
}

type candidate struct {
	output  string
	verdict string // published; empty: none
}

// recordings caches the files that were read, until they change.
type recordings struct {
	mu    sync.Mutex
	files map[string]read
}

type read struct {
	size     int64
	modified time.Time
	content  any
}

func newRecordings() *recordings { return &recordings{files: map[string]read{}} }

// load returns the recording of a key.
func (r *recordings) load(ctx context.Context, f folder, key string) (*recording, error) {
	all, from := &recording{bugs: map[string]*record{}, ids: map[string][]string{}}, map[string]string{}
	var descriptions index
	for _, name := range f.files[key] {
		content, err := cached(r, filepath.Join(f.path, name), func(path string) (fileContent, error) { return readFile(ctx, path) })
		if err != nil {
			return nil, err
		}
		all.files = append(all.files, name)
		all.ids[name] = slices.Sorted(maps.Keys(content.bugs))
		where := map[string]hunk{}
		appliesTo := ""
		if content.byCandidate {
			if descriptions == nil {
				if descriptions, err = f.index(); err != nil {
					return nil, err
				}
				all.files = append(all.files, indexName)
			}
			if appliesTo = descriptions[name].AppliesTo; appliesTo != "hunk" && appliesTo != "function" {
				return nil, fmt.Errorf(`%s: "applies_to" of %s is %q, not "hunk" or "function"`, indexName, name, appliesTo)
			}
			prompts := descriptions.prompts(name)
			all.files = append(all.files, prompts...)
			if where, err = r.places(ctx, f, prompts); err != nil {
				return nil, err
			}
		}
		placed := !content.byCandidate || appliesTo == "function"
		for bug, found := range content.bugs {
			_, ok := where[bug]
			placed = placed || ok
			if other, ok := from[bug]; ok {
				return nil, fmt.Errorf("the bug %s is in both %s and %s; name files that share no bug", bug, other, name)
			}
			one := &record{candidates: found.candidates, target: found.target}
			switch at, ok := where[bug]; {
			case !content.byCandidate:
			case appliesTo == "function":
				one.target = function{}
			case !ok:
				one.target = unknownLines{}
			default:
				one.target = at
			}
			if content.byCandidate && descriptions[name].Benchmark == "defects4j" {
				one.target = ended{one.target}
			}
			all.bugs[bug], from[bug] = one, name
		}
		if !placed && len(content.bugs) > 0 {
			return nil, fmt.Errorf("%s: no file of prompts says which lines the patches of %s replace", name, all.ids[name][0])
		}
	}
	return all, nil
}

// cached reads a file once, and again if it changes.
func cached[T any](r *recordings, path string, readFile func(path string) (T, error)) (T, error) {
	info, err := os.Stat(path)
	if err != nil {
		return *new(T), err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, ok := r.files[path]; ok && kept.size == info.Size() && kept.modified.Equal(info.ModTime()) {
		if content, ok := kept.content.(T); ok {
			return content, nil
		}
	}
	content, err := readFile(path)
	if err == nil {
		r.files[path] = read{info.Size(), info.ModTime(), content}
	}
	return content, err
}

// maxRecording is the maximum number of bytes of one file.
const maxRecording = 512 << 20

type fileContent struct {
	bugs        map[string]*record
	byCandidate bool // one line per candidate, not per bug; such a file has no targets
}

func readFile(ctx context.Context, path string) (fileContent, error) {
	content := fileContent{bugs: map[string]*record{}}
	total, first := 0, true
	err := jsonlines.Each(ctx, path, func(_ int, data []byte) error {
		if total += len(data); total > maxRecording {
			return fmt.Errorf("the recording holds more than %d MiB", maxRecording>>20)
		}
		parsed, one, err := parse(data)
		if err != nil {
			return err
		}
		if first {
			content.byCandidate, first = parsed.Rank != nil, false
		}
		before := content.bugs[parsed.Bug]
		switch {
		case (parsed.Rank != nil) != content.byCandidate:
			return errors.New("the file mixes lines for bugs and lines for candidates")
		case !content.byCandidate && before != nil:
			return fmt.Errorf("the bug %s appears twice", parsed.Bug)
		case !content.byCandidate:
			content.bugs[parsed.Bug] = one
			return nil
		case before == nil:
			before = &record{}
			content.bugs[parsed.Bug] = before
		}
		if next := len(before.candidates) + 1; *parsed.Rank != next {
			return fmt.Errorf("bug %s: rank is %d, expected %d", parsed.Bug, *parsed.Rank, next)
		}
		before.candidates = append(before.candidates, one.candidates...)
		return nil
	})
	return content, err
}

// line is a line of a recording, of either kind.
type line struct {
	Bug string `json:"bug"`
	// Fields of a line for a bug.
	Range     string    `json:"function_range"`
	Input     string    `json:"input"`
	Outputs   []*string `json:"outputs"`
	Published []*string `json:"published"`
	// Fields of a line for a candidate.
	Rank    *int    `json:"rank"`
	Patch   *string `json:"patch"`
	Verdict *string `json:"verdict"`
}

var functionRange = regexp.MustCompile(`^(\d{1,7}),\d+-(\d{1,7}),\d+$`)

// parse reads a line and the record of its bug.
func parse(data []byte) (line, *record, error) {
	var l line
	if err := jsonlines.Decode(data, &l); err != nil {
		return l, nil, err
	}
	if l.Bug == "" {
		return l, nil, errors.New(`the field "bug" is missing`)
	}
	read := l.wholeBug
	if l.Rank != nil {
		read = l.oneCandidate
	}
	r, err := read()
	if err != nil {
		return l, nil, fmt.Errorf("bug %s: %w", l.Bug, err)
	}
	return l, r, nil
}

func (l line) oneCandidate() (*record, error) {
	if l.Patch == nil {
		return nil, errors.New(`the field "patch" is missing`)
	}
	verdict, err := published(*l.Rank, l.Verdict)
	if err != nil {
		return nil, err
	}
	return &record{candidates: []candidate{{*l.Patch, verdict}}}, nil
}

// published returns a recorded verdict, "" if there is none.
func published(rank int, verdict *string) (string, error) {
	if verdict == nil {
		return "", nil
	}
	if !known(*verdict) {
		return "", fmt.Errorf("the verdict of rank %d is %q, not one of %s", rank, *verdict, strings.Join(verdicts, ", "))
	}
	return *verdict, nil
}

func (l line) wholeBug() (*record, error) {
	start, ok := firstLine(l.Range)
	if !ok {
		return nil, fmt.Errorf(`the field "function_range" is %q, not like "12,5-19,5"`, l.Range)
	}
	if l.Published == nil {
		l.Published = make([]*string, len(l.Outputs))
	}
	if len(l.Outputs) != len(l.Published) {
		return nil, fmt.Errorf(`there are %d "outputs" and %d "published" verdicts`, len(l.Outputs), len(l.Published))
	}
	r := &record{target: method{input: l.Input, start: start}}
	for i, output := range l.Outputs {
		if output == nil {
			return nil, fmt.Errorf("the output of rank %d is null", i+1)
		}
		verdict, err := published(i+1, l.Published[i])
		if err != nil {
			return nil, err
		}
		r.candidates = append(r.candidates, candidate{*output, verdict})
	}
	return r, nil
}

func firstLine(functionRangeText string) (int, bool) {
	parts := functionRange.FindStringSubmatch(functionRangeText)
	if parts == nil {
		return 0, false
	}
	start, err := strconv.Atoi(parts[1])
	return start, err == nil
}
