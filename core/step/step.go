// Package step is what a study is made of: pure steps, each of which turns
// finished steps and plugins into one immutable folder of the store.
//
//	snapshot   a checkpoint folder, pinned          init      a checkpoint from nothing
//	benchmark  bugs and what judging them needs     bugs      those that a study uses
//	oracle     which of them behave here            dataset   training samples, split
//	clean      those without repetitions and leaks  train     one epoch segment
//	select     the best point of a grid             import    an adapter trained elsewhere
//	generate   candidates of every bug              validate  a verdict for each of them
//	score      one trial's metrics and outcomes
//
// A Work says which plugins, settings and earlier steps decide its outcome:
// its JSON encoding is exactly that, and the step's key is its digest. What
// does not decide the outcome (labels, this machine's paths) is not encoded.
package step

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"harness/core/pluginhost"
	"harness/core/sandbox"
	"harness/core/store"
)

// Step is a node of a plan.
type Step struct {
	Key   store.Key
	Needs []store.Key
	Label string // for people: "train micro · lora · lr 0.001 · epoch 2"
	Work  Work
}

// New makes the step that does work.
func New(label string, work Work) (*Step, error) {
	key, err := store.NewKey(work.Kind(), work.Version(), work)
	if err != nil {
		return nil, err
	}
	return &Step{Key: key, Needs: work.Needs(), Label: label, Work: work}, nil
}

// Resource is what a step occupies while it runs; the executor limits how
// many steps share one.
type Resource string

// The resources of one machine.
const (
	IO     Resource = "io"     // disk and network
	Device Resource = "device" // the accelerator, or the cores in its stead
	Judge  Resource = "judge"  // the sandbox; a validate step fills it by itself
)

// Work is the doing of a step. Implementations are plain structs.
type Work interface {
	Kind() string
	// Version of the code that does this kind of work: raised when the same
	// input may give another outcome.
	Version() int
	Needs() []store.Key
	Resource() Resource
	// Run writes the outcome into dir, an empty folder.
	Run(ctx context.Context, env *Env, dir string) error
}

// Retryable is work whose outcome may lack something for reasons of the machine
// alone. The step is finished all the same; done again, it may find what it lacks.
type Retryable interface {
	Work
	// Errors counts what the finished step lacks so.
	Errors(s *store.Store, key store.Key) (int64, error)
}

// Env is what steps run in.
type Env struct {
	Store   *store.Store
	Plugins *pluginhost.Host
	// Judge opens the sandbox; called once it is known that it is needed.
	Judge func(context.Context) (*sandbox.Pool, error)
	// Workers is how many boxes judge at a time.
	Workers int
	// Judging is held while a patch is judged: shared, or alone by one that is
	// tried again. All steps of a run have the same.
	Judging *sync.RWMutex
	Log     *slog.Logger
	// Progress hears how far the running step is. Total 0: unknown.
	Progress func(done, total int64, note string)
}

// Plugin pins a plugin and its configuration within a key.
type Plugin struct {
	Kind     string          `json:"kind"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Checksum string          `json:"checksum"`
	Config   json.RawMessage `json:"config,omitempty"`
	// Identity of the outside data that the configuration names.
	Identity string `json:"identity,omitempty"`
	// BaseDir is where relative paths in Config start, on this machine.
	BaseDir string `json:"-"`
}

// Bare is the plugin without its configuration.
func (p Plugin) Bare() Plugin {
	return Plugin{Kind: p.Kind, Name: p.Name, Version: p.Version, Checksum: p.Checksum}
}

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

// ReadJSON reads a file of a finished step.
func ReadJSON(s *store.Store, key store.Key, name string, value any) error {
	text, err := os.ReadFile(filepath.Join(s.Path(key), name))
	if err != nil {
		return fmt.Errorf("read result of step %s: %w", key.Short(), err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("read result of step %s: %s: %w", key.Short(), name, err)
	}
	return nil
}
