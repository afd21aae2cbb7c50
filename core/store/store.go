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

	"harness/core/internal/atomicfile"
)

const (
	format       = "harness store 2\n"
	lockInterval = 100 * time.Millisecond
)

// Store is a folder of results. It is safe for concurrent use by goroutines
// and by processes.
type Store struct {
	root   string
	exists bool // of a store that was opened to be read

	checked sync.Map // fileID → true once the file was compared with its digest

	mu      sync.Mutex
	records map[string]*Records
	results map[Key]*Result // finished steps that were looked up
}

func newStore(root string) *Store {
	return &Store{root: root, records: map[string]*Records{}, results: map[Key]*Result{}}
}

// OpenToRead opens the store at dir and changes nothing in it. Where there is
// none it has no results, or, with must, is an error that wraps
// fs.ErrNotExist.
func OpenToRead(dir string, must bool) (*Store, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := newStore(root)
	text, err := os.ReadFile(filepath.Join(root, "FORMAT"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && must:
		return nil, fmt.Errorf("there is no store at %s: %w", root, fs.ErrNotExist)
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.exists = true
	return s, s.checkFormat(string(text))
}

// Exists reports whether there was a store when it was opened to be read.
func (s *Store) Exists() bool { return s.exists }

// Open opens the store at dir, creating it if there is none, and clears away
// what killed processes left unfinished.
func Open(dir string) (*Store, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := newStore(root)
	name := filepath.Join(s.root, "FORMAT")
	text, err := os.ReadFile(name)
	if err == nil {
		err = s.checkFormat(string(text))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open store: %w", err)
	}
	missing := err != nil
	for _, sub := range []string{"steps", "records", "studies", "locks", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	if missing {
		if err := atomicfile.WriteBytes(name, []byte(format)); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	return s, s.sweep()
}

func (s *Store) checkFormat(text string) error {
	if text != format {
		return fmt.Errorf("%s says %q, this program knows %q: use another --store, or the program that made it",
			filepath.Join(s.root, "FORMAT"), strings.TrimSpace(text), strings.TrimSpace(format))
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

// Made says what a step's result is besides its files.
type Made struct {
	Label      string
	Decision   []byte // as DecisionOf made it
	Inputs     []Input
	Parts      map[string]string
	Provenance any
}

// Do makes the step named key unless it is finished, and reports whether it
// had to. It holds the key's lock while fill writes into dir, an empty folder
// that becomes the step's when fill returns nil; on an error nothing remains.
func (s *Store) Do(ctx context.Context, key Key, fill func(ctx context.Context, dir string) (Made, error)) (made bool, err error) {
	if found, err := s.Has(key); found || err != nil {
		return false, err
	}
	lock := flock.New(filepath.Join(s.root, "locks", string(key)))
	if _, err := lock.TryLockContext(ctx, lockInterval); err != nil {
		return false, fmt.Errorf("lock step %s: %w", key.Short(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if found, err := s.Has(key); found || err != nil { // another process was faster
		return false, err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.root, "tmp"), string(key)+".")
	if err != nil {
		return false, fmt.Errorf("begin step %s: %w", key.Short(), err)
	}
	defer os.RemoveAll(dir)
	result, err := fill(ctx, dir)
	if err != nil {
		return false, err
	}
	if err := s.commit(key, result, dir); err != nil {
		return false, fmt.Errorf("keep step %s: %w", key.Short(), err)
	}
	return true, nil
}

// commit makes a filled folder the result of a step that is known not to be
// finished.
func (s *Store) commit(key Key, made Made, dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, resultFile)); err == nil {
		return fmt.Errorf("the step wrote a file %s, whose name is the store's own", resultFile)
	}
	output, err := outputOf(dir)
	if err != nil {
		return err
	}
	output.Parts = made.Parts
	result := Result{Key: key, Label: made.Label, Decision: made.Decision, Inputs: made.Inputs, Output: output}
	if result.Inputs == nil {
		result.Inputs = []Input{}
	}
	if result.Provenance, err = json.Marshal(made.Provenance); err != nil {
		return err
	}
	if err := result.check(key); err != nil {
		return err
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, resultFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := syncTree(dir); err != nil {
		return err
	}
	final := s.Path(key)
	// A folder without step.json is not a finished step. Nothing here makes one,
	// but a person who deleted files by hand should not be stuck.
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	if err := os.Rename(dir, final); err != nil {
		return err
	}
	return syncPath(filepath.Dir(final))
}

// Remove takes a finished step out, so that it can be made again. A step that is
// not there is not an error.
func (s *Store) Remove(ctx context.Context, key Key) (err error) {
	if err := key.valid(); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.root, "locks", string(key)))
	if _, err := lock.TryLockContext(ctx, lockInterval); err != nil {
		return fmt.Errorf("lock step %s: %w", key.Short(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	s.mu.Lock()
	delete(s.results, key)
	s.mu.Unlock()
	s.checked.Range(func(id, _ any) bool {
		if id.(fileID).key == key {
			s.checked.Delete(id)
		}
		return true
	})
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
