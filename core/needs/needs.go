// Package needs ends tests that lack a part of what they need, such as a
// program, a container engine or recorded data: where the environment variable CI is
// "true", all parts have to be there and the test fails; elsewhere it is skipped,
// and says what was not tested and how to get the part. Only tests use it.
package needs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Part ends a test for the lack of a part: what is missing (a noun, with the
// reason where one is known), and how to get it (a command, say).
func Part(t testing.TB, what, how string) {
	t.Helper()
	message := what + " is missing: " + how
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip("NOT TESTED HERE: " + message)
}

// Installed ends a test unless all programs are on the PATH and all files, named by
// absolute paths, exist.
func Installed(t testing.TB, how string, names ...string) {
	t.Helper()
	for _, name := range names {
		find := exec.LookPath
		if filepath.IsAbs(name) {
			find = func(name string) (string, error) { _, err := os.Stat(name); return name, err }
		}
		if _, err := find(name); err != nil {
			Part(t, name, how)
		}
	}
}

// Shared returns the path of a file or folder of the recorded data, which lies in
// shared/ beside the checkout. The data is not part of the repository and cannot be
// installed, so a test that lacks it is skipped in CI, too.
func Shared(t testing.TB, name ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "..", "shared"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("NOT TESTED HERE: recorded data is missing: put the folder shared/ beside the checkout: " + err.Error())
	}
	return path
}

// Checkpoints returns the folders of golden checkpoints that hold a file of a name
// or pattern, such as golden/training.json.
func Checkpoints(t testing.TB, pattern string) []string {
	t.Helper()
	found := Goldens(t, pattern)
	for i := range found {
		for range strings.Count(pattern, "/") + 1 {
			found[i] = filepath.Dir(found[i])
		}
	}
	return slices.Compact(found)
}

// Goldens returns the files of golden checkpoints whose paths in their folders match
// a pattern. The checkpoints are those of the repository (core/goldens), and those in
// the folders that the environment variable HARNESS_FIXTURES lists as PATH does.
func Goldens(t testing.TB, pattern string) []string {
	t.Helper()
	own := filepath.Join(Root(t), "core", "goldens", "models")
	var files []string
	for _, models := range append([]string{own}, filepath.SplitList(os.Getenv("HARNESS_FIXTURES"))...) {
		if !filepath.IsAbs(models) {
			models = filepath.Join(Root(t), models)
		}
		if len(glob(t, models, "config.json")) == 0 {
			t.Fatal("no golden checkpoint in " + models + ": HARNESS_FIXTURES lists folders that hold golden checkpoints, each in a folder of its own")
		}
		files = append(files, glob(t, models, pattern)...)
	}
	if len(files) == 0 {
		t.Fatal("no golden checkpoint has " + pattern)
	}
	return files
}

// glob returns the files in the folders of a folder that match a pattern.
func glob(t testing.TB, models, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(models, "*", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Root returns the folder of the repository, from wherever in it the test runs.
func Root(t testing.TB) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func findRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no folder above %s holds a go.mod", start)
		}
	}
}

// Slow skips a test that is not worth its time at every change, unless the
// environment variable HARNESS_SLOW is "1", as `make test-slow` sets it.
func Slow(t testing.TB) {
	t.Helper()
	if os.Getenv("HARNESS_SLOW") != "1" {
		t.Skip("SLOW, NOT RUN: set HARNESS_SLOW=1 or run `make test-slow`")
	}
}
