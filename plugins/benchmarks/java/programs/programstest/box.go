package programstest

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"harness/core/sandbox"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java/programs"
)

// Judge judges patched programs in a box of the first driver that works on this
// machine. Where none does the test is skipped, and fails in CI.
func (f *Fetched) Judge(t *testing.T) func(bug, patched string) *benchmark.VerdictResponse {
	t.Helper()
	pool, env := f.box(t)
	return func(bug, patched string) *benchmark.VerdictResponse {
		t.Helper()
		check, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: bug, Patched: patched})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := f.Verdict(t.Context(), &benchmark.VerdictRequest{Config: f.Config, Bug: bug, Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail})
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
}

// Fixed is a bug's program with the reference fix.
func Fixed(record *benchmark.BugRecord) string {
	var hunks []programs.Hunk
	for i, h := range record.Bug.Hunks {
		hunks = append(hunks, programs.Hunk{Start: int(h.Start), End: int(h.End), Fix: record.Fixes[i]})
	}
	return programs.Apply(record.Bug.Text, hunks)
}

func (f *Fetched) box(t *testing.T) (*sandbox.Pool, sandbox.Environment) {
	t.Helper()
	response, err := f.Environments(t.Context(), &benchmark.EnvironmentsRequest{Config: f.Config})
	if err != nil {
		t.Fatal(err)
	}
	e := response.Environments[0]
	env := sandbox.Environment{
		ID: e.Id, Dockerfile: e.Dockerfile, Files: e.Files, Setup: e.Setup, Service: e.Service, Env: e.Env,
		Limits: sandbox.Limits{MemoryBytes: e.Limits.MemoryBytes, CPUs: e.Limits.Cpus, PIDs: int(e.Limits.Pids), TmpfsBytes: e.Limits.TmpfsBytes},
	}
	for _, r := range e.Requirements {
		env.Requires = append(env.Requires, sandbox.Requirement{Command: r.Command, Path: r.Path, Hint: r.Hint})
	}
	var problem error
	for _, name := range sandbox.Names() {
		driver, err := sandbox.Open(t.Context(), name, sandbox.Options{CacheDir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			problem = err
			continue
		}
		pool := sandbox.NewPool(driver, 1)
		t.Cleanup(func() {
			if err := pool.Close(); err != nil {
				t.Error(err)
			}
			if err := driver.Close(); err != nil {
				t.Error(err)
			}
		})
		return pool, env
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("no sandbox works here: %v", problem)
	}
	t.Skipf("NOT TESTED HERE: no sandbox works: %v", problem)
	return nil, env
}
