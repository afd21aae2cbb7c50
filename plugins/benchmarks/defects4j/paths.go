package main

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
)

// The folders of a bug in the box.
const (
	projectTarget = "/data/project" // buggy/
	bugTarget     = "/data/bug"     // folders beside buggy/, such as lib/
	sharedTarget  = "/data/shared"  // folders that bugs share
	builtTarget   = "/data/built"   // what was compiled here
)

// paths are the locations of a bug's files: on this machine (below the fetched folder,
// with slashes) and in the box.
type paths struct {
	// Mounts maps folders of the box to those of this machine.
	Mounts map[string]string `json:"mounts"`
	// Libraries are the jars and folders of the class paths, without the project's own
	// classes.
	Libraries []location `json:"libraries,omitempty"`
	// Missing are entries of the class paths that do not exist.
	Missing []string `json:"missing,omitempty"`
	// Built: the classes are below builtDir instead of in the project.
	Built bool `json:"built,omitempty"`
	// Partly: only the tests that decide were compiled, since others do not compile.
	Partly bool `json:"partly,omitempty"`
}

// location is where a file or folder is on this machine and in the box.
type location struct {
	Here string `json:"here"` // below the fetched folder
	Box  string `json:"box"`
}

// classes returns the folders of the project's compiled classes and tests, and those
// of the sources, whose resources compiling may not have copied.
func (b *bug) classes() []location {
	id := b.ID.String()
	project := path.Join(exportDir, id, "buggy")
	var all []location
	if b.Paths.Built {
		for _, name := range []string{"classes", "tests"} {
			all = append(all, location{path.Join(builtDir, id, name), path.Join(builtTarget, name)})
		}
	} else {
		for _, dir := range []string{b.Properties.ClassesDir, b.Properties.TestClassesDir} {
			if dir == "" { // the classes are in a library
				continue
			}
			all = append(all, location{path.Join(project, dir), path.Join(projectTarget, dir)})
		}
	}
	// Last, since compiling may have replaced some of them.
	for _, dir := range []string{b.Properties.SourceDir, b.Properties.TestDir} {
		if dir == "" {
			continue
		}
		for _, name := range []string{dir, path.Join(path.Dir(dir), "resources")} {
			if b.isFolder(path.Join(project, name)) {
				all = append(all, location{path.Join(project, name), path.Join(projectTarget, name)})
			}
		}
	}
	return all
}

func (b *bug) isFolder(here string) bool {
	info, err := os.Stat(filepath.Join(b.root, filepath.FromSlash(here)))
	return err == nil && info.IsDir()
}

// mounts returns the folders that the box must have.
func (b *bug) mounts() []*benchmark.Mount {
	var all []*benchmark.Mount
	for target, source := range b.Paths.Mounts {
		all = append(all, &benchmark.Mount{Source: source, Target: target})
	}
	slices.SortFunc(all, func(x, y *benchmark.Mount) int { return strings.Compare(x.Target, y.Target) })
	return all
}
