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
	Name  string      `json:"name"`
	After []store.Key `json:"after"`
	log   *log
	fails error
	waits bool
}

type log struct {
	mu    sync.Mutex
	names []string
}

func (work) Kind() string            { return "work" }
func (work) Version() int            { return 1 }
func (w work) Needs() []store.Key    { return w.After }
func (work) Resource() step.Resource { return step.Device }
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

func (silent) Started(*step.Step)                        {}
func (silent) Progress(*step.Step, int64, int64, string) {}
func (silent) Ended(*step.Step, time.Duration, error)    {}
func (silent) Skipped(*step.Step, *step.Step)            {}

// graph builds a → b → c and a → d, with changes to single steps.
func graph(t *testing.T, l *log, change map[string]func(*work)) *plan.Plan {
	t.Helper()
	p := &plan.Plan{}
	keys := map[string]store.Key{}
	for _, n := range []struct {
		name  string
		after []string
	}{{"a", nil}, {"b", []string{"a"}}, {"c", []string{"b"}}, {"d", []string{"a"}}} {
		w := work{Name: n.name, log: l}
		for _, need := range n.after {
			w.After = append(w.After, keys[need])
		}
		if f := change[n.name]; f != nil {
			f(&w)
		}
		s, err := step.New(n.name, w)
		if err != nil {
			t.Fatal(err)
		}
		keys[n.name] = s.Key
		p.Steps = append(p.Steps, s)
	}
	return p
}

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
	sum, err := run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
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
	sum, err = run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
	if err != nil || sum.Kept != 4 || len(l.names) != 4 {
		t.Errorf("again: %+v, %v, %v", sum, err, l.names)
	}
}

func TestAFailureStopsOnlyWhatDependsOnIt(t *testing.T) {
	l, s := &log{}, open(t)
	boom := errors.New("boom")
	p := graph(t, l, map[string]func(*work){"b": func(w *work) { w.fails = boom }})
	sum, err := run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
	var failed *run.FailedError
	if !errors.As(err, &failed) || !errors.Is(err, boom) || len(failed.Steps) != 1 {
		t.Fatalf("error %v", err)
	}
	if sum != (run.Summary{Ran: 2, Failed: 1, Skipped: 1}) {
		t.Errorf("%+v", sum)
	}
	// Mended, the run goes on.
	sum, err = run.Run(t.Context(), graph(t, l, nil), &step.Env{Store: s}, run.DefaultLimits(), silent{})
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
	sum, err := run.Run(ctx, p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
	if !errors.Is(err, stop) || sum.Failed != 0 || sum.Skipped != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// pair is work that is done with its like.
type pair struct {
	work
	group *group
}

// group notes which pairs were done at once.
type group struct{ names [][]string }

func (p pair) RunTogether(ctx context.Context, parts []step.Part) []error {
	var names []string
	errs := make([]error, len(parts))
	for i, part := range parts {
		one := part.Work.(pair)
		names = append(names, one.Name)
		errs[i] = one.Run(ctx, part.Env, part.Dir)
	}
	p.group.names = append(p.group.names, names)
	return errs
}

// joined is a plan of a, then b and c together, then d behind b and e behind c.
func joined(t *testing.T, l *log, g *group, fails map[string]error) *plan.Plan {
	t.Helper()
	p := &plan.Plan{Together: make([][]*step.Step, 1)}
	keys := map[string]store.Key{}
	for _, n := range []struct {
		name, after string
	}{{"a", ""}, {"b", "a"}, {"c", "a"}, {"d", "b"}, {"e", "c"}} {
		w := work{Name: n.name, log: l, fails: fails[n.name]}
		if n.after != "" {
			w.After = append(w.After, keys[n.after])
		}
		var whole step.Work = w
		if n.after == "a" {
			whole = pair{w, g}
		}
		s, err := step.New(n.name, whole)
		if err != nil {
			t.Fatal(err)
		}
		keys[n.name] = s.Key
		p.Steps = append(p.Steps, s)
		if n.after == "a" {
			p.Together[0] = append(p.Together[0], s)
		}
	}
	return p
}

func TestStepsRunTogether(t *testing.T) {
	l, g, s := &log{}, &group{}, open(t)
	p := joined(t, l, g, nil)
	sum, err := run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
	if err != nil || sum != (run.Summary{Ran: 5}) {
		t.Fatalf("%+v, %v", sum, err)
	}
	if len(g.names) != 1 || len(g.names[0]) != 2 {
		t.Errorf("together ran %v", g.names)
	}
	for _, one := range p.Steps {
		text, err := os.ReadFile(filepath.Join(s.Path(one.Key), "name"))
		if err != nil || string(text) != one.Label {
			t.Errorf("step %s left %q, %v", one.Label, text, err)
		}
	}
	if sum, err = run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{}); err != nil || sum != (run.Summary{Kept: 5}) {
		t.Errorf("again: %+v, %v", sum, err)
	}
}

func TestOneOfStepsTogetherFailsAlone(t *testing.T) {
	l, g, s := &log{}, &group{}, open(t)
	boom := errors.New("boom")
	sum, err := run.Run(t.Context(), joined(t, l, g, map[string]error{"c": boom}), &step.Env{Store: s}, run.DefaultLimits(), silent{})
	if !errors.Is(err, boom) || sum != (run.Summary{Ran: 3, Failed: 1, Skipped: 1}) {
		t.Fatalf("%+v, %v", sum, err)
	}
	// Mended, what is there already is not done again.
	sum, err = run.Run(t.Context(), joined(t, l, g, nil), &step.Env{Store: s}, run.DefaultLimits(), silent{})
	if err != nil || sum != (run.Summary{Ran: 2, Kept: 3}) || len(g.names) != 1 {
		t.Errorf("mended: %+v, %v, together ran %v", sum, err, g.names)
	}
}

// shaky is work that lacks something when it is done for the first time.
type shaky struct{ work }

func (shaky) Errors(s *store.Store, key store.Key) (int64, error) {
	_, err := os.Stat(filepath.Join(s.Path(key), "lacking"))
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

func TestRetryDoesAgainWhatLacksSomethingAndWhatNeedsIt(t *testing.T) {
	l, s := &log{}, open(t)
	p := graph(t, l, nil)
	p.Steps[1].Work = shaky{p.Steps[1].Work.(work)} // b, which c needs
	again := func() (run.Summary, int) {
		t.Helper()
		n, err := run.Retry(t.Context(), p, s)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := run.Run(t.Context(), p, &step.Env{Store: s}, run.DefaultLimits(), silent{})
		if err != nil {
			t.Fatal(err)
		}
		return sum, n
	}
	for i, want := range []struct {
		sum     run.Summary
		removed int
	}{{run.Summary{Ran: 4}, 0}, {run.Summary{Ran: 2, Kept: 2}, 2}, {run.Summary{Kept: 4}, 0}} {
		if sum, n := again(); sum != want.sum || n != want.removed {
			t.Errorf("time %d: %+v after %d steps were removed, want %+v after %d", i, sum, n, want.sum, want.removed)
		}
	}
	if got := l.names[4:]; !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("done again: %v", got)
	}
}
