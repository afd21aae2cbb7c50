package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harness/core/store"
)

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func key(t testing.TB, decision any) store.Key {
	t.Helper()
	k, err := store.NewKey("work", 1, decision)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// do makes a step of one decision with fill.
func do(ctx context.Context, s *store.Store, decision any, fill func(dir string) error) (bool, error) {
	text, err := store.DecisionOf("work", 1, decision)
	if err != nil {
		return false, err
	}
	k, err := store.NewKey("work", 1, decision)
	if err != nil {
		return false, err
	}
	return s.Do(ctx, k, func(_ context.Context, dir string) (store.Made, error) {
		return store.Made{Label: "a step", Decision: text}, fill(dir)
	})
}

func has(t *testing.T, s *store.Store, k store.Key) bool {
	t.Helper()
	found, err := s.Has(k)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestKeyFollowsTheDecision(t *testing.T) {
	a := key(t, map[string]int{"x": 1, "y": 2})
	if b := key(t, map[string]int{"y": 2, "x": 1}); a != b {
		t.Errorf("the order of a map's keys changed the key: %s, %s", a, b)
	}
	if b := key(t, map[string]int{"x": 1, "y": 3}); a == b {
		t.Error("another decision has the same key")
	}
	if b, _ := store.NewKey("work", 2, map[string]int{"x": 1, "y": 2}); a == b {
		t.Error("another code version has the same key")
	}
	if a.Kind() != "work" {
		t.Errorf("kind is %q", a.Kind())
	}
}

func TestDoRunsOnceAndKeepsTheFiles(t *testing.T) {
	s := open(t, t.TempDir())
	k := key(t, "once")
	var runs atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := do(context.Background(), s, "once", func(dir string) error {
				runs.Add(1)
				return os.WriteFile(filepath.Join(dir, "result"), []byte("42"), 0o644)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if runs.Load() != 1 {
		t.Errorf("the step ran %d times", runs.Load())
	}
	if got, err := os.ReadFile(filepath.Join(s.Path(k), "result")); err != nil || string(got) != "42" {
		t.Errorf("result is %q, %v", got, err)
	}
}

func TestFailedStepLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k := key(t, "fails")
	boom := errors.New("boom")
	_, err := do(context.Background(), s, "fails", func(dir string) error {
		_ = os.WriteFile(filepath.Join(dir, "half"), nil, 0o644)
		return boom
	})
	if !errors.Is(err, boom) || has(t, s, k) {
		t.Fatalf("err %v, has %v", err, has(t, s, k))
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestDoWaitsForTheLockUntilCancelled(t *testing.T) {
	s := open(t, t.TempDir())
	started, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := do(context.Background(), s, "slow", func(string) error {
			close(started)
			<-release
			return nil
		})
		done <- err
	}()
	<-started
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := do(ctx, s, "slow", func(string) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting ended with %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestKilledProcess kills a process in the middle of a step and of appending
// records, at many moments, and finds every finished thing whole afterwards.
func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_CHILD"); dir != "" {
		writeForever(dir)
	}
	dir := t.TempDir()
	for i := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
		cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+17*i) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		s := open(t, dir)
		steps, err := os.ReadDir(filepath.Join(dir, "steps"))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			a, errA := os.ReadFile(filepath.Join(dir, "steps", step.Name(), "a"))
			b, errB := os.ReadFile(filepath.Join(dir, "steps", step.Name(), "b"))
			if errA != nil || errB != nil || string(a) != string(b) {
				t.Fatalf("step %s is not whole: %q %q %v %v", step.Name(), a, b, errA, errB)
			}
		}
		if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
			t.Errorf("left over: %v", left)
		}
		records, err := s.Records("verdict")
		if err != nil {
			t.Fatal(err)
		}
		if err := records.Put(key(t, fmt.Sprintf("after %d", i)), i); err != nil {
			t.Fatal(err)
		}
		for j := range i + 1 {
			var got int
			if ok, err := records.Get(key(t, fmt.Sprintf("after %d", j)), &got); !ok || err != nil || got != j {
				t.Fatalf("record %d after kill %d: %v %v %d", j, i, ok, err, got)
			}
		}
	}
}

func writeForever(dir string) {
	s, err := store.Open(dir)
	if err != nil {
		os.Exit(3)
	}
	records, err := s.Records("verdict")
	if err != nil {
		os.Exit(3)
	}
	for i := 0; ; i++ {
		text := fmt.Sprintf("%d %d", os.Getpid(), i)
		k, _ := store.NewKey("work", 1, text)
		_, _ = do(context.Background(), s, text, func(dir string) error {
			_ = os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o644)
			return os.WriteFile(filepath.Join(dir, "b"), []byte(text), 0o644)
		})
		_ = records.Put(k, text)
	}
}

func TestRecordsAreSharedBetweenProcesses(t *testing.T) {
	dir := t.TempDir()
	one, err := open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	two, err := open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	k := key(t, "r")
	if err := one.Put(k, "passed"); err != nil {
		t.Fatal(err)
	}
	var got string
	if ok, err := two.Get(k, &got); !ok || err != nil || got != "passed" {
		t.Fatalf("the other store reads %q, %v, %v", got, ok, err)
	}
	if err := two.Put(k, "failed"); err != nil {
		t.Fatal(err)
	}
	if ok, _ := one.Get(k, &got); !ok || got != "passed" {
		t.Errorf("the first record did not stay: %q", got)
	}
}

func TestHalfALineIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	r, err := open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Put(key(t, 1), 1); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "records", "verdict.jsonl")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, text[:len(text)/2]...), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err = open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Put(key(t, 2), 2); err != nil {
		t.Fatal(err)
	}
	r, err = open(t, dir).Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 2; want++ {
		var got int
		if ok, err := r.Get(key(t, want), &got); !ok || err != nil || got != want {
			t.Errorf("record %d: %v %v %d", want, ok, err, got)
		}
	}
}

func TestOpenRefusesAnotherFormat(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("harness store 9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(dir); err == nil {
		t.Error("a store of another format was opened")
	}
}

func TestRemovedStepIsMadeAgain(t *testing.T) {
	s := open(t, t.TempDir())
	k := key(t, 1)
	for i := range 2 {
		if err := s.Remove(t.Context(), k); err != nil { // the first time there is none
			t.Fatal(err)
		}
		if has(t, s, k) {
			t.Fatal("the step is still there")
		}
		made, err := do(t.Context(), s, 1, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "out"), []byte{byte(i)}, 0o644)
		})
		if err != nil || !made {
			t.Fatalf("time %d: made %v, %v", i, made, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(s.Path(k), "out")); err != nil || got[0] != 1 {
		t.Errorf("the step holds %v, %v", got, err)
	}
	if left, err := os.ReadDir(filepath.Join(s.Root(), "tmp")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
