package needs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
)

// recorder stands for the test that calls package needs, and notes how it ends.
type recorder struct {
	testing.TB
	ended, message string
}

func (r *recorder) Helper() {}

func (r *recorder) end(how string, message string) {
	r.ended, r.message = how, message
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any)                 { r.end("failed", fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) { r.end("failed", fmt.Sprintf(format, args...)) }
func (r *recorder) Skip(args ...any)                  { r.end("skipped", fmt.Sprint(args...)) }

// record runs a function as a test does.
func record(run func(testing.TB)) *recorder {
	r := &recorder{ended: "passed"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(r)
	}()
	<-done
	return r
}

func TestMissingParts(t *testing.T) {
	const here, inCI = "skipped", "failed"
	calls := map[string]struct {
		run           func(testing.TB)
		ci, elsewhere string
		says          []string
	}{
		"a part":        {func(t testing.TB) { needs.Part(t, "the moon", "look up") }, inCI, here, []string{"the moon is missing: look up"}},
		"a program":     {func(t testing.TB) { needs.Installed(t, "make one", "sh", "no-such-program") }, inCI, here, []string{"no-such-program is missing: make one"}},
		"a file":        {func(t testing.TB) { needs.Installed(t, "write one", "/no/such.jar") }, inCI, here, []string{"/no/such.jar is missing: write one"}},
		"recorded data": {func(t testing.TB) { needs.Shared(t, "no", "such", "file") }, here, here, []string{"NOT TESTED HERE", "no/such/file", "beside the checkout"}},
	}
	for name, call := range calls {
		for ci, want := range map[string]string{"true": call.ci, "": call.elsewhere} {
			t.Run(fmt.Sprintf("%s, CI=%q", name, ci), func(t *testing.T) {
				t.Setenv("CI", ci)
				got := record(call.run)
				if got.ended != want {
					t.Errorf("the test %s, want %s", got.ended, want)
				}
				for _, text := range call.says {
					if !strings.Contains(got.message, text) {
						t.Errorf("message %q does not say %q", got.message, text)
					}
				}
			})
		}
	}
}

func TestPresentPartsEndNothing(t *testing.T) {
	t.Setenv("CI", "true")
	if got := record(func(t testing.TB) { needs.Installed(t, "", "sh", "/") }); got.ended != "passed" {
		t.Errorf("a program that is there: the test %s: %s", got.ended, got.message)
	}
}

func TestSlow(t *testing.T) {
	for value, want := range map[string]string{"": "skipped", "0": "skipped", "1": "passed"} {
		t.Setenv("HARNESS_SLOW", value)
		if got := record(needs.Slow); got.ended != want {
			t.Errorf("HARNESS_SLOW=%q: the test %s, want %s", value, got.ended, want)
		}
	}
}

func TestCheckpointsAreFoundByTheirFiles(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, path := range []string{
		filepath.Join(first, "one", "config.json"), filepath.Join(first, "one", "a.thing"), filepath.Join(first, "one", "b.thing"),
		filepath.Join(second, "two", "config.json"), filepath.Join(second, "two", "deep", "c.thing"),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	own := needs.Checkpoints(t, "config.json")
	if len(own) < 7 { // one a family
		t.Errorf("the repository holds only %q", own)
	}
	t.Setenv("HARNESS_FIXTURES", first+string(filepath.ListSeparator)+second)
	one, two := filepath.Join(first, "one"), filepath.Join(second, "two")
	for pattern, want := range map[string][]string{
		"config.json": append(own, one, two), "*.thing": {one}, "deep/c.thing": {two}, "deep": {two},
	} {
		if got := needs.Checkpoints(t, pattern); !slices.Equal(got, want) {
			t.Errorf("%s is in %q, want %q", pattern, got, want)
		}
	}
	want := []string{filepath.Join(one, "a.thing"), filepath.Join(one, "b.thing")}
	if got := needs.Goldens(t, "*.thing"); !slices.Equal(got, want) {
		t.Errorf("*.thing are %q, want %q", got, want)
	}
}

func TestCheckpointsThatAreNotThereFail(t *testing.T) {
	for name, c := range map[string]struct{ fixtures, pattern, says string }{
		"a file that no checkpoint has":     {"", "no-such-file", "no-such-file"},
		"a folder that is not there":        {"/no/such/folder", "config.json", "/no/such/folder"},
		"a folder that holds no checkpoint": {"core", "config.json", "HARNESS_FIXTURES"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", "")
			t.Setenv("HARNESS_FIXTURES", c.fixtures)
			got := record(func(t testing.TB) { needs.Checkpoints(t, c.pattern) })
			if got.ended != "failed" || !strings.Contains(got.message, c.says) {
				t.Errorf("the test %s with %q, want failed with %q", got.ended, got.message, c.says)
			}
		})
	}
}

func TestRootHoldsTheModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(needs.Root(t), "go.mod"))
	if err != nil || !strings.HasPrefix(string(text), "module harness\n") {
		t.Errorf("go.mod of the root: %v, %.40q", err, text)
	}
	t.Chdir(t.TempDir())
	if got := record(func(t testing.TB) { needs.Root(t) }); got.ended != "failed" {
		t.Errorf("outside of a module the test %s, want failed", got.ended)
	}
}
