// Package step is what a study is made of: pure steps, each of which turns
// finished steps and plugins into one immutable folder of the store.
//
//	snapshot   a checkpoint folder, copied          init      a checkpoint from nothing
//	benchmark  bugs and what judging them needs     bugs      those that a study uses
//	baseline   which of them reproduce here         dataset   training samples, split
//	clean      those without repetitions and leaks  examples  token ids of the samples
//	train      one epoch segment                    select    the best point of a grid
//	import     an adapter trained elsewhere         generate  candidates of every bug
//	validate   a verdict for each of them           score     a trial's metrics and outcomes
//
// # Identity
//
// A step has two names. Its ID names it within a plan: the digest of its kind,
// its settings and the IDs of the steps that it reads. Its key names its result
// in a store: the digest of its kind, its settings and the contents of what it
// reads. The key is known once those steps are finished. So a data set that was
// read again, with another version of its plugin or from another file, changes
// nothing of what was trained if its samples are the same.
//
// Where only a part of a step's output decides what another one computes, the
// input names that part: generate depends on the weights that were chosen, not
// on the choice.
//
// A Work's JSON encoding holds its settings, and nothing that does not decide
// its outcome: no labels, paths, checksums or times. What accompanied a step is
// its Provenance.
package step

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"harness/core/sandbox"
	"harness/core/store"
)

// ID names a step within a plan.
type ID string

// Step is a node of a plan.
type Step struct {
	ID     ID
	Inputs []Input // of the work
	Label  string  // for people: "train micro · lora · lr 0.001 · epoch 2"
	Work   Work
}

// Input is a step whose output another step reads.
type Input struct {
	Name string // by which the decision knows it; inputs of one name are a set
	Step ID
	Part string // the part of the output that decides; empty: all of it
}

// New makes the step that does work.
func New(label string, work Work) (*Step, error) {
	s := &Step{Label: label, Work: work, Inputs: work.Inputs()}
	ids := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		ids[i] = string(in.Step) + " " + in.Part
	}
	id, err := store.NewKey(work.Kind(), work.Version(), s.decision(ids))
	s.ID = ID(id)
	return s, err
}

// decision is what decides a step's outcome, with a word for each of its inputs.
type decision struct {
	Settings Work                `json:"settings"`
	Inputs   map[string][]string `json:"inputs"` // by name, sorted
}

func (s *Step) decision(words []string) decision {
	d := decision{s.Work, map[string][]string{}}
	for i, in := range s.Inputs {
		d.Inputs[in.Name] = append(d.Inputs[in.Name], words[i])
	}
	for name := range d.Inputs {
		slices.Sort(d.Inputs[name])
	}
	return d
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

// Work is the doing of a step. Implementations are plain structs whose JSON
// encoding is their settings.
type Work interface {
	Kind() string
	// Version of the code that does this kind of work: raised when the same
	// input may give another outcome.
	Version() int
	Inputs() []Input
	Resource() Resource
	// Run writes the outcome into dir, an empty folder.
	Run(ctx context.Context, env *Env, dir string) error
}

// Divisible is work whose output has parts on which other steps depend.
type Divisible interface {
	Work
	// Parts digests the parts of the outcome in dir, by name.
	Parts(dir string) (map[string]string, error)
}

// Retryable is work whose outcome may lack something for reasons of the machine
// alone. The step is finished all the same; done again, it may find what it lacks.
type Retryable interface {
	Work
	// Errors counts what the finished step lacks so.
	Errors(r *Results, id ID) (int64, error)
}

// Env is what steps run in.
type Env struct {
	Store   *store.Store
	Results *Results // of the plan's steps
	Plugins Plugins
	// Judge opens the sandbox; called once it is known that it is needed.
	Judge func(context.Context) (*sandbox.Pool, error)
	// Workers is how many boxes judge at a time.
	Workers int
	// Judging is held while a patch is judged: shared, or alone by one that is
	// tried again. All steps of a run have the same.
	Judging *sync.RWMutex
	Log     *slog.Logger
	Version string // of this program
	// Progress hears how far the running step is. Total 0: unknown.
	Progress func(done, total int64, note string)

	provenance *Provenance // of the running step
}

// Make does a step's work unless the store has its result, and reports whether
// it had to. All its inputs must be finished.
func (s *Step) Make(ctx context.Context, shared Env) (made bool, err error) {
	found, err := shared.Results.Look(s)
	if err != nil || found.Done {
		return false, err
	}
	if found.Key == "" {
		return false, fmt.Errorf("%s: what it needs is not finished", s.Label)
	}
	env := shared
	env.begin()
	made, err = env.Store.Do(ctx, found.Key, func(ctx context.Context, dir string) (store.Made, error) {
		if err := s.Work.Run(ctx, &env, dir); err != nil {
			return store.Made{}, err
		}
		result := store.Made{Label: s.Label, Decision: found.decision, Inputs: found.Inputs}
		if work, ok := s.Work.(Divisible); ok {
			var err error
			if result.Parts, err = work.Parts(dir); err != nil {
				return store.Made{}, fmt.Errorf("digest the result: %w", err)
			}
		}
		result.Provenance, err = env.end(ctx)
		return result, err
	})
	if err != nil {
		return made, err
	}
	_, err = shared.Results.Look(s)
	return made, err
}

// inputs lists inputs without those that name no step.
func inputs(all ...Input) []Input {
	return slices.DeleteFunc(all, func(in Input) bool { return in.Step == "" })
}

// partOf digests a value by its JSON encoding.
func partOf(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	return digest(text), nil
}

// fileParts digests one file for each part.
func fileParts(dir string, files map[string]string) (map[string]string, error) {
	parts := map[string]string{}
	for _, part := range slices.Sorted(maps.Keys(files)) {
		var err error
		if parts[part], err = fileDigest(dir, files[part]); err != nil {
			return nil, err
		}
	}
	return parts, nil
}
