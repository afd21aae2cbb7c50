package run_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"harness/core/plan"
	"harness/core/run"
	"harness/core/step"
	"harness/core/store"
)

// work is a step that notes when it ran, or fails.
type work struct {
	Name    string    `json:"name"`
	Setting string    `json:"setting"` // decides the key; the result is the same
	After   []step.ID `json:"-"`
	log     *log
	fails   error
	waits   bool
}

type log struct {
	mu    sync.Mutex
	names []string
}

func (work) Kind() string            { return "work" }
func (work) Version() int            { return 1 }
func (work) Resource() step.Resource { return step.Device }

func (w work) Inputs() []step.Input {
	var all []step.Input
	for _, id := range w.After {
		all = append(all, step.Input{Name: "before", Step: id})
	}
	return all
}

func (w work) Run(ctx context.Context, env *step.Env, dir string) error {
	w.log.mu.Lock()
	w.log.names = append(w.log.names, w.Name)
	w.log.mu.Unlock()
	env.Progress(1, 1, "")
	if w.waits {
		<-ctx.Done()
		return ctx.Err()
	}
	if w.fails != nil {
		return w.fails
	}
	return os.WriteFile(filepath.Join(dir, "name"), []byte(w.Name), 0o644)
}

type silent struct{}

func (silent) Kept(*step.Step)                           {}
func (silent) Started(*step.Step)                        {}
func (silent) Progress(*step.Step, int64, int64, string) {}
func (silent) Ended(*step.Step, time.Duration, error)    {}
func (silent) Skipped(*step.Step, *step.Step)            {}

// graph builds a → b → c and a → d, with changes to single steps.
func graph(t *testing.T, l *log, change map[string]func(*work)) *plan.Plan {
	t.Helper()
	p := &plan.Plan{}
	ids := map[string]step.ID{}
	for _, n := range []struct {
		name  string
		after []string
	}{{"a", nil}, {"b", []string{"a"}}, {"c", []string{"b"}}, {"d", []string{"a"}}} {
		w := work{Name: n.name, log: l}
		for _, need := range n.after {
			w.After = append(w.After, ids[need])
		}
		if f := change[n.name]; f != nil {
			f(&w)
		}
		s, err := step.New(n.name, w)
		if err != nil {
			t.Fatal(err)
		}
		ids[n.name] = s.ID
		p.Steps = append(p.Steps, s)
	}
	return p
}

func env(s *store.Store) *step.Env { return &step.Env{Store: s, Results: step.NewResults(s)} }

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStepsRunBehindTheirNeedsAndOnce(t *testing.T) {
	l, s := &log{}, open(t)
	p := graph(t, l, nil)
	sum, err := run.Run(t.Context(), p, env(s), run.DefaultLimits(), silent{})
	if err != nil || sum.Ran != 4 {
		t.Fatalf("%+v, %v", sum, err)
	}
	at := map[string]int{}
	for i, name := range l.names {
		at[name] = i
	}
	if at["a"] != 0 || at["b"] > at["c"] {
		t.Errorf("the order was %v", l.names)
	}
	sum, err = run.Run(t.Context(), p, env(s), run.DefaultLimits(), silent{})
	if err != nil || sum.Kept != 4 || len(l.names) != 4 {
		t.Errorf("again: %+v, %v, %v", sum, err, l.names)
	}
}

func TestAFailureStopsOnlyWhatDependsOnIt(t *testing.T) {
	l, s := &log{}, open(t)
	boom := errors.New("boom")
	p := graph(t, l, map[string]func(*work){"b": func(w *work) { w.fails = boom }})
	sum, err := run.Run(t.Context(), p, env(s), run.DefaultLimits(), silent{})
	var failed *run.FailedError
	if !errors.As(err, &failed) || !errors.Is(err, boom) || len(failed.Steps) != 1 {
		t.Fatalf("error %v", err)
	}
	if sum != (run.Summary{Ran: 2, Failed: 1, Skipped: 1}) {
		t.Errorf("%+v", sum)
	}
	// Mended, the run goes on.
	sum, err = run.Run(t.Context(), graph(t, l, nil), env(s), run.DefaultLimits(), silent{})
	if err != nil || sum != (run.Summary{Ran: 2, Kept: 2}) {
		t.Errorf("mended: %+v, %v", sum, err)
	}
}

func TestCancelStopsWithItsCause(t *testing.T) {
	l, s := &log{}, open(t)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	p := graph(t, l, map[string]func(*work){"b": func(w *work) { w.waits = true }})
	time.AfterFunc(200*time.Millisecond, func() { cancel(stop) })
	sum, err := run.Run(ctx, p, env(s), run.DefaultLimits(), silent{})
	if !errors.Is(err, stop) || sum.Failed != 0 || sum.Skipped != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// shaky is work that lacks something when it is done for the first time.
type shaky struct{ work }

func (shaky) Errors(r *step.Results, id step.ID) (int64, error) {
	_, err := r.File(id, "lacking")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	return 1, err
}

func (w shaky) Run(ctx context.Context, env *step.Env, dir string) error {
	err := w.work.Run(ctx, env, dir)
	if n := len(w.log.names); n <= 4 { // the first run
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "lacking"), nil, 0o644))
	}
	return err
}

func TestRetryDoesAgainWhatLacksSomethingAndWhatReadsIt(t *testing.T) {
	l, s := &log{}, open(t)
	p := graph(t, l, nil)
	p.Steps[1].Work = shaky{p.Steps[1].Work.(work)} // b, which c reads
	again := func() (run.Summary, int) {
		t.Helper()
		e := env(s)
		var err error
		if e.Results, err = p.Results(s); err != nil {
			t.Fatal(err)
		}
		n, err := run.Retry(t.Context(), p, s, e.Results)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := run.Run(t.Context(), p, e, run.DefaultLimits(), silent{})
		if err != nil {
			t.Fatal(err)
		}
		return sum, n
	}
	for i, want := range []struct {
		sum     run.Summary
		removed int
	}{{run.Summary{Ran: 4}, 0}, {run.Summary{Ran: 2, Kept: 2}, 1}, {run.Summary{Kept: 4}, 0}} {
		if sum, n := again(); sum != want.sum || n != want.removed {
			t.Errorf("time %d: %+v after %d steps were removed, want %+v after %d", i, sum, n, want.sum, want.removed)
		}
	}
	if got := l.names[4:]; !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("done again: %v", got)
	}
}

// What a step reads decides by its content, not by the way it was come by.
func TestTheSameResultOfAnotherStepChangesNothing(t *testing.T) {
	l, s := &log{}, open(t)
	for i, change := range []func(*work){nil, func(w *work) { w.Setting = "another" }} {
		p := graph(t, l, map[string]func(*work){"a": func(w *work) {
			if change != nil {
				change(w)
			}
		}})
		sum, err := run.Run(t.Context(), p, env(s), run.DefaultLimits(), silent{})
		if want := []run.Summary{{Ran: 4}, {Ran: 1, Kept: 3}}[i]; err != nil || sum != want {
			t.Errorf("time %d: %+v, %v; want %+v", i, sum, err, want)
		}
	}
}
