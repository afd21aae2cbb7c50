// Package atomicfile writes files that appear complete or not at all.
package atomicfile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// prefix marks a file or folder in the making. One that a killed process left
// behind is no part of anything.
const prefix = ".tmp-"

// Leftover says whether a file or folder of this base name is one in the making.
func Leftover(base string) bool { return strings.HasPrefix(base, prefix) }

// Write calls fill with a writer to a temporary file beside path, syncs it and
// renames it to path. If fill fails, path is as before.
func Write(path string, fill func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, prefix+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

// WriteBytes is Write for content at hand.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Folder makes the folder path by letting fill write into a temporary folder
// beside it, which then takes path's name. The path must not exist, or be an
// empty folder.
func Folder(path string, fill func(dir string) error) (err error) {
	path = filepath.Clean(path)
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", path, err)
	}
	tmp, err := os.MkdirTemp(parent, prefix+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("make folder %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(tmp)
			err = fmt.Errorf("make folder %s: %w", path, err)
		}
	}()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return err
	}
	if err := SyncDir(tmp); err != nil {
		return err
	}
	// Remove refuses a folder with anything in it, so nothing is ever replaced.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return SyncDir(parent)
}

// SyncDir makes the entries of a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
