package main

import (
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
			if dir == "" { // the classes are in a library
				continue
			}
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
