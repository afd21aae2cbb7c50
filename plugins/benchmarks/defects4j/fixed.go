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

// javaFiles lists the Java files below a folder, in order, by their paths within it.
func javaFiles(ctx context.Context, dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(d.Name(), ".java") {
			return err
		}
		name, err := filepath.Rel(dir, full)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	return names, err
}

// arrange puts the files of fixed/ where buggy/ has those of their names, where
// they are relative to dir.src.classes or have no folders at all.
func (b *bug) arrange(ctx context.Context) error {
	names, err := javaFiles(ctx, b.file("fixed", ""))
	if err != nil {
		return err
	}
	var moves [][2]string
	for _, name := range names {
		to, err := b.place(name)
		if err != nil {
			return err
		}
		if to != name {
			moves = append(moves, [2]string{name, to})
		}
	}
	for _, move := range moves {
		from, to := b.file("fixed", move[0]), b.file("fixed", move[1])
		if _, err := os.Stat(to); err == nil {
			return fmt.Errorf("fixed/ has two files that may be %s of the project; leave one", move[1])
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(from, to)); err != nil {
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
