package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// entry is a file or link of a folder.
type entry struct {
	name       string // with slashes
	size       int64
	executable bool
	target     string // of a link
}

// walk visits the files and links of a folder in lexical order, without those of git.
func walk(ctx context.Context, folder string, visit func(entry) error) error {
	return filepath.WalkDir(folder, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.Name() == ".git" && full != folder {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		relative, err := filepath.Rel(folder, full)
		if err != nil {
			return err
		}
		e := entry{name: filepath.ToSlash(relative)}
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case info.Mode().IsRegular():
			e.size, e.executable = info.Size(), info.Mode().Perm()&0o100 != 0
		case info.Mode()&fs.ModeSymlink != 0:
			if e.target, err = os.Readlink(full); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s is neither a file nor a folder", full)
		}
		return visit(e)
	})
}

func copyFolder(ctx context.Context, folder string, target *tree) error {
	return walk(ctx, folder, func(e entry) error {
		switch {
		case !target.keep(e.name):
			return nil
		case e.target != "":
			return target.symlink(e.name, e.target)
		}
		return target.file(e.name, e.size, e.executable, func() (io.ReadCloser, error) {
			return os.Open(filepath.Join(folder, filepath.FromSlash(e.name)))
		})
	})
}

// digestFolder returns a digest of the names, kinds and contents of the files for which
// keep is true; nil: of all files.
func digestFolder(ctx context.Context, folder string, keep func(string) bool) (string, error) {
	total := sha256.New()
	err := walk(ctx, folder, func(e entry) error {
		if keep != nil && !keep(e.name) {
			return nil
		}
		if e.target != "" {
			fmt.Fprintf(total, "link %q %q\n", e.name, e.target)
			return nil
		}
		f, err := os.Open(filepath.Join(folder, filepath.FromSlash(e.name)))
		if err != nil {
			return err
		}
		defer f.Close()
		content := sha256.New()
		if _, err := io.Copy(content, f); err != nil {
			return err
		}
		fmt.Fprintf(total, "file %q %t %x\n", e.name, e.executable, content.Sum(nil))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("reading the folder %s: %w", folder, err)
	}
	return "sha256:" + hex.EncodeToString(total.Sum(nil)), nil
}
