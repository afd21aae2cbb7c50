// Package session opens a study: it reads the file, finds plugins and store,
// and plans. Every command of harness that is given a study starts here.
//
// What planning asks the outside world (plugins, checkpoint folders, the
// engine's device) is remembered in the store, in studies/NAME.json. A command
// that only reads takes those answers: a report of a finished study reads no
// weights and starts no plugin.
package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"harness/core/plan"
	"harness/core/pluginhost"
	"harness/core/step"
	"harness/core/store"
	"harness/core/study"
)

// Options of every session.
type Options struct {
	Variables map[string]string // of the study, as text
	VarFiles  []string
	// Store is the folder that keeps results; empty: .harness beside the study.
	Store   string
	Engine  string // name of the engine plugin
	Logger  *slog.Logger
	Version string // of this program, for the record
	// Show prints diagnostics. It is called with those of one stage at a time,
	// and not where there are none.
	Show func(*study.Sources, hcl.Diagnostics) error
}

// ErrMistakes says that a study has mistakes, which were shown.
var ErrMistakes = errors.New("the study has mistakes")

// Purpose is what a session is for.
type Purpose int

// The purposes. Run makes the store if there is none. The others change
// nothing. Run and Plan try what a run needs: that networks can be built, and
// that there is a sandbox. Explain is Plan without that, Relock also without
// regard to the lock file. Read takes the answers that the last run got from the
// world, and refuses a store that is named and not there; Take does not.
const (
	Run Purpose = iota
	Plan
	Explain
	Relock
	Read
	Take
)

// Session is an open study.
type Session struct {
	Host    *pluginhost.Host
	Study   *study.Study
	Sources *study.Sources
	Store   *store.Store
	Plan    *plan.Plan
	Results *step.Results // of the plan's steps, as the store has them

	options Options
	purpose Purpose
	tries   bool // what a run needs
	world   *world
	judge   *judgePool
	lock    *Lock // nil: there is none
}

// NewHost finds plugins as every session does. Lock may be nil.
func NewHost(o Options, lock *Lock) *pluginhost.Host {
	return pluginhost.New(pluginhost.Options{Logger: o.Logger, Allow: lock.allow})
}

// Load reads a study file and shows its mistakes.
func Load(ctx context.Context, file string, plugins study.PluginSource, o Options) (*study.Study, *study.Sources, error) {
	s, sources, diagnostics := study.Load(ctx, file, study.Options{Variables: o.Variables, VarFiles: o.VarFiles, Plugins: plugins})
	return s, sources, o.show(sources, diagnostics)
}

func (o Options) show(sources *study.Sources, diagnostics hcl.Diagnostics) error {
	if len(diagnostics) == 0 {
		return nil
	}
	if err := o.Show(sources, sources.Sorted(diagnostics)); err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return ErrMistakes
	}
	return nil
}

// Open reads and plans the study in file. Close it.
func Open(ctx context.Context, file string, purpose Purpose, o Options) (_ *Session, err error) {
	lock, err := ReadLock(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	tries := purpose == Run || purpose == Plan
	if purpose == Relock {
		lock = nil
	}
	if purpose == Explain || purpose == Relock {
		purpose = Plan
	}
	s, err := begin(NewHost(o, lock), file, purpose, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.lock, s.tries = lock, tries
	if s.Study, s.Sources, err = Load(ctx, file, s.world, o); err != nil {
		return nil, err
	}
	asks := plan.Options{World: s.world, Engine: o.Engine}
	if tries {
		asks.Plugins = s.Host
	}
	p, diagnostics, err := plan.New(ctx, s.Study, asks)
	if err != nil {
		return nil, err
	}
	return s, s.planned(ctx, p, diagnostics)
}

// OpenBenchmark plans the work on one benchmark of a study that was read: up to
// the choice of its bugs or, with judged, up to their baseline. Its purpose is
// Run.
//
// The session closes the host. Driver is the sandbox driver that is to be tried;
// empty: whichever the study says.
func OpenBenchmark(ctx context.Context, host *pluginhost.Host, read *study.Study, sources *study.Sources, block *study.Block, judged bool, driver string, o Options) (_ *Session, err error) {
	s, err := begin(host, filepath.Join(read.Dir, read.Name), Run, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.Study, s.Sources, s.tries = read, sources, true
	p, diagnostics, err := plan.ForBenchmark(ctx, s.Study, block, judged, plan.Options{World: s.world, Engine: o.Engine, Driver: driver})
	if err != nil {
		return nil, err
	}
	return s, s.planned(ctx, p, diagnostics)
}

// begin opens the store. It closes the host if it cannot.
func begin(host *pluginhost.Host, file string, purpose Purpose, o Options) (_ *Session, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, host.Close())
		}
	}()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dir := o.Store
	if dir == "" {
		dir = filepath.Join(filepath.Dir(file), ".harness")
	}
	var kept *store.Store
	switch purpose {
	case Run:
		kept, err = store.Open(dir)
	case Plan:
		if kept, err = store.OpenToRead(dir, false); err == nil && o.Store != "" && !kept.Exists() {
			o.Logger.Warn("there is no store yet; harness run would make it", "store", kept.Root())
		}
	case Read, Take:
		kept, err = store.OpenToRead(dir, purpose == Read && o.Store != "")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: nothing was run with this store; `harness run %s` makes it, and --store names another", err, file)
	}
	if err != nil {
		return nil, err
	}
	s := &Session{Host: host, Store: kept, options: o, purpose: purpose}
	s.world, err = newWorld(s, file)
	return s, err
}

// planned completes a session with its plan, which is nil where a mistake was
// found. All mistakes are shown together.
func (s *Session) planned(ctx context.Context, p *plan.Plan, diagnostics hcl.Diagnostics) error {
	s.Plan = p
	if p != nil {
		var err error
		if s.Results, err = p.Results(s.Store); err != nil {
			return err
		}
		if err := s.checkLocked(); err != nil {
			return err
		}
		more, err := p.CheckBugs(s.Results)
		if err != nil {
			return err
		}
		diagnostics = append(diagnostics, more...)
	}
	more, err := s.checkSandbox(ctx)
	if err != nil {
		return err
	}
	if err := s.options.show(s.Sources, append(diagnostics, more...)); err != nil {
		return err
	}
	s.judge = &judgePool{session: s}
	if s.purpose == Run {
		return s.world.save(nil)
	}
	return nil
}

// Env is what the plan's steps run in.
func (s *Session) Env() *step.Env {
	return &step.Env{
		Store: s.Store, Results: s.Results, Plugins: s.Host, Log: s.options.Logger, Version: s.options.Version,
		Judge: s.judge.open, Workers: s.judge.workers(),
	}
}

// Ran remembers the keys of the plan's finished steps, so that a later session
// can say what changed since.
func (s *Session) Ran() error {
	keys := map[string]store.Key{}
	for _, one := range s.Plan.Steps {
		if key, ok := s.Results.Key(one.ID); ok {
			keys[one.Label] = key
		}
	}
	return s.world.save(keys)
}

// LastKey is the key that a step of this label had when the study was last run
// to it.
func (s *Session) LastKey(label string) (store.Key, bool) {
	key, ok := s.world.memory.Steps[label]
	return key, ok
}

// Close ends the sandbox and all plugins.
func (s *Session) Close() error {
	var err error
	if s.judge != nil {
		err = s.judge.close()
	}
	return errors.Join(err, s.Host.Close())
}
