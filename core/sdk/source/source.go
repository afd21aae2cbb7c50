// Package source copies data that a plugin's configuration names into a folder: a local
// folder, a commit of a local git repository, or a commit of a repository on the web.
//
//	programs/quixbugs                          a folder, as it is now
//	mirrors/QuixBugs@4257f44b0ff1…             a commit of a repository on disk: a clone,
//	                                           a worktree, or a bare repository
//	https://github.com/jkoppel/QuixBugs@4257…  a commit of one on the web
//
// Commits must be complete, since only they always refer to the same content. Only files
// are copied, never a repository's hooks, filters or submodules. A symbolic link that
// leads out of the tree is refused or left out.
package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Options of Checkout and Identity. The zero value copies all files.
type Options struct {
	// BaseDir is the folder of relative paths.
	BaseDir string
	// Keep reports whether a file is copied, by its path with slashes. Default: all files.
	Keep func(path string) bool
	// MaxBytes bounds the total size of the files. Default: 4 GiB.
	MaxBytes int64
	// Stray is called with each symbolic link that leads out of the tree, which is then
	// left out. Default: such a link is an error.
	Stray func(link, target string)
	// Progress is called with short messages about the progress.
	Progress func(message string)
}

// Checkout copies the files of a source into dir, an existing empty folder. It returns
// the same as Identity.
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

// Identity identifies the content of a source: by its commit, or by a digest of the
// folder's files that options.Keep selects. It reads the folder and fetches nothing.
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

// location is a parsed source: a folder, a commit in one, or a commit at a URL.
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
		return wholeFolder(source, whole)
	}
	folder := absolute(strings.TrimPrefix(rest, "file://"), baseDir)
	if !isFolder(folder) {
		return location{}, fmt.Errorf("there is no folder %s", folder)
	}
	if revision == "" {
		return wholeFolder(rest, folder)
	}
	where := location{folder: folder, commit: strings.ToLower(revision)}
	if !fullCommit.MatchString(where.commit) {
		return location{}, unpinned(rest, revision, where)
	}
	return where, nil
}

// wholeFolder is a folder as it is now. A bare repository is none, since its files are
// git's.
func wholeFolder(name, folder string) (location, error) {
	where := location{folder: folder}
	if isBare(folder) {
		return location{}, fmt.Errorf("a bare git repository has no files of its own: %w", unpinned(name, "", where))
	}
	return where, nil
}

func parseURL(source, scheme, rest, revision string) (location, error) {
	if scheme != "https" && scheme != "http" {
		return location{}, fmt.Errorf("%s: expected a folder, or a URL that begins with https:// or file://", source)
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
		if commit, err := resolve(where.folder, cmp.Or(revision, "HEAD")); err == nil {
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
