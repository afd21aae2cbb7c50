package step

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"harness/core/store"
)

// Results finds the results of a plan's steps in a store. It is safe for
// concurrent use.
type Results struct {
	store *store.Store

	mu       sync.Mutex
	finished map[ID]store.Key
}

// NewResults knows of no step yet; Look makes it.
func NewResults(s *store.Store) *Results {
	return &Results{store: s, finished: map[ID]store.Key{}}
}

// Found is what a store holds of a step.
type Found struct {
	// Key is empty while one of the step's inputs is not finished.
	Key    store.Key
	Done   bool
	Inputs []store.Input
	// Decision is what the key is the digest of.
	decision []byte
}

// Decision is what the key is the digest of, in JSON; empty while the key is.
func (f Found) Decision() []byte { return f.decision }

// Look finds a step's key, from the results of the steps that it reads, and
// whether it is finished. Steps are looked for behind their inputs.
func (r *Results) Look(s *Step) (Found, error) {
	f, err := r.look(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Done && err == nil {
		r.finished[s.ID] = f.Key
	} else {
		delete(r.finished, s.ID)
	}
	return f, err
}

func (r *Results) look(s *Step) (f Found, err error) {
	words := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		key, ok := r.Key(in.Step)
		if !ok {
			return Found{}, nil
		}
		result, found, err := r.store.Result(key)
		if err != nil || !found {
			return Found{}, err
		}
		if words[i], err = result.Output.Of(in.Part); err != nil {
			return Found{}, fmt.Errorf("%s reads %s: %w", s.Label, key.Short(), err)
		}
		f.Inputs = append(f.Inputs, store.Input{Name: in.Name, Step: key, Part: in.Part, Digest: words[i]})
	}
	if f.decision, err = store.DecisionOf(s.Work.Kind(), s.Work.Version(), s.decision(words)); err != nil {
		return Found{}, err
	}
	if f.Key, err = store.NewKey(s.Work.Kind(), s.Work.Version(), s.decision(words)); err != nil {
		return Found{}, err
	}
	f.Done, err = r.store.Has(f.Key)
	return f, err
}

// Forget takes a step for unfinished until it is looked for again.
func (r *Results) Forget(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.finished, id)
}

// Key of a finished step; false if it is not finished, as far as was looked.
func (r *Results) Key(id ID) (store.Key, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, ok := r.finished[id]
	return key, ok
}

// Has reports whether a step is finished, as far as was looked.
func (r *Results) Has(id ID) bool {
	_, ok := r.Key(id)
	return ok
}

// key of a step that must be finished.
func (r *Results) key(id ID) (store.Key, error) {
	key, ok := r.Key(id)
	if !ok {
		return "", fmt.Errorf("step %s is not finished", store.Key(id).Short())
	}
	return key, nil
}

// Result is the description of a finished step.
func (r *Results) Result(id ID) (*store.Result, error) {
	key, err := r.key(id)
	if err != nil {
		return nil, err
	}
	result, found, err := r.store.Result(key)
	if err == nil && !found {
		err = fmt.Errorf("step %s is gone from the store", key.Short())
	}
	return result, err
}

// Part is the digest of a part of a finished step's output.
func (r *Results) Part(id ID, part string) (string, error) {
	result, err := r.Result(id)
	if err != nil {
		return "", err
	}
	return result.Output.Of(part)
}

// File is the path of a finished step's file, whose content is as it was when
// the step finished.
func (r *Results) File(id ID, name string) (string, error) {
	key, err := r.key(id)
	if err != nil {
		return "", err
	}
	return r.store.File(key, name)
}

// Folder is a finished step's folder, all of whose files are as they were when
// the step finished.
func (r *Results) Folder(ctx context.Context, id ID) (string, error) {
	key, err := r.key(id)
	if err != nil {
		return "", err
	}
	return r.store.Folder(ctx, key)
}

// ReadJSON reads a file of a finished step.
func (r *Results) ReadJSON(id ID, name string, value any) error {
	path, err := r.File(id, name)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read result of step %s: %w", id.short(), err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("read result of step %s: %s: %w", id.short(), name, err)
	}
	return nil
}

func (id ID) short() string { return store.Key(id).Short() }

// writeJSON writes one file of a step; the store syncs it.
func writeJSON(dir, name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// readResult reads a file that this step wrote.
func readResult(dir, name string, value any) error {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}
