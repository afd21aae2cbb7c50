package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// tree is the folder that files are written to. All paths stay within it. Links are made
// last, so that no file is written through a link.
type tree struct {
	root  *os.Root
	keep  func(string) bool
	stray func(link, target string) // nil: an error
	limit int64                     // bytes that may still be written
	links []link
	// folder is the one that was written to last, whose name is folderName: files come
	// folder by folder, and opening every folder above each of them takes most of the time.
	folder     *os.Root
	folderName string
}

type link struct{ name, target string }

func newTree(dir string, options Options) (*tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	keep := options.Keep
	if keep == nil {
		keep = func(string) bool { return true }
	}
	return &tree{root: root, keep: keep, stray: options.Stray, limit: options.MaxBytes}, nil
}

func (t *tree) close() {
	if t.folder != nil {
		t.folder.Close()
	}
	t.root.Close()
}

// open returns a folder of the tree, made if it is not there. It must not be closed.
func (t *tree) open(name string) (*os.Root, error) {
	if t.folder != nil && name == t.folderName {
		return t.folder, nil
	}
	if err := t.root.MkdirAll(name, 0o755); err != nil {
		return nil, err
	}
	folder, err := t.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if t.folder != nil {
		t.folder.Close()
	}
	t.folder, t.folderName = folder, name
	return folder, nil
}

// file writes one file of at most the given size.
func (t *tree) file(name string, size int64, executable bool, open func() (io.ReadCloser, error)) error {
	if err := validPath(name); err != nil {
		return err
	}
	if size < 0 || size > t.limit {
		return fmt.Errorf("%s: the files are larger than may be taken altogether", name)
	}
	t.limit -= size
	folder, err := t.open(path.Dir(name))
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	in, err := open()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer in.Close()
	out, err := folder.OpenFile(path.Base(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	written, err := io.Copy(out, io.LimitReader(in, size+1))
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err == nil && written != size {
		err = fmt.Errorf("size mismatch: %d bytes were announced", size)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// symlink records a link.
func (t *tree) symlink(name, target string) error {
	if err := validPath(name); err != nil {
		return err
	}
	if path.IsAbs(target) {
		return t.escapes(link{name, target})
	}
	t.links = append(t.links, link{name, target})
	return nil
}

// link makes the links and checks their targets.
func (t *tree) link() error {
	for _, l := range t.links {
		if err := t.root.MkdirAll(path.Dir(l.name), 0o755); err != nil {
			return err
		}
		if err := t.root.Symlink(l.target, l.name); err != nil {
			return err
		}
	}
	for _, l := range t.links {
		// The root follows links that stay within it. A link without a target is harmless.
		if _, err := t.root.Stat(l.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if err := errors.Join(t.root.Remove(l.name), t.escapes(l)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tree) escapes(l link) error {
	if t.stray != nil {
		t.stray(l.name, l.target)
		return nil
	}
	return fmt.Errorf("the symbolic link %s leads to %s, out of the tree; remove it from the source", l.name, l.target)
}

// validPath refuses names that a tree must not contain.
func validPath(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("the source holds a file with the forbidden name %q", name)
	}
	for _, part := range strings.Split(name, "/") {
		if strings.EqualFold(part, ".git") {
			return fmt.Errorf("the source holds a file with the forbidden name %q", name)
		}
	}
	return nil
}
