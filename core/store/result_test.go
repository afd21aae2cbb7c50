package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/store"
)

// finish makes a step with one file in a folder.
func finish(t *testing.T, s *store.Store) store.Key {
	t.Helper()
	_, err := do(t.Context(), s, "finished", func(dir string) error {
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "sub", "weights"), bytes.Repeat([]byte{1, 2, 3}, 1000), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return key(t, "finished")
}

func TestDamagedStepIsNoticedAndNamed(t *testing.T) {
	flip := func(t *testing.T, name string, at int) {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 {
			at = bytes.Index(text, []byte("finished")) // in the decision
		}
		text[at] ^= 1
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   string
	}{
		"a flipped bit":       {func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "sub", "weights"), 1500) }, "sub/weights has another content"},
		"a file cut short":    {func(t *testing.T, dir string) { _ = os.Truncate(filepath.Join(dir, "sub", "weights"), 10) }, "sub/weights has 10 bytes and had 3000"},
		"a file that is gone": {func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "sub", "weights")) }, "sub/weights is gone"},
		"a link in its place": {func(t *testing.T, dir string) {
			file := filepath.Join(dir, "sub", "weights")
			_ = os.Rename(file, file+".other")
			_ = os.Symlink(file+".other", file)
		}, "sub/weights is not a regular file any more"},
		"another decision": {func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "step.json"), -1) }, "the decision in it has the key"},
		"half a step.json": {func(t *testing.T, dir string) { _ = os.Truncate(filepath.Join(dir, "step.json"), 30) }, "step.json: unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			k := finish(t, open(t, dir))
			c.damage(t, filepath.Join(dir, "steps", string(k)))
			s := open(t, dir)
			_, folder := s.Folder(t.Context(), k)
			_, file := s.File(k, "sub/weights")
			for _, err := range []error{folder, file} {
				var damaged *store.DamagedError
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), string(k)) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			}
		})
	}
}

func TestAnUnreadableStepIsNotMadeAgain(t *testing.T) {
	dir := t.TempDir()
	k := finish(t, open(t, dir))
	// A folder in the place of step.json cannot be read as a file, by root neither.
	about := filepath.Join(dir, "steps", string(k), "step.json")
	if err := errors.Join(os.Remove(about), os.Mkdir(about, 0o755)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if _, err := s.Has(k); err == nil {
		t.Error("the step counts as finished or as not there")
	}
	made, err := do(t.Context(), s, "finished", func(string) error { return nil })
	if made || err == nil {
		t.Errorf("made %v, %v", made, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "steps", string(k), "sub", "weights")); err != nil {
		t.Errorf("the finished step is gone: %v", err)
	}
}

func TestAStepMayNotWriteStepJSON(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := do(t.Context(), s, "mine", func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "step.json"), []byte("{}"), 0o644)
	})
	if err == nil || !strings.Contains(err.Error(), "step.json") || has(t, s, key(t, "mine")) {
		t.Errorf("error %v", err)
	}
}

func TestReadingChangesNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "typo")
	if _, err := store.OpenToRead(missing, true); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("error %v", err)
	}
	s, err := store.OpenToRead(missing, false)
	if err != nil {
		t.Fatal(err)
	}
	if has(t, s, key(t, "any")) {
		t.Error("a store that is not there has a step")
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made the folder: %v", err)
	}
	dir := t.TempDir()
	k := finish(t, open(t, dir))
	if s, err = store.OpenToRead(dir, true); err != nil || !has(t, s, k) {
		t.Errorf("the finished step is not found: %v", err)
	}
}

func TestADamagedRecordIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	r, err := open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	k := key(t, 1)
	if err := r.Put(k, "failed"); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "records", "verdict.jsonl")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(text, []byte("failed"), []byte("passed"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err = open(t, dir).Records("verdict"); err != nil {
		t.Fatal(err)
	}
	var got string
	if found, err := r.Get(k, &got); found || err != nil {
		t.Errorf("a damaged record reads %q, %v", got, err)
	}
	if err := r.Put(k, "failed"); err != nil {
		t.Fatal(err)
	}
	if found, err := r.Get(k, &got); !found || got != "failed" || err != nil {
		t.Errorf("after another put: %v %q %v", found, got, err)
	}
}
