package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// resultFile is the file in a finished step's folder that describes it. No step
// may write a file of this name.
const resultFile = "step.json"

// Result is step.json: what decided a finished step, what it left, and what
// accompanied it.
type Result struct {
	Key   Key    `json:"key"`
	Label string `json:"label"` // for people
	// Decision is what the key is the digest of; see DecisionOf.
	Decision json.RawMessage `json:"decision"`
	// Inputs are the finished steps that this one read. Their digests are part
	// of the decision.
	Inputs []Input `json:"inputs"`
	Output Output  `json:"output"`
	// Provenance is what was there when the step ran and decided nothing:
	// binaries, machine, times.
	Provenance json.RawMessage `json:"provenance,omitempty"`
}

// Input is a finished step as another one reads it.
type Input struct {
	Name string `json:"name"` // "checkpoint", "bugs"
	Step Key    `json:"step"`
	// Part of the step's output that decides; empty: all of it.
	Part   string `json:"part,omitempty"`
	Digest string `json:"digest"` // of the part
}

// Output is what a step left.
type Output struct {
	// Digest of all files' names and contents.
	Digest string `json:"digest"`
	// Parts are digests of what other steps may depend on instead of on
	// everything: the weights without the log of their training.
	Parts map[string]string `json:"parts,omitempty"`
	Files []File            `json:"files"` // sorted by name
}

// File is a file of a step.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Of is the digest of a part of the output, or of all of it where part is
// empty.
func (o Output) Of(part string) (string, error) {
	if part == "" {
		return o.Digest, nil
	}
	digest, ok := o.Parts[part]
	if !ok {
		return "", fmt.Errorf("the output has no part %q", part)
	}
	return digest, nil
}

// DamagedError says that a finished step is not as it was when it finished.
type DamagedError struct {
	Key    Key
	Folder string
	Detail string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("step %s is damaged: %s; remove %s and run again", e.Key.Short(), e.Detail, e.Folder)
}

func (s *Store) damaged(key Key, format string, args ...any) error {
	return &DamagedError{Key: key, Folder: s.Path(key), Detail: fmt.Sprintf(format, args...)}
}

// Result reads step.json of the step named key; false if it is not finished.
// A step.json that cannot be read or does not fit its key is an error.
func (s *Store) Result(key Key) (*Result, bool, error) {
	if err := key.valid(); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	known := s.results[key]
	s.mu.Unlock()
	if known != nil {
		return known, true, nil
	}
	text, err := os.ReadFile(filepath.Join(s.Path(key), resultFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look for step %s: %w", key.Short(), err)
	}
	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, false, s.damaged(key, "%s: %v", resultFile, err)
	}
	if err := r.check(key); err != nil {
		return nil, false, s.damaged(key, "%s: %v", resultFile, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[key] = r
	return r, true, nil
}

// check compares a result with its key and its digests with each other.
func (r *Result) check(key Key) error {
	decision := &bytes.Buffer{}
	if err := json.Compact(decision, r.Decision); err != nil {
		return err
	}
	if got := keyOf(key.Kind(), decision.Bytes()); got != key {
		return fmt.Errorf("the decision in it has the key %s", got.Short())
	}
	if got := digestOf(r.Output.Files); got != r.Output.Digest {
		return errors.New("its list of files does not have the digest that it states")
	}
	return nil
}

// Has reports whether the step named key is finished.
func (s *Store) Has(key Key) (bool, error) {
	_, found, err := s.Result(key)
	return found, err
}

// File checks a file of a finished step against its digest, once, and returns
// its path.
func (s *Store) File(key Key, name string) (string, error) {
	r, found, err := s.Result(key)
	if err != nil {
		return "", err
	}
	if !found {
		return "", fmt.Errorf("step %s is not finished", key.Short())
	}
	i, ok := slices.BinarySearchFunc(r.Output.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if !ok {
		return "", fmt.Errorf("step %s has no file %s: %w", key.Short(), name, fs.ErrNotExist)
	}
	return filepath.Join(s.Path(key), filepath.FromSlash(name)), s.checkFile(key, r.Output.Files[i])
}

// Folder checks all files of a finished step against their digests, once, and
// returns the step's folder.
func (s *Store) Folder(ctx context.Context, key Key) (string, error) {
	r, found, err := s.Result(key)
	if err != nil {
		return "", err
	}
	if !found {
		return "", fmt.Errorf("step %s is not finished", key.Short())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, file := range r.Output.Files {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return s.checkFile(key, file)
		})
	}
	return s.Path(key), group.Wait()
}

type fileID struct {
	key  Key
	name string
}

// checkFile compares a file with its digest unless this process has done so.
func (s *Store) checkFile(key Key, f File) error {
	id := fileID{key, f.Name}
	once, _ := s.checked.LoadOrStore(id, &sync.Mutex{})
	mutex, ok := once.(*sync.Mutex)
	if !ok {
		return nil // checked before
	}
	mutex.Lock()
	defer mutex.Unlock()
	if now, _ := s.checked.Load(id); now != once {
		return nil // checked meanwhile
	}
	path := filepath.Join(s.Path(key), filepath.FromSlash(f.Name))
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.damaged(key, "its file %s is gone", f.Name)
	case err != nil:
		return fmt.Errorf("check step %s: %w", key.Short(), err)
	case !info.Mode().IsRegular():
		return s.damaged(key, "its file %s is not a regular file any more", f.Name)
	case info.Size() != f.Bytes:
		return s.damaged(key, "its file %s has %d bytes and had %d when the step finished", f.Name, info.Size(), f.Bytes)
	}
	sum, err := HashFile(path)
	if err != nil {
		return fmt.Errorf("check step %s: %w", key.Short(), err)
	}
	if sum != f.SHA256 {
		return s.damaged(key, "its file %s has another content than when the step finished (SHA-256 %.16s…, was %.16s…)", f.Name, sum, f.SHA256)
	}
	s.checked.Store(id, true)
	return nil
}

// outputOf hashes all files below dir.
func outputOf(dir string) (Output, error) {
	var out Output
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file", name)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out.Files = append(out.Files, File{Name: filepath.ToSlash(name), Bytes: info.Size()})
		return nil
	})
	if err != nil {
		return out, err
	}
	slices.SortFunc(out.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range out.Files {
		f := &out.Files[i]
		group.Go(func() (err error) {
			f.SHA256, err = HashFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return out, err
	}
	out.Digest = digestOf(out.Files)
	return out, nil
}

// digestOf is the SHA-256 of a line "SHA-256, size, quoted name" a file.
func digestOf(files []File) string {
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%s %d %q\n", f.SHA256, f.Bytes, f.Name)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// HashFile is the SHA-256 of a file's content, in hexadecimal.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	// A folder may have thousands of small files: a large buffer for each costs more than hashing them.
	buffer := make([]byte, min(max(info.Size(), 512), 1<<20))
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{f}, buffer); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
