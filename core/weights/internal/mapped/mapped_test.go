package mapped_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"harness/core/weights/internal/mapped"
)

func open(t *testing.T, content []byte) (string, *mapped.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := mapped.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return path, f
}

func sum(into *int) func([]byte) error {
	return func(p []byte) error {
		for _, b := range p {
			*into += int(b)
		}
		return nil
	}
}

func TestViewsShowTheFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 5000)
	_, f := open(t, content)
	for _, at := range [][2]int64{{0, 10}, {3, 5}, {4095, 9001}, {0, 50000}, {50000, 0}} {
		err := f.View(at[0], at[1], func(p []byte) error {
			if !bytes.Equal(p, content[at[0]:at[0]+at[1]]) {
				t.Errorf("bytes %v differ", at)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for _, at := range [][2]int64{{-1, 1}, {0, 50001}, {50000, 1}, {1, -1}, {1 << 62, 1 << 62}} {
		if err := f.View(at[0], at[1], func([]byte) error { return nil }); err == nil {
			t.Errorf("bytes %v were lent", at)
		}
	}
	failure := errors.New("no")
	if err := f.View(0, 1, func([]byte) error { return failure }); err != failure {
		t.Errorf("error is %v", err)
	}
}

// The inner view is the first to find the file closing, and ends.
func TestViewsNest(t *testing.T) {
	content := []byte("0123456789")
	_, f := open(t, content)
	closed := make(chan error, 1)
	err := f.View(0, 4, func(outer []byte) error {
		if err := f.View(2, 6, func(inner []byte) error {
			if string(outer) != "0123" || string(inner) != "234567" {
				t.Errorf("views of %q and %q", outer, inner)
			}
			return nil
		}); err != nil {
			return err
		}
		go func() { closed <- f.Close() }()
		for {
			err := f.View(4, 2, func([]byte) error { return nil })
			if errors.Is(err, os.ErrClosed) {
				break
			}
			if err != nil {
				return err
			}
		}
		if string(outer) != "0123" {
			t.Errorf("the outer view became %q", outer)
		}
		return nil
	})
	if err := errors.Join(err, <-closed); err != nil {
		t.Error(err)
	}
}

func TestEmptyFile(t *testing.T) {
	_, f := open(t, nil)
	if err := f.View(0, 0, func(p []byte) error { return nil }); err != nil {
		t.Error(err)
	}
}

// Truncation would be a signal that ends the process.
func TestTruncationIsAnError(t *testing.T) {
	content := make([]byte, 1<<20)
	path, f := open(t, content)
	total := 0
	if err := f.View(0, int64(len(content)), sum(&total)); err != nil {
		t.Fatal(err)
	}
	during := f.View(0, int64(len(content)), func(p []byte) error {
		if err := os.Truncate(path, 10); err != nil {
			t.Fatal(err)
		}
		return sum(&total)(p)
	})
	if !errors.Is(during, mapped.ErrChanged) {
		t.Errorf("truncated in use: %v", during)
	}
	// What is left of the page is there, but is not the file that was opened.
	if err := f.View(0, 5, sum(&total)); !errors.Is(err, mapped.ErrChanged) {
		t.Errorf("truncated before: %v", err)
	}
}

func TestOtherPanicsPass(t *testing.T) {
	_, f := open(t, []byte("abc"))
	defer func() {
		if recover() == nil {
			t.Error("a panic was swallowed")
		}
	}()
	_ = f.View(0, 3, func(p []byte) error { _ = p[len(p)]; return nil })
}

func TestCloseWaitsForViews(t *testing.T) {
	content := bytes.Repeat([]byte{1}, 1<<16)
	_, f := open(t, content)
	started := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		total := 0
		err := f.View(0, int64(len(content)), func(p []byte) error {
			close(started)
			return sum(&total)(p)
		})
		if err != nil || total != len(content) {
			t.Errorf("sum %d (%v)", total, err)
		}
	})
	<-started
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := f.View(0, 1, func([]byte) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
