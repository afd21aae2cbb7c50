// Package needs ends tests that lack a part of what they need, such as a
// program, a container engine or recorded data: where the environment variable CI is
// "true", all parts have to be there and the test fails; elsewhere it is skipped,
// and says what was not tested and how to get the part. Only tests use it.
package needs

import (
	"os"
	"os/exec"
	"path/filepath"
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

// Programs ends a test unless all of the programs are on the PATH.
func Programs(t testing.TB, how string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Part(t, name, how)
		}
	}
}

// Shared returns the path of a file or folder of the recorded data, which lies in
// shared/ beside the checkout and is no part of the repository. It ends the test
// where that is missing.
func Shared(t testing.TB, name ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "..", "shared"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		Part(t, "recorded data ("+err.Error()+")", "put the folder shared/ beside the checkout")
	}
	return path
}

// Root returns the folder of the repository, from wherever in it the test runs.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("no folder above %s holds a go.mod", start)
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
