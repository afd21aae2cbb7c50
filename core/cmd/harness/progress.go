package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"harness/core/pluginhost"
	"harness/core/run"
	"harness/core/step"
)

// progress is an observer that a command closes when the run is over.
type progress interface {
	run.Observer
	Close()
}

// newProgress draws bars on a terminal, writes a line a step elsewhere, and
// nothing but failures when quiet. Which of the steps are done already turns out
// as their inputs are.
func newProgress(w *os.File, steps int, quiet bool) progress {
	if !quiet && term.IsTerminal(int(w.Fd())) {
		return newBars(w, steps)
	}
	return newLines(w, steps, quiet)
}

// lineInterval is how often a long step writes how far it is.
const lineInterval = 10 * time.Second

// failureText is what is said of a failed step at once. A mistake of the study is
// shown at its line when the run is over.
func failureText(s *step.Step, err error) string {
	var mistake *pluginhost.DiagnosticsError
	if errors.As(err, &mistake) {
		return fmt.Sprintf("FAILED %s: a mistake in the study, shown below\n", s.Label)
	}
	return fmt.Sprintf("FAILED %s: %v\n", s.Label, err)
}

// lines is progress that can be piped.
type lines struct {
	w     io.Writer
	quiet bool
	total int

	mu    sync.Mutex
	ended int
	said  map[*step.Step]time.Time // when a running step was last heard of
}

func newLines(w io.Writer, total int, quiet bool) *lines {
	return &lines{w: w, total: total, quiet: quiet, said: map[*step.Step]time.Time{}}
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format, args...)
}

// due reports whether it is time for a line about a step, and notes it.
func (l *lines) due(s *step.Step, after time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.said[s]) >= after {
		l.said[s] = now
		return true
	}
	return false
}

func (l *lines) Kept(*step.Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
}

func (l *lines) Started(s *step.Step) {
	l.due(s, 0)
	if !l.quiet {
		l.printf("begin  %s\n", s.Label)
	}
}

func (l *lines) Progress(s *step.Step, done, total int64, note string) {
	if l.quiet || !l.due(s, lineInterval) {
		return
	}
	if total > 0 {
		l.printf("%5.1f%% %s  %d of %d  %s\n", 100*float64(done)/float64(total), s.Label, done, total, note)
		return
	}
	l.printf("       %s  %d %s\n", s.Label, done, note)
}

func (l *lines) Ended(s *step.Step, took time.Duration, err error) {
	l.mu.Lock()
	l.ended++
	n := l.ended
	l.mu.Unlock()
	switch {
	case err != nil:
		l.printf("%s", failureText(s, err))
	case !l.quiet:
		l.printf("done   %s  %s  (%d of %d)\n", s.Label, took.Round(100*time.Millisecond), n, l.total)
	}
}

func (l *lines) Skipped(s, because *step.Step) {
	if !l.quiet {
		l.printf("skip   %s, which needs %s\n", s.Label, because.Label)
	}
}

func (l *lines) Close() {}

// bars shows one bar for the whole study and one for each running step.
type bars struct {
	container *mpb.Progress
	whole     *mpb.Bar

	mu      sync.Mutex
	running map[*step.Step]*stepBar
}

type stepBar struct {
	bar  *mpb.Bar
	mu   sync.Mutex
	note string
}

func (b *stepBar) text(decor.Statistics) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.note
}

func newBars(w io.Writer, steps int) *bars {
	container := mpb.New(mpb.WithOutput(w), mpb.WithWidth(32), mpb.WithRefreshRate(150*time.Millisecond))
	whole := container.AddBar(int64(steps),
		mpb.BarPriority(1<<20), // below the steps
		mpb.PrependDecorators(decor.Name("study", decor.WC{W: 8, C: decor.DindentRight}), decor.CountersNoUnit("%d / %d steps", decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
	)
	return &bars{container: container, whole: whole, running: map[*step.Step]*stepBar{}}
}

func (b *bars) Started(s *step.Step) {
	sb := &stepBar{}
	sb.bar = b.container.AddBar(0,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(s.Label, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.CountersNoUnit("%d / %d", decor.WCSyncSpace), decor.Any(sb.text, decor.WCSyncSpace), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)),
	)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running[s] = sb
}

func (b *bars) Progress(s *step.Step, done, total int64, note string) {
	b.mu.Lock()
	sb := b.running[s]
	b.mu.Unlock()
	if sb == nil {
		return
	}
	sb.mu.Lock()
	sb.note = note
	sb.mu.Unlock()
	// A bar that was added without a total never completes by itself, so the
	// total may be what it is: the bar goes when the step ends.
	sb.bar.SetTotal(max(total, done), false)
	sb.bar.SetCurrent(done)
}

func (b *bars) Ended(s *step.Step, took time.Duration, err error) {
	b.mu.Lock()
	sb := b.running[s]
	delete(b.running, s)
	b.mu.Unlock()
	if sb != nil {
		sb.bar.Abort(true)
	}
	if err != nil {
		fmt.Fprint(b.container, failureText(s, err))
	}
	b.whole.Increment()
}

func (b *bars) Kept(*step.Step) { b.whole.Increment() }

func (b *bars) Skipped(*step.Step, *step.Step) { b.whole.Increment() }

func (b *bars) Close() {
	b.whole.Abort(false)
	b.container.Wait()
}
