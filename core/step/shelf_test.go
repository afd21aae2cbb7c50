package step

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"harness/core/store"
)

// shelf is a store with finished steps.
type shelf struct {
	*store.Store
	results *Results
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{s, NewResults(s)}
}

func (s *shelf) env() *Env {
	return &Env{Store: s.Store, Results: s.results, Progress: func(int64, int64, string) {}}
}

// leaks is the digest by which findings name a benchmark.
func (s *shelf) leaks(t testing.TB, id ID) string {
	t.Helper()
	part, err := s.results.Part(id, LeaksPart)
	if err != nil {
		t.Fatal(err)
	}
	return part
}

// given is work that leaves one file. Each of its parts is the whole file.
type given struct {
	Called string `json:"called"`
	Name   string `json:"name"`
	Text   string `json:"text"`
	Cause  string `json:"cause,omitempty"` // decides the key and nothing else
	reads  []Input
}

func (w given) Kind() string     { return w.Called }
func (given) Version() int       { return 1 }
func (w given) Inputs() []Input  { return w.reads }
func (given) Resource() Resource { return IO }

func (w given) Run(_ context.Context, _ *Env, dir string) error {
	return os.WriteFile(filepath.Join(dir, w.Name), []byte(w.Text), 0o644)
}

func (w given) Parts(string) (map[string]string, error) {
	parts := map[string]string{}
	for _, part := range []string{SamplesPart, LeaksPart, TokensPart, ShownPart, WeightsPart, measuredPart, statePart} {
		parts[part] = digest([]byte(w.Text))
	}
	return parts, nil
}

// make finishes a step.
func (s *shelf) make(t testing.TB, w Work) ID {
	t.Helper()
	one, err := New(w.Kind(), w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Make(t.Context(), *s.env()); err != nil {
		t.Fatal(err)
	}
	return one.ID
}

// finished puts a step into the store that has one file of lines.
func finished[T any](t testing.TB, s *shelf, kind, name string, lines []T) ID {
	t.Helper()
	dir := t.TempDir()
	out, err := createLines(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if err := out.write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return s.make(t, given{Called: kind, Name: name, Text: string(text)})
}
