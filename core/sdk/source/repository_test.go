package source_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/source"
)

// clones are repositories without all of their files in one folder, made from one with two
// commits. The returned commit is the older; worktree is that of a commit which only
// the worktree has checked out.
func clones(t *testing.T) (dir, commit, worktree string) {
	t.Helper()
	origin, commit := repository(t, content)
	dir = t.TempDir()
	git(t, origin, "gc", "-q") // objects are in a pack, and so are refs
	git(t, origin, "worktree", "add", "-q", "-b", "other", filepath.Join(dir, "worktree"))
	write(t, filepath.Join(dir, "worktree"), map[string]string{"more.txt": "more"})
	git(t, filepath.Join(dir, "worktree"), "add", "-A")
	git(t, filepath.Join(dir, "worktree"), "commit", "-q", "-m", "three")
	worktree = git(t, filepath.Join(dir, "worktree"), "rev-parse", "HEAD")
	git(t, dir, "clone", "-q", "-s", origin, "shared")
	git(t, dir, "clone", "-q", "-s", "shared", "shared-twice")
	git(t, dir, "clone", "-q", "--no-local", "--reference", origin, origin, "referenced")
	git(t, dir, "clone", "-q", "--bare", origin, "bare.git")
	git(t, dir, "clone", "-q", "--bare", "-s", origin, "bare-shared.git")
	git(t, dir, "clone", "-q", "-s", "bare.git", "relative")
	write(t, filepath.Join(dir, "relative"), map[string]string{"untracked.txt": "x"})
	alternates := filepath.Join(dir, "relative", ".git", "objects", "info", "alternates")
	if err := os.WriteFile(alternates, []byte("# borrowed\n../../../bare.git/objects\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, commit, worktree
}

func TestRepositoriesWithoutAllTheirFiles(t *testing.T) {
	dir, commit, worktree := clones(t)
	more := map[string]string{"more.txt": "more", "later.txt": "later"}
	for name, text := range content {
		more[name] = text
	}
	for from, want := range map[string]map[string]string{
		"worktree@" + commit:        content,
		"worktree@" + worktree:      more,
		"worktree":                  more,
		"shared@" + commit:          content,
		"shared-twice@" + commit:    content,
		"referenced@" + commit:      content,
		"bare.git@" + commit:        content,
		"bare-shared.git@" + commit: content,
		"relative@" + commit:        content,
	} {
		t.Run(from, func(t *testing.T) {
			to := t.TempDir()
			revision, err := source.Checkout(t.Context(), from, to, source.Options{BaseDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if _, named, ok := strings.Cut(from, "@"); ok && revision != named {
				t.Errorf("the revision is %s", revision)
			}
			if diff := cmp.Diff(want, read(t, to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRepositoriesRefusedForTheTrueReason(t *testing.T) {
	dir, commit, worktree := clones(t)
	later := git(t, filepath.Join(dir, "bare.git"), "rev-parse", "main")
	for _, name := range []string{"gone", "moved"} {
		git(t, dir, "clone", "-q", "--bare", "bare.git", name+".git")
	}
	git(t, dir, "clone", "-q", "-s", "gone.git", "borrower")
	git(t, filepath.Join(dir, "moved.git"), "worktree", "add", "-q", "-b", "x", filepath.Join(dir, "orphan"))
	for _, name := range []string{"gone.git", "moved.git"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	git(t, filepath.Join(dir, "bare.git"), "config", "uploadpack.allowfilter", "true")
	git(t, dir, "clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+filepath.Join(dir, "bare.git"), "partial")
	write(t, dir, map[string]string{"odd/.git": "something else", "empty/.git/x": "x"})
	none := strings.Repeat("0", 40)
	for from, want := range map[string]string{
		"bare.git":                           "a bare git repository has no files of its own: bare.git: no commit is named; it is bare.git@" + later + " at present",
		"file://" + dir + "/bare-shared.git": "a bare git repository has no files of its own",
		"shared/.git":                        "a bare git repository has no files of its own",
		"bare.git@main":                      `"main" is not a full commit of 40 digits; it is bare.git@` + later + " at present",
		"worktree@other":                     "it is worktree@" + worktree + " at present",
		"shared@" + none:                     "has no commit " + none,
		"borrower@" + commit:                 "the repository borrows objects from " + filepath.Join(dir, "gone.git", "objects") + ", which is not there",
		"orphan@" + commit:                   "belongs to a repository that is not there",
		"partial@" + commit:                  "the repository lacks its content; clone it without --filter",
		"odd@" + commit:                      "is not a git repository",
		"empty@" + commit:                    "is not a git repository",
		"worktree/sub@" + commit:             "is not a git repository",
	} {
		t.Run(from, func(t *testing.T) {
			if _, err := source.Checkout(t.Context(), from, t.TempDir(), source.Options{BaseDir: dir}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}
