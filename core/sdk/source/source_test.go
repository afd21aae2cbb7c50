package source_test

import (
	"context"
	"io/fs"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/sdk/source"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(target, full)
		} else {
			err = os.WriteFile(full, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, full)
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(full)
			files[name] = "-> " + target
			return err
		}
		content, err := os.ReadFile(full)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	needs.Installed(t, "apt-get install git", "git")
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, output)
	}
	return strings.TrimSpace(string(output))
}

// repository makes one with two commits, and returns the older.
func repository(t *testing.T, files map[string]string) (dir, commit string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	write(t, dir, files)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "one")
	commit = git(t, dir, "rev-parse", "HEAD")
	write(t, dir, map[string]string{"later.txt": "later"})
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "two")
	write(t, dir, map[string]string{"uncommitted.txt": "x"})
	return dir, commit
}

var content = map[string]string{"a.txt": "alpha", "sub/b.txt": "beta", "sub/to-a": "-> ../a.txt", "nowhere": "-> missing"}

func TestCheckoutOfCommits(t *testing.T) {
	dir, commit := repository(t, content)
	backend := filepath.Join(git(t, dir, "--exec-path"), "git-http-backend")
	needs.Installed(t, "apt-get install git", backend)
	server := httptest.NewServer(&cgi.Handler{Path: backend, Env: []string{
		"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}})
	defer server.Close()
	for name, from := range map[string]string{
		"a path":          dir + "@" + commit,
		"a relative path": filepath.Base(dir) + "@" + strings.ToUpper(commit),
		"a file URL":      "file://" + dir + "@" + commit,
		"the web":         server.URL + "/.git@" + commit,
	} {
		t.Run(name, func(t *testing.T) {
			to := t.TempDir()
			var said []string
			revision, err := source.Checkout(context.Background(), from, to,
				source.Options{BaseDir: filepath.Dir(dir), Progress: func(m string) { said = append(said, m) }})
			if err != nil {
				t.Fatal(err)
			}
			identity, err := source.Identity(context.Background(), from, source.Options{BaseDir: filepath.Dir(dir)})
			if err != nil || revision != commit || identity != commit {
				t.Errorf("revision %s, identity %s, %v", revision, identity, err)
			}
			if diff := cmp.Diff(content, read(t, to)); diff != "" {
				t.Error(diff)
			}
			if name == "the web" && len(said) == 0 {
				t.Error("nothing was said")
			}
		})
	}
}

func TestCheckoutOfAFolder(t *testing.T) {
	dir, _ := repository(t, content)
	to := t.TempDir()
	options := source.Options{Keep: func(name string) bool { return name != "later.txt" }}
	revision, err := source.Checkout(context.Background(), dir, to, options)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"uncommitted.txt": "x"}
	for name, text := range content {
		want[name] = text
	}
	if diff := cmp.Diff(want, read(t, to)); diff != "" {
		t.Error(diff)
	}
	identity := func() string {
		identity, err := source.Identity(context.Background(), dir, options)
		if err != nil || !strings.HasPrefix(identity, "sha256:") {
			t.Fatalf("%q, %v", identity, err)
		}
		return identity
	}
	if identity() != revision {
		t.Error("checkout and identity disagree")
	}
	write(t, dir, map[string]string{".git/description": "other", "later.txt": "other"})
	if identity() != revision {
		t.Error("what belongs to git, or is not kept, changes the identity")
	}
	write(t, dir, map[string]string{"a.txt": "changed"})
	if identity() == revision {
		t.Error("a changed file does not change the identity")
	}
}

func TestRefused(t *testing.T) {
	dir, commit := repository(t, content)
	other := strings.Repeat("0", 40)
	for name, test := range map[string]struct{ from, want string }{
		"empty":          {"", "the source is empty"},
		"missing":        {"missing", "there is no folder"},
		"branch":         {dir + "@main", `"main" is not a full commit of 40 digits; it is ` + dir + "@" + git(t, dir, "rev-parse", "HEAD") + " at present"},
		"short":          {dir + "@" + commit[:8], dir + "@" + commit + " at present"},
		"unknown commit": {dir + "@" + other, "has no commit " + other},
		"no repository":  {t.TempDir() + "@" + commit, "is not a git repository"},
		"unpinned URL":   {"https://example.org/x", "no commit is named; write https://example.org/x@<commit>"},
		"password":       {"https://me:secret@example.org/x@" + commit, "does not hold a user name or password"},
		"ssh":            {"ssh://example.org/x@" + commit, "begins with https://"},
		"no network":     {"http://127.0.0.1:1/x@" + commit, "without a network, clone the repository elsewhere and name the folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.Checkout(context.Background(), test.from, t.TempDir(), source.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestHostileTrees(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"absolute link":          {"x": "-> /etc/passwd"},
		"link upwards":           {"sub/x": "-> ../../secret"},
		"link through a link":    {"d": "-> .", "s/e": "-> ../d/../f"},
		"link to the outer self": {"a": "-> b", "b": "-> a/../../x"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, commit := repository(t, files)
			for _, from := range []string{dir, dir + "@" + commit} {
				_, err := source.Checkout(context.Background(), from, t.TempDir(), source.Options{})
				if err == nil || !strings.Contains(err.Error(), "out of the tree") {
					t.Errorf("%s: got %v", from, err)
				}
				var strays []string
				to := t.TempDir()
				_, err = source.Checkout(context.Background(), from, to, source.Options{Stray: func(link, target string) {
					strays = append(strays, link)
					if files[link] != "-> "+target {
						t.Errorf("%s leads to %s, not to %s", link, target, files[link])
					}
				}})
				left := read(t, to)
				for _, name := range strays {
					if _, there := left[name]; there {
						t.Errorf("%s: %s is said to be left out", from, name)
					}
				}
				if err != nil || len(strays) == 0 {
					t.Errorf("%s: left out are %q, %v", from, strays, err)
				}
			}
		})
	}
	t.Run("pipe", func(t *testing.T) {
		dir := t.TempDir()
		if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Checkout(context.Background(), dir, t.TempDir(), source.Options{}); err == nil {
			t.Error("a pipe was taken for a file")
		}
	})
	t.Run("too large", func(t *testing.T) {
		dir, commit := repository(t, map[string]string{"a": "1234567", "b": "1234567"})
		for _, from := range []string{dir, dir + "@" + commit} {
			if _, err := source.Checkout(context.Background(), from, t.TempDir(), source.Options{MaxBytes: 10}); err == nil || !strings.Contains(err.Error(), "larger than") {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("hooks", func(t *testing.T) {
		dir, commit := repository(t, map[string]string{"a": "x"})
		marker := filepath.Join(t.TempDir(), "ran")
		hook := filepath.Join(dir, ".git/hooks/post-checkout")
		if err := os.WriteFile(hook, []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Checkout(context.Background(), dir+"@"+commit, t.TempDir(), source.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(marker); err == nil {
			t.Error("a hook ran")
		}
	})
}
