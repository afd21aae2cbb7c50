package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"harness/core/sdk"
	"harness/core/sdk/jsonlines"
)

// folder is the folder of a configuration, with the files of each key.
type folder struct {
	path  string
	files map[string][]string // names in the folder, sorted
}

// openFolder looks up the files of a configuration. A missing file is a
// diagnostic at the attribute that names it.
func openFolder(c config, baseDir string) (folder, error) {
	root := c.Folder
	if !filepath.IsAbs(root) {
		root = filepath.Join(baseDir, root)
	}
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() {
		return folder{}, sdk.Diagnose([]string{"folder"}, "Folder is missing", fmt.Sprintf(
			"There is no folder %s. Relative paths start at the study's folder; put the recordings there, or name another folder.", root))
	}
	f := folder{path: root, files: map[string][]string{}}
	if len(c.Files) == 0 {
		return folder{}, sdk.Diagnose([]string{"files"}, "No recording is named", "Name a file for at least one adapter.")
	}
	var problems []error
	for _, key := range c.keys() {
		names, err := matches(root, c.Files[key])
		if err != nil {
			problems = append(problems, sdk.Diagnose([]string{"files", key}, "Recording is missing", err.Error()))
			continue
		}
		f.files[key] = names
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

// digest is a hash of the files' contents.
func (f folder) digest(used map[string]bool) (string, error) {
	total := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(used)) {
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

const indexName = "index.json"

// index describes the files of the folder.
type index map[string]struct {
	Kind      string `json:"kind"`
	Benchmark string `json:"benchmark"`
	Family    string `json:"family"`
	AppliesTo string `json:"applies_to"`
}

func (f folder) index() (index, error) {
	name := filepath.Join(f.path, indexName)
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the folder's %s, which says what the patches replace: %w", indexName, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, jsonlines.MaxLine))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var content struct {
		Files index `json:"files"`
	}
	if err := jsonlines.Decode(data, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return content.Files, nil
}

// prompts names the files with the prompts that a recording answers, sorted.
func (i index) prompts(recording string) []string {
	var names []string
	for name, file := range i {
		if of := i[recording]; file.Kind == "prompts" && file.Benchmark == of.Benchmark && file.Family == of.Family && fs.ValidPath(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
