package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// checkFolders refuses an export whose folders of sources are not there.
func (b *bug) checkFolders() error {
	for _, dir := range []struct{ name, value string }{{"dir.src.classes", b.Properties.SourceDir}, {"dir.src.tests", b.Properties.TestDir}} {
		if !b.isFolder(path.Join(exportDir, b.ID.String(), "buggy", dir.value)) {
			return fmt.Errorf("export.json: %s: there is no folder buggy/%s", dir.name, dir.value)
		}
	}
	return nil
}

// findLibraries resolves the class paths of an export.
func (b *bug) findLibraries() error {
	id := b.ID.String()
	project := path.Join(exportDir, id, "buggy")
	b.Paths.Mounts = map[string]string{projectTarget: project}
	own := []string{path.Join(project, b.Properties.ClassesDir), path.Join(project, b.Properties.TestClassesDir)}
	for _, entry := range slices.Concat(b.Properties.TestPath, b.Properties.CompilePath) {
		name := path.Join(id, entry)
		switch base := path.Base(entry); {
		case entry == "" || path.IsAbs(entry) || !fs.ValidPath(name):
			return fmt.Errorf("export.json: the class path entry %q leaves the export; expected a path relative to %s/, such as lib/junit4.jar", entry, id)
		case strings.Contains(base, "*"):
			return fmt.Errorf("export.json: the class path entry %q is a pattern; name each jar", entry)
		case slices.Contains(own, path.Join(exportDir, name)):
			continue
		}
		found, ok, err := b.resolve(name)
		switch {
		case err != nil:
			return err
		case !ok:
			if !slices.Contains(b.Paths.Missing, entry) {
				b.Paths.Missing = append(b.Paths.Missing, entry)
			}
		case !slices.Contains(b.Paths.Libraries, found) && !slices.Contains(own, found.Here):
			b.Paths.Libraries = append(b.Paths.Libraries, found)
		}
	}
	return nil
}

// resolve finds a file or folder of the export: in the project, beside it, or in
// what bugs share. Links are followed, since a box has only what they lead to. What
// a box must not show is an error. Not ok: there is no such file.
func (b *bug) resolve(name string) (location, bool, error) {
	top, err := filepath.EvalSymlinks(filepath.Join(b.root, exportDir))
	if err != nil {
		return location{}, false, err
	}
	full, err := filepath.EvalSymlinks(filepath.Join(top, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return location{}, false, nil
	}
	if err != nil {
		return location{}, false, err
	}
	relative, err := filepath.Rel(top, full)
	if err == nil && filepath.IsLocal(relative) {
		if found, ok := b.mount(filepath.ToSlash(relative)); ok {
			return found, true, nil
		}
	}
	return location{}, false, fmt.Errorf("export.json: no box may show %s of the class path: it is in fixed/, of another bug, outside of the export, or in no folder", name)
}

// mount has the box show the folder that holds a file of the export. Not ok: the
// file is in no folder, or in one that holds an answer.
func (b *bug) mount(name string) (location, bool) {
	id := b.ID.String()
	if inside, ok := strings.CutPrefix(name+"/", path.Join(id, "buggy")+"/"); ok {
		return location{Here: path.Join(exportDir, name), Box: path.Join(projectTarget, inside)}, true
	}
	folder, rest, nested := strings.Cut(name, "/")
	here, target := path.Join(exportDir, folder), sharedTarget
	if _, isBug := parseID(folder); isBug {
		if folder != id || !nested {
			return location{}, false
		}
		folder, rest, nested = strings.Cut(rest, "/")
		if folder == "fixed" {
			return location{}, false
		}
		here, target = path.Join(exportDir, id, folder), bugTarget
	}
	if !nested && !b.isFolder(here) { // only a folder can be mounted
		return location{}, false
	}
	target = path.Join(target, folder)
	b.Paths.Mounts[target] = here
	return location{Here: path.Join(here, rest), Box: path.Join(target, rest)}, true
}
