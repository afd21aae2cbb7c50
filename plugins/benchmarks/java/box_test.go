package java_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"harness/core/sandbox"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// environment is the plugin's, as the host takes it over.
func environment() sandbox.Environment {
	e := java.Environment()
	env := sandbox.Environment{
		ID: e.Id, Dockerfile: e.Dockerfile, Files: e.Files, Setup: e.Setup, Service: e.Service, Env: e.Env,
		Limits: sandbox.Limits{MemoryBytes: e.Limits.MemoryBytes, CPUs: e.Limits.Cpus, PIDs: int(e.Limits.Pids), TmpfsBytes: e.Limits.TmpfsBytes},
	}
	for _, r := range e.Requirements {
		env.Requires = append(env.Requires, sandbox.Requirement{Command: r.Command, Path: r.Path, Hint: r.Hint})
	}
	return env
}

// eachDriver runs a test with a pool of one box under every driver that this
// machine has: one box, so that each candidate follows the one before into the
// same box. In CI both drivers must be there.
func eachDriver(t *testing.T, test func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse)) {
	for _, name := range sandbox.Names() {
		t.Run(name, func(t *testing.T) {
			driver, err := sandbox.Open(t.Context(), name, sandbox.Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skip("NOT TESTED HERE: ", err)
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
			env := environment()
			candidates := 0
			test(t, func(t *testing.T, p java.Program) *benchmark.VerdictResponse {
				t.Helper()
				candidates++
				check, err := java.Check(p)
				if err != nil {
					t.Fatal(err)
				}
				reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				v := java.Verdict(reply.Payload, string(reply.Failure), reply.Detail)
				t.Logf("%s after %s: %s: %.200s", name, reply.Wall.Round(time.Millisecond), v.Outcome, v.Detail)
				return v
			})
			t.Logf("%d candidates judged in boxes of %s", candidates, name)
		})
	}
}
