package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// Records is an append-only collection of small results of one kind.
type Records struct {
	path string
	lock *flock.Flock

	mu     sync.Mutex
	values map[Key]json.RawMessage
	offset int64 // how much of the file values holds; always a line's start
}

// record is a line. Sum keeps a damaged value from being taken for the result.
type record struct {
	Key   Key             `json:"key"`
	Value json.RawMessage `json:"value"`
	Sum   string          `json:"sum"` // of key and value
}

func sumOf(key Key, value []byte) string {
	sum := sha256.Sum256(append([]byte(key+"\n"), value...))
	return hex.EncodeToString(sum[:8])
}

// Records opens the records of one kind.
func (s *Store) Records(kind string) (*Records, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.records[kind]; r != nil {
		return r, nil
	}
	r, err := openRecords(filepath.Join(s.root, "records", kind+".jsonl"), filepath.Join(s.root, "locks", "records."+kind))
	if err != nil {
		return nil, err
	}
	s.records[kind] = r
	return r, nil
}

// OpenRecords opens records outside of a store, in a file of its own, and makes
// its folder.
func OpenRecords(file string) (*Records, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return openRecords(file, file+".lock")
}

func openRecords(file, lock string) (*Records, error) {
	r := &Records{path: file, lock: flock.New(lock), values: map[Key]json.RawMessage{}}
	return r, r.refresh()
}

// Get decodes the record named key into value and reports whether there is
// one, also one that another process has put since.
func (r *Records) Get(key Key, value any) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, ok := r.values[key]
	if !ok {
		if err := r.refresh(); err != nil {
			return false, err
		}
		if text, ok = r.values[key]; !ok {
			return false, nil
		}
	}
	if err := json.Unmarshal(text, value); err != nil {
		return false, fmt.Errorf("read record %s: %w", key.Short(), err)
	}
	return true, nil
}

// Put keeps a record. The first one under a key stays; putting another is no
// error, so that two processes may find the same result at once. When Put
// returns nil the record is on disk.
func (r *Records) Put(key Key, value any) error {
	if err := key.valid(); err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("put record %s: %w", key.Short(), err)
	}
	line, err := json.Marshal(record{Key: key, Value: text, Sum: sumOf(key, text)})
	if err != nil {
		return fmt.Errorf("put record %s: %w", key.Short(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.values[key]; ok {
		return nil
	}
	if err := r.append(append(line, '\n')); err != nil {
		return fmt.Errorf("put record %s: %w", key.Short(), err)
	}
	return r.refresh()
}

func (r *Records) append(line []byte) (err error) {
	if err := r.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.lock.Unlock()) }()
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	// A process killed while it wrote leaves half a line; close it, and
	// readers pass over it.
	if end > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.WriteAt(line, end); err != nil {
		return errors.Join(err, f.Truncate(end)) // a full disk leaves no half line
	}
	return f.Sync()
}

// refresh reads the complete lines that were appended since the last time.
func (r *Records) refresh() error {
	f, err := os.Open(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	if info.Size() <= r.offset {
		return nil
	}
	data := make([]byte, info.Size()-r.offset)
	if _, err := f.ReadAt(data, r.offset); err != nil {
		return fmt.Errorf("read records %s: %w", r.path, err)
	}
	for {
		line, rest, complete := bytes.Cut(data, []byte{'\n'})
		if !complete {
			return nil
		}
		r.offset += int64(len(line)) + 1
		data = rest
		var rec record
		if json.Unmarshal(line, &rec) != nil || rec.Key.valid() != nil || rec.Sum != sumOf(rec.Key, rec.Value) {
			continue // half a line of a killed process, or a damaged one: its result is found again
		}
		if _, ok := r.values[rec.Key]; !ok {
			r.values[rec.Key] = bytes.Clone(rec.Value)
		}
	}
}
