package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	format       = "harness store 1\n"
	lockInterval = 100 * time.Millisecond
)

// Store is a folder of results. It is safe for concurrent use by goroutines
// and by processes.
type Store struct {
	root string

	mu      sync.Mutex
	records map[string]*Records
}

// Open opens the store at dir, creating it if there is none, and clears away
// what killed processes left unfinished.
func Open(dir string) (*Store, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	for _, sub := range []string{"steps", "records", "locks", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	s := &Store{root: root, records: map[string]*Records{}}
	if err := s.checkFormat(); err != nil {
		return nil, err
	}
	return s, s.sweep()
}

func (s *Store) checkFormat() error {
	name := filepath.Join(s.root, "FORMAT")
	switch text, err := os.ReadFile(name); {
	case errors.Is(err, fs.ErrNotExist):
		return WriteFile(name, []byte(format))
	case err != nil:
		return fmt.Errorf("open store: %w", err)
	case string(text) != format:
		return fmt.Errorf("open store: %s says %q, this program knows %q: use another --store, or the program that made it",
			name, strings.TrimSpace(string(text)), strings.TrimSpace(format))
	}
	return nil
}

// sweep removes the unfinished folders of processes that are gone: those
// whose lock nobody holds.
func (s *Store) sweep() error {
	entries, err := os.ReadDir(filepath.Join(s.root, "tmp"))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	for _, entry := range entries {
		key, _, _ := strings.Cut(entry.Name(), ".")
		lock := flock.New(filepath.Join(s.root, "locks", key))
		locked, err := lock.TryLock()
		if err != nil || !locked {
			continue
		}
		err = os.RemoveAll(filepath.Join(s.root, "tmp", entry.Name()))
		_ = lock.Unlock()
		if err != nil {
			return fmt.Errorf("open store: clear unfinished step: %w", err)
		}
	}
	return nil
}

// Root is the store's folder, absolute.
func (s *Store) Root() string { return s.root }

// Path is where the finished step named key lies, or would lie.
func (s *Store) Path(key Key) string { return filepath.Join(s.root, "steps", string(key)) }

// Has reports whether the step named key is finished.
func (s *Store) Has(key Key) bool {
	if key.valid() != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(s.Path(key), "step.json"))
	return err == nil
}

// Do makes the step named key unless it is finished, and reports whether it
// had to. It holds the key's lock while fill writes into dir, an empty folder
// that becomes the step's when fill returns nil; on an error nothing remains.
// About is what decided the key: it is kept as step.json for people.
func (s *Store) Do(ctx context.Context, key Key, about any, fill func(ctx context.Context, dir string) error) (made bool, err error) {
	if err := key.valid(); err != nil {
		return false, err
	}
	if s.Has(key) {
		return false, nil
	}
	lock := flock.New(filepath.Join(s.root, "locks", string(key)))
	if _, err := lock.TryLockContext(ctx, lockInterval); err != nil {
		return false, fmt.Errorf("lock step %s: %w", key.Short(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if s.Has(key) { // another process was faster
		return false, nil
	}
	dir, err := os.MkdirTemp(filepath.Join(s.root, "tmp"), string(key)+".")
	if err != nil {
		return false, fmt.Errorf("begin step %s: %w", key.Short(), err)
	}
	defer os.RemoveAll(dir)
	if err := fill(ctx, dir); err != nil {
		return false, err
	}
	if err := s.commit(key, about, dir); err != nil {
		return false, fmt.Errorf("keep step %s: %w", key.Short(), err)
	}
	return true, nil
}

func (s *Store) commit(key Key, about any, dir string) error {
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "step.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := syncTree(dir); err != nil {
		return err
	}
	final := s.Path(key)
	// A folder without step.json is no finished step; nothing here makes one,
	// but a person who deleted files by hand should not be stuck.
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	if err := os.Rename(dir, final); err != nil {
		return err
	}
	return syncPath(filepath.Dir(final))
}

// Remove takes a finished step out, so that it can be made again. It is no error
// if there is none.
func (s *Store) Remove(ctx context.Context, key Key) (err error) {
	if err := key.valid(); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.root, "locks", string(key)))
	if _, err := lock.TryLockContext(ctx, lockInterval); err != nil {
		return fmt.Errorf("lock step %s: %w", key.Short(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	// At once, as it came: what remains of it if this process is killed now is
	// swept with the unfinished ones.
	dir, err := os.MkdirTemp(filepath.Join(s.root, "tmp"), string(key)+".")
	if err != nil {
		return fmt.Errorf("remove step %s: %w", key.Short(), err)
	}
	err = os.Rename(s.Path(key), filepath.Join(dir, "removed"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err = errors.Join(err, os.RemoveAll(dir), syncPath(filepath.Join(s.root, "steps"))); err != nil {
		return fmt.Errorf("remove step %s: %w", key.Short(), err)
	}
	return nil
}

// WriteFile writes a file that is there whole or not at all: under a
// temporary name in the same folder, synced, then renamed.
func WriteFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return syncPath(filepath.Dir(name))
}

func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && !d.Type().IsRegular() {
			return nil
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
