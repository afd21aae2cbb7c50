package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"harness/core/sdk/dataset"
)

// names are the patterns of the names of a pair's two files.
type names struct{ before, after pattern }

// pattern matches names with a prefix and a suffix around a stem.
type pattern struct{ prefix, suffix string }

// stem returns the stem of a name that matches.
func (p pattern) stem(name string) (string, bool) {
	if len(name) <= len(p.prefix)+len(p.suffix) || !strings.HasPrefix(name, p.prefix) || !strings.HasSuffix(name, p.suffix) {
		return "", false
	}
	return name[len(p.prefix) : len(name)-len(p.suffix)], true
}

func (p pattern) name(stem string) string { return p.prefix + stem + p.suffix }

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 20

// files returns the sizes of a folder's regular files by their names with slashes. It
// follows no links and does not leave the folder.
func files(ctx context.Context, root *os.Root) (map[string]int64, error) {
	sizes := map[string]int64{}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sizes[name] = info.Size()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", root.Name(), err)
	}
	return sizes, nil
}

// candidate is a wrong file with the name of its right one, which may be missing.
type candidate struct{ stem, before, after string }

// pair finds the wrong files, in the order of their names. The right file of another
// pair is not a wrong one, even if its name matches both patterns.
func (n names) pair(sizes map[string]int64) []candidate {
	var all []candidate
	for name := range sizes {
		stem, fits := n.before.stem(name)
		if !fits {
			continue
		}
		if other, fits := n.after.stem(name); fits {
			if _, right := sizes[n.before.name(other)]; right {
				continue
			}
		}
		all = append(all, candidate{stem, name, n.after.name(stem)})
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.before, b.before) })
	return all
}

// read makes a pair of two files, or returns the reason why there is none.
func (c candidate) read(root *os.Root, sizes map[string]int64) (*dataset.Pair, string, error) {
	if _, there := sizes[c.after]; !there {
		return nil, "has no fixed file", nil
	}
	var texts []string
	for _, name := range []string{c.before, c.after} {
		if sizes[name] > maxFile {
			return nil, fmt.Sprintf("is larger than %d MiB", maxFile>>20), nil
		}
		f, err := root.Open(name)
		if err != nil {
			return nil, "", err
		}
		content, err := io.ReadAll(io.LimitReader(f, maxFile))
		f.Close()
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", name, err)
		}
		if text := string(content); utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			texts = append(texts, text)
			continue
		}
		return nil, "is not text", nil
	}
	pair, reason := fix(texts[0], texts[1])
	return pair, reason, nil
}
