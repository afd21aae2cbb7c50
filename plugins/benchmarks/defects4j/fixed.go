package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// arrange puts the files of fixed/ where buggy/ has those of their names, where
// they are relative to dir.src.classes or have no folders at all.
func (b *bug) arrange(ctx context.Context) error {
	top := b.file("fixed", "")
	var moves [][2]string
	err := filepath.WalkDir(top, func(full string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(d.Name(), ".java") {
			return err
		}
		relative, err := filepath.Rel(top, full)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		to, err := b.place(name)
		if err == nil && to != name {
			moves = append(moves, [2]string{full, b.file("fixed", to)})
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, move := range moves {
		if _, err := os.Stat(move[1]); err == nil {
			return fmt.Errorf("fixed/ has two files that may be %s of the project; leave one", strings.TrimPrefix(move[1], top+"/"))
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(move[1]), 0o755), os.Rename(move[0], move[1])); err != nil {
			return err
		}
	}
	return nil
}

var packageLine = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)\s*;`)

// place is where a file of fixed/ belongs in the project: where it is, if the
// project has one there or in no other place that it may mean.
func (b *bug) place(name string) (string, error) {
	content, err := readFile(b.file("fixed", name))
	if err != nil {
		return "", err
	}
	names := []string{name, path.Join(b.Properties.SourceDir, name)}
	if found := packageLine.FindSubmatch(content); found != nil {
		folder := strings.ReplaceAll(string(found[1]), ".", "/")
		if !strings.Contains("/"+name, "/"+folder+"/") {
			names = append(names, path.Join(b.Properties.SourceDir, folder, path.Base(name)))
		}
	}
	for _, at := range names {
		if info, err := os.Stat(b.file("buggy", at)); err == nil && info.Mode().IsRegular() {
			return at, nil
		}
	}
	return name, nil
}
