package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
)

// Where a bug's folders are in the box.
const (
	projectTarget = "/data/project" // buggy/
	bugTarget     = "/data/bug"     // folders beside buggy/, such as lib/
	sharedTarget  = "/data/shared"  // folders that bugs share
	builtTarget   = "/data/built"   // what was compiled here
)

// paths is where the parts of a bug are: on this machine below the fetched
// folder, with slashes, and in the box.
type paths struct {
	// Mounts are sources by target.
	Mounts map[string]string `json:"mounts"`
	// Libraries of sources and tests: jars and folders beyond the project's own
	// classes.
	Libraries []place `json:"libraries,omitempty"`
	// Missing are entries of the class paths that are not there.
	Missing []string `json:"missing,omitempty"`
	// Built: the classes are below builtDir, rather than in the project.
	Built bool `json:"built,omitempty"`
	// Partly: only the tests that matter were compiled, since not all compile.
	Partly bool `json:"partly,omitempty"`
}

// place is one thing on this machine and in the box.
type place struct {
	Here string `json:"here"` // below the fetched folder
	Box  string `json:"box"`
}

// find resolves the class paths of an export.
func (b *bug) find() error {
	id := b.ID.String()
	b.Paths.Mounts = map[string]string{projectTarget: path.Join(exportDir, id, "buggy")}
	own := []string{b.Properties.ClassesDir, b.Properties.TestClassesDir}
	for _, entry := range slices.Concat(b.Properties.TestPath, b.Properties.CompilePath) {
		name := strings.TrimPrefix(filepath.ToSlash(entry), "./")
		if slices.Contains(own, path.Clean(name)) {
			continue
		}
		found, ok, err := b.resolve(name)
		if err != nil {
			return err
		}
		switch {
		case !ok && !slices.Contains(b.Paths.Missing, entry):
			b.Paths.Missing = append(b.Paths.Missing, entry)
		case ok && !slices.Contains(b.Paths.Libraries, found):
			b.Paths.Libraries = append(b.Paths.Libraries, found)
		}
	}
	return nil
}

// resolve finds an entry of a class path: in the project, beside it, or in what
// bugs share; failing that, a file of its name in one of the lib folders.
func (b *bug) resolve(entry string) (place, bool, error) {
	id := b.ID.String()
	names := []string{entry, path.Join("lib", path.Base(entry))}
	for _, name := range names {
		clean, ok := within(name)
		if !ok {
			continue
		}
		first, _, nested := strings.Cut(clean, "/")
		for _, base := range []struct{ here, box string }{
			{path.Join(exportDir, id, "buggy"), projectTarget},
			{path.Join(exportDir, id), bugTarget},
			{exportDir, sharedTarget},
		} {
			if base.box != projectTarget {
				// Only a folder can be mounted, and none with an answer in it.
				if !nested || first == "fixed" || first == "buggy" {
					continue
				}
				if _, isBug := parseID(first); isBug && base.box == sharedTarget {
					continue
				}
			}
			here := path.Join(base.here, clean)
			_, err := os.Stat(filepath.Join(b.root, filepath.FromSlash(here)))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return place{}, false, err
			}
			if base.box != projectTarget {
				b.Paths.Mounts[base.box+"/"+first] = path.Join(base.here, first)
			}
			return place{Here: here, Box: path.Join(base.box, clean)}, true, nil
		}
	}
	return place{}, false, nil
}

// classes returns the folders of the project's compiled classes and tests, and
// the folders of the sources, which hold resources that Java looks for beside
// classes and that compiling may not have copied.
func (b *bug) classes() []place {
	id := b.ID.String()
	project := path.Join(exportDir, id, "buggy")
	var all []place
	if b.Paths.Built {
		for _, name := range []string{"classes", "tests"} {
			all = append(all, place{path.Join(builtDir, id, name), path.Join(builtTarget, name)})
		}
	} else {
		for _, dir := range []string{b.Properties.ClassesDir, b.Properties.TestClassesDir} {
			all = append(all, place{path.Join(project, dir), path.Join(projectTarget, dir)})
		}
	}
	// Last, since compiling may have put others in their place.
	for _, dir := range []string{b.Properties.SourceDir, b.Properties.TestDir} {
		if dir == "" {
			continue
		}
		for _, name := range []string{dir, path.Join(path.Dir(dir), "resources")} {
			if b.isFolder(path.Join(project, name)) {
				all = append(all, place{path.Join(project, name), path.Join(projectTarget, name)})
			}
		}
	}
	return all
}

func (b *bug) isFolder(here string) bool {
	info, err := os.Stat(filepath.Join(b.root, filepath.FromSlash(here)))
	return err == nil && info.IsDir()
}

// mounts are the folders that the box must have.
func (b *bug) mounts() []*benchmark.Mount {
	var all []*benchmark.Mount
	for target, source := range b.Paths.Mounts {
		all = append(all, &benchmark.Mount{Source: source, Target: target})
	}
	slices.SortFunc(all, func(x, y *benchmark.Mount) int { return strings.Compare(x.Target, y.Target) })
	return all
}
