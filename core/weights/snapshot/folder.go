package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/internal/atomicfile"
)

// folder is a checkpoint folder. Its links must stay inside it or, if it is in a
// hub cache (REPO/snapshots/REVISION, with links to REPO/blobs), inside REPO.
type folder struct {
	dir  string // as the caller named it, for errors
	real string // the path without links
	root string // what links must stay inside
}

func openFolder(dir string) (folder, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return folder{}, fmt.Errorf("checkpoint folder: %w", err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return folder{}, fmt.Errorf("checkpoint folder %s: %w", dir, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return folder{}, fmt.Errorf("checkpoint folder: %w", err)
	}
	if !info.IsDir() {
		return folder{}, fmt.Errorf("checkpoint folder %s: not a folder", dir)
	}
	f := folder{dir: dir, real: real, root: real}
	if parent := filepath.Dir(real); filepath.Base(parent) == "snapshots" {
		f.root = filepath.Dir(parent)
	}
	return f, nil
}

// resolve finds the regular file with a slash-separated name. The error is
// fs.ErrNotExist if there is none.
func (f folder) resolve(name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("%s: %q leads out of the folder", f.dir, name)
	}
	real, err := filepath.EvalSymlinks(filepath.Join(f.real, filepath.FromSlash(name)))
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.dir, err)
	}
	if real != f.root && !strings.HasPrefix(real, strings.TrimSuffix(f.root, string(filepath.Separator))+string(filepath.Separator)) {
		return "", fmt.Errorf("%s: %s is a link that leads out of %s", f.dir, name, filepath.Base(f.root))
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.dir, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: %s is not a regular file", f.dir, name)
	}
	return real, nil
}

// has reports whether the name is a file of the folder.
func (f folder) has(name string) (bool, error) {
	_, err := f.resolve(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// read reads a small file.
func (f folder) read(name string) ([]byte, error) {
	path, err := f.resolve(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// files lists the folder's files, sorted, with slashes. It omits a download's
// metadata (.cache, .git) and the leftovers of killed writers.
func (f folder) files() ([]string, error) {
	var names []string
	err := filepath.WalkDir(f.real, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		switch {
		case p == f.real:
			return nil
		case d.IsDir() && (base == ".cache" || base == ".git" || atomicfile.Leftover(base)):
			return filepath.SkipDir
		case d.IsDir() || atomicfile.Leftover(base):
			return nil
		}
		rel, err := filepath.Rel(f.real, p)
		if err != nil {
			return err
		}
		names = append(names, path.Clean(filepath.ToSlash(rel)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", f.dir, err)
	}
	slices.Sort(names)
	return names, nil
}
