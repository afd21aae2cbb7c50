package xlaruntime_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"harness/core/engine/xlaruntime"
)

// install puts a library with a sum into a cache folder of the test's own.
func install(t *testing.T, library, summed string) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir, err := xlaruntime.Dir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	if err := os.WriteFile(path, []byte(library), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(summed))
	if err := os.WriteFile(path+".sha256", []byte(hex.EncodeToString(sum[:])+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindChecksTheSum(t *testing.T) {
	want := install(t, "library", "library")
	if got, _, err := xlaruntime.Find(); err != nil || got != want {
		t.Errorf("found %q, %v; want %q", got, err, want)
	}
}

func TestFindRefusesATruncatedLibrary(t *testing.T) {
	install(t, "libr", "library")
	if path, _, err := xlaruntime.Find(); err == nil {
		t.Errorf("a truncated library was found: %s", path)
	}
}

func TestFindSaysWhatIsMissing(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, _, err := xlaruntime.Find(); !errors.Is(err, xlaruntime.ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}
