// Package source brings data that a plugin names in its configuration into a
// folder: a local folder, a commit of a local git repository, or a commit of a
// repository on the web.
//
//	programs/quixbugs                          a folder, as it is now
//	mirrors/QuixBugs@4257f44b0ff1…             a commit of a repository on disk
//	https://github.com/jkoppel/QuixBugs@4257…  a commit of one on the web
//
// Commits are named in full: nothing else says for ever what is meant. Only
// files are taken, never a repository's hooks, filters or submodules, and a
// symbolic link that leads out of the tree is refused, or left out.
package source

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Options of Checkout and Identity. The zero value takes everything.
type Options struct {
	// BaseDir is where relative paths start.
	BaseDir string
	// Keep says of each file, by its path with slashes, whether it is taken.
	// Default: all are.
	Keep func(path string) bool
	// MaxBytes bounds the sum of the files' sizes. Default: 4 GiB.
	MaxBytes int64
	// Stray is told of each symbolic link that leads out of the tree, which is then
	// left out. Default: such a link is an error.
	Stray func(link, target string)
	// Progress is told, in a few words, what is going on.
	Progress func(message string)
}

// Checkout puts the files that source names into dir, an existing empty
// folder. It returns what Identity would.
func Checkout(ctx context.Context, source, dir string, options Options) (revision string, err error) {
	where, err := parse(source, options.BaseDir)
	if err != nil {
		return "", err
	}
	if options.MaxBytes <= 0 {
		options.MaxBytes = 4 << 30
	}
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	target, err := newTree(dir, options)
	if err != nil {
		return "", fmt.Errorf("checking out %s: %w", source, err)
	}
	defer target.close()
	switch {
	case where.commit == "":
		err = copyFolder(ctx, where.folder, target)
	case where.folder != "":
		err = checkOutLocal(ctx, where, target)
	default:
		err = checkOutRemote(ctx, where, target, options.Progress)
	}
	if err == nil {
		err = target.link()
	}
	if err != nil {
		return "", fmt.Errorf("checking out %s: %w", source, err)
	}
	return identity(ctx, where, options)
}

// Identity returns what stands for the content that source names: its commit,
// or a digest of the folder's files that options.Keep takes. The folder is read;
// nothing is fetched.
func Identity(ctx context.Context, source string, options Options) (string, error) {
	where, err := parse(source, options.BaseDir)
	if err != nil {
		return "", err
	}
	return identity(ctx, where, options)
}

func identity(ctx context.Context, where location, options Options) (string, error) {
	switch {
	case where.commit == "":
		return digestFolder(ctx, where.folder, options.Keep)
	case where.folder != "":
		return where.commit, hasCommit(where)
	}
	return where.commit, nil
}

// location is a source that has been understood: a folder, a commit in one, or
// a commit at a URL.
type location struct {
	folder string // absolute
	url    string
	commit string
}

var fullCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)

func parse(source, baseDir string) (location, error) {
	if source == "" {
		return location{}, errors.New("the source is empty; give a folder, or a git URL with @<commit>")
	}
	rest, revision := source, ""
	if i := strings.LastIndex(source, "@"); i > 0 && !strings.ContainsAny(source[i:], "/:") {
		rest, revision = source[:i], source[i+1:]
	}
	if scheme, _, ok := strings.Cut(source, "://"); ok && !strings.HasPrefix(source, "file://") {
		return parseURL(source, scheme, rest, revision)
	}
	if whole := absolute(source, baseDir); isFolder(whole) {
		return location{folder: whole}, nil
	}
	folder := absolute(strings.TrimPrefix(rest, "file://"), baseDir)
	if !isFolder(folder) {
		return location{}, fmt.Errorf("there is no folder %s", folder)
	}
	if revision == "" {
		return location{folder: folder}, nil
	}
	where := location{folder: folder, commit: strings.ToLower(revision)}
	if !fullCommit.MatchString(where.commit) {
		return location{}, unpinned(rest, revision, where)
	}
	return where, nil
}

func parseURL(source, scheme, rest, revision string) (location, error) {
	if scheme != "https" && scheme != "http" {
		return location{}, fmt.Errorf("%s: a source begins with https:// or file://, or is a folder", source)
	}
	u, err := url.Parse(rest)
	if err != nil || u.Host == "" {
		return location{}, fmt.Errorf("%s is not a URL", rest)
	}
	if u.User != nil {
		return location{}, fmt.Errorf("%s: a source does not hold a user name or password; clone the repository and name the folder", u.Redacted())
	}
	where := location{url: rest, commit: strings.ToLower(revision)}
	if !fullCommit.MatchString(where.commit) {
		return location{}, unpinned(rest, revision, where)
	}
	return where, nil
}

func unpinned(rest, revision string, where location) error {
	text := "no commit is named"
	if revision != "" {
		text = fmt.Sprintf("%q is not a full commit of 40 digits", revision)
	}
	if where.folder != "" {
		if commit, err := resolve(where.folder, revision); err == nil {
			return fmt.Errorf("%s: %s; it is %s@%s at present", rest, text, rest, commit)
		}
	}
	return fmt.Errorf("%s: %s; write %s@<commit>, so that it stays what it is", rest, text, rest)
}

func absolute(path, baseDir string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return filepath.Clean(path)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
