package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"harness/core/sdk"
	"harness/core/sdk/jsonlines"
)

// folder is the folder of a configuration, with the files of each adapter.
type folder struct {
	path  string
	files map[string][]string // by adapter, names in the folder, sorted
}

// openFolder looks up the files of a configuration. What is missing is a
// diagnostic at the attribute that names it.
func openFolder(c config, baseDir string) (folder, error) {
	path := c.Folder
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return folder{}, sdk.Diagnose([]string{"folder"}, "Folder is missing", fmt.Sprintf(
			"There is no folder %s. Relative paths start at the study's folder; put the recordings there, or name another folder.", path))
	}
	f := folder{path: path, files: map[string][]string{}}
	if len(c.Files) == 0 {
		return folder{}, sdk.Diagnose([]string{"files"}, "No recording is named", "Name a file for at least one adapter.")
	}
	var problems []error
	for _, adapter := range c.adapters() {
		names, err := matches(path, c.Files[adapter])
		if err != nil {
			problems = append(problems, sdk.Diagnose([]string{"files", adapter}, "Recording is missing", err.Error()))
			continue
		}
		f.files[adapter] = names
	}
	return f, errors.Join(problems...)
}

func matches(dir, pattern string) ([]string, error) {
	if !fs.ValidPath(pattern) {
		return nil, fmt.Errorf("%q does not name files in the folder %s", pattern, dir)
	}
	names, err := fs.Glob(os.DirFS(dir), pattern)
	if err != nil {
		return nil, fmt.Errorf("%q is not a pattern: %w", pattern, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no file %s in %s", pattern, dir)
	}
	sort.Strings(names)
	return names, nil
}

// digest names the content of all files.
func (f folder) digest() (string, error) {
	var names []string
	seen := map[string]bool{}
	for _, of := range f.files {
		for _, name := range of {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	total := sha256.New()
	for _, name := range names {
		content, err := os.Open(filepath.Join(f.path, name))
		if err != nil {
			return "", err
		}
		one := sha256.New()
		_, err = io.Copy(one, content)
		content.Close()
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", name, err)
		}
		fmt.Fprintf(total, "%q %x\n", name, one.Sum(nil))
	}
	return "sha256:" + hex.EncodeToString(total.Sum(nil)), nil
}

// record is one bug of a recording.
type record struct {
	Bug       string
	Start     int // first line of the method, by the recording
	Input     string
	Outputs   []string
	Published []string
}

// recordings keeps what has been read, as long as its files do not change.
type recordings struct {
	mu    sync.Mutex
	files map[string]read
}

type read struct {
	size     int64
	modified time.Time
	records  map[string]*record
}

func newRecordings() *recordings { return &recordings{files: map[string]read{}} }

// load returns an adapter's records by bug.
func (r *recordings) load(ctx context.Context, f folder, adapter string) (map[string]*record, error) {
	names := f.files[adapter]
	if len(names) == 1 {
		return r.file(ctx, filepath.Join(f.path, names[0]))
	}
	all, from := map[string]*record{}, map[string]string{}
	for _, name := range names {
		records, err := r.file(ctx, filepath.Join(f.path, name))
		if err != nil {
			return nil, err
		}
		for bug, record := range records {
			if other, ok := from[bug]; ok {
				return nil, fmt.Errorf("the bug %s is in both %s and %s; name files that share no bug", bug, other, name)
			}
			all[bug], from[bug] = record, name
		}
	}
	return all, nil
}

func (r *recordings) file(ctx context.Context, path string) (map[string]*record, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, ok := r.files[path]; ok && kept.size == info.Size() && kept.modified.Equal(info.ModTime()) {
		return kept.records, nil
	}
	records := map[string]*record{}
	total := 0
	err = jsonlines.Each(ctx, path, func(_ int, data []byte) error {
		if total += len(data); total > maxRecording {
			return fmt.Errorf("the recording holds more than %d MiB", maxRecording>>20)
		}
		parsed, err := parse(data)
		if err != nil {
			return err
		}
		if records[parsed.Bug] != nil {
			return fmt.Errorf("the bug %s is there twice", parsed.Bug)
		}
		records[parsed.Bug] = parsed
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.files[path] = read{info.Size(), info.ModTime(), records}
	return records, nil
}

// maxRecording bounds what of one file is kept in memory, in bytes.
const maxRecording = 512 << 20

var functionRange = regexp.MustCompile(`^(\d{1,7}),\d+-(\d{1,7}),\d+$`)

func parse(data []byte) (*record, error) {
	var line struct {
		Bug       string    `json:"bug"`
		Range     string    `json:"function_range"`
		Input     string    `json:"input"`
		Outputs   []*string `json:"outputs"`
		Published []string  `json:"published"`
	}
	if err := jsonlines.Decode(data, &line); err != nil {
		return nil, err
	}
	if line.Bug == "" {
		return nil, errors.New(`the field "bug" is missing`)
	}
	parts := functionRange.FindStringSubmatch(line.Range)
	if parts == nil {
		return nil, fmt.Errorf(`bug %s: the field "function_range" is %q, not like "12,5-19,5"`, line.Bug, line.Range)
	}
	start, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, err
	}
	if len(line.Outputs) != len(line.Published) {
		return nil, fmt.Errorf(`bug %s: there are %d "outputs" and %d "published" verdicts`, line.Bug, len(line.Outputs), len(line.Published))
	}
	parsed := &record{Bug: line.Bug, Start: start, Input: line.Input, Published: line.Published}
	for i, output := range line.Outputs {
		if output == nil {
			return nil, fmt.Errorf("bug %s: the output of rank %d is null", line.Bug, i)
		}
		if !known(line.Published[i]) {
			return nil, fmt.Errorf("bug %s: the verdict of rank %d is %q, not one of %s", line.Bug, i, line.Published[i], strings.Join(verdicts, ", "))
		}
		parsed.Outputs = append(parsed.Outputs, *output)
	}
	return parsed, nil
}
