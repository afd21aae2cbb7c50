package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// readings are the paths below the export's folder that a path in an export.json
// may mean, the likeliest first: relative to buggy/, to the bug's folder or to the
// export's; where it is absolute or leaves all of them, what of it follows the
// bug's folder or buggy/, or is below one of them by its end. A jar may have been
// put into a lib folder by its name alone.
func (b *bug) readings(name string) []string {
	id := b.ID.String()
	name = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"), "file:")
	var all []string
	add := func(base, name string) {
		if clean := path.Join(base, name); fs.ValidPath(clean) && !slices.Contains(all, clean) {
			all = append(all, clean)
		}
	}
	bases := []string{path.Join(id, "buggy"), id, "."}
	if !path.IsAbs(name) {
		for _, base := range bases {
			add(base, name)
		}
	} else {
		for _, folder := range []struct{ name, base string }{{"/" + id + "/", id}, {"/buggy/", path.Join(id, "buggy")}} {
			if i := strings.LastIndex(name, folder.name); i >= 0 {
				add(folder.base, name[i+len(folder.name):])
			}
		}
		parts := strings.Split(strings.Trim(path.Clean(name), "/"), "/")
		for i := 0; i+1 < len(parts) && parts[i] != "fixed"; i++ {
			for _, base := range bases {
				add(base, path.Join(parts[i:]...))
			}
		}
	}
	if isJar(name) {
		for _, base := range bases {
			add(base, path.Join("lib", path.Base(name)))
		}
	}
	return all
}

func isJar(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	return extension == ".jar" || extension == ".zip"
}

// folders puts the project's folders into one form, relative to buggy/. Those of
// sources must be there; those of classes may yet have to be made.
func (b *bug) folders() error {
	p := &b.Properties
	project := path.Join(b.ID.String(), "buggy")
	for _, dir := range []struct {
		member  string
		at      *string
		sources bool
	}{
		{"dir.src.classes", &p.SourceDir, true}, {"dir.src.tests", &p.TestDir, true},
		{"dir.bin.classes", &p.ClassesDir, false}, {"dir.bin.tests", &p.TestClassesDir, false},
	} {
		if *dir.at == "" {
			continue
		}
		var inside []string
		for _, reading := range b.readings(*dir.at) {
			if reading == project {
				inside = append(inside, ".")
			} else if relative, ok := strings.CutPrefix(reading, project+"/"); ok {
				inside = append(inside, relative)
			}
		}
		i := slices.IndexFunc(inside, func(name string) bool { return b.isFolder(path.Join(exportDir, project, name)) })
		switch {
		case i >= 0:
			*dir.at = inside[i]
		case dir.sources:
			return fmt.Errorf("export.json: %s: there is no folder %q below buggy/; name it relative to buggy/", dir.member, *dir.at)
		case len(inside) > 0 && !path.IsAbs(*dir.at):
			*dir.at = inside[0]
		case path.IsAbs(*dir.at):
			*dir.at = "" // where it was elsewhere; it is compiled here
		default:
			return fmt.Errorf("export.json: %s: the folder %q leaves the project; name it relative to buggy/", dir.member, *dir.at)
		}
	}
	return nil
}

// find resolves the class paths of an export.
func (b *bug) find() error {
	project := path.Join(b.ID.String(), "buggy")
	b.Paths.Mounts = map[string]string{projectTarget: path.Join(exportDir, project)}
	own := []string{path.Join(project, b.Properties.ClassesDir), path.Join(project, b.Properties.TestClassesDir)}
	for _, entry := range slices.Concat(b.Properties.TestPath, b.Properties.CompilePath) {
		readings := b.readings(entry)
		if len(readings) > 0 && slices.Contains(own, readings[0]) {
			continue
		}
		var found []place
		var err error
		if pattern := path.Base(entry); pattern == "*" || pattern == "*.jar" {
			found, err = b.jars(entry)
		} else if one, ok, failed := b.resolve(readings); ok || failed != nil {
			found, err = []place{one}, failed
		}
		if err != nil {
			return err
		}
		if len(found) == 0 && !slices.Contains(b.Paths.Missing, entry) {
			b.Paths.Missing = append(b.Paths.Missing, entry)
		}
		for _, one := range found {
			if !slices.Contains(b.Paths.Libraries, one) && !slices.Contains(own, strings.TrimPrefix(one.Here, exportDir+"/")) {
				b.Paths.Libraries = append(b.Paths.Libraries, one)
			}
		}
	}
	return nil
}

// jars are those of the folder that "folder/*" names, as Java reads it.
func (b *bug) jars(entry string) ([]place, error) {
	for _, folder := range b.readings(path.Dir(strings.ReplaceAll(entry, `\`, "/"))) {
		files, err := os.ReadDir(filepath.Join(b.root, exportDir, filepath.FromSlash(folder)))
		if err != nil {
			continue // another reading
		}
		var all []place
		for _, file := range files {
			if strings.ToLower(path.Ext(file.Name())) != ".jar" {
				continue
			}
			one, ok, err := b.resolve([]string{path.Join(folder, file.Name())})
			if err != nil {
				return nil, err
			}
			if ok {
				all = append(all, one)
			}
		}
		if len(all) > 0 {
			return all, nil
		}
	}
	return nil, nil
}

// resolve finds the first of the readings that is there and may be shown: in the
// project, beside it, or in what bugs share. Links are followed, since a box has
// only what they lead to.
func (b *bug) resolve(readings []string) (place, bool, error) {
	top, err := filepath.EvalSymlinks(filepath.Join(b.root, exportDir))
	if err != nil {
		return place{}, false, err
	}
	for _, reading := range readings {
		full, err := filepath.EvalSymlinks(filepath.Join(top, filepath.FromSlash(reading)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return place{}, false, err
		}
		relative, err := filepath.Rel(top, full)
		if err != nil || !filepath.IsLocal(relative) {
			continue
		}
		if found, ok := b.mounted(filepath.ToSlash(relative)); ok {
			return found, true, nil
		}
	}
	return place{}, false, nil
}

// mounted has the box show the folder that a path below the export's is in. Not
// ok: it is in none, or in one with an answer in it.
func (b *bug) mounted(name string) (place, bool) {
	id := b.ID.String()
	if inside, ok := strings.CutPrefix(name+"/", path.Join(id, "buggy")+"/"); ok {
		return place{Here: path.Join(exportDir, name), Box: path.Join(projectTarget, inside)}, true
	}
	folder, rest, nested := strings.Cut(name, "/")
	here, target := path.Join(exportDir, folder), sharedTarget
	if _, isBug := parseID(folder); isBug {
		if folder != id || !nested {
			return place{}, false
		}
		folder, rest, nested = strings.Cut(rest, "/")
		if folder == "fixed" {
			return place{}, false
		}
		here, target = path.Join(exportDir, id, folder), bugTarget
	}
	if !nested && !b.isFolder(here) { // only a folder can be mounted
		return place{}, false
	}
	target = path.Join(target, folder)
	b.Paths.Mounts[target] = here
	return place{Here: path.Join(here, rest), Box: path.Join(target, rest)}, true
}
