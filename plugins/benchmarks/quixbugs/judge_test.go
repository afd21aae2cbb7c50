package main

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"harness/core/protocol/client"
	"harness/core/sandbox"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

// judged are the programs that are judged each time; all are with
// HARNESS_QUIXBUGS=all. They stand for what is special: two hunks, a large
// heap, helpers of both kinds, an older test, and the plain case.
var judged = []string{"BREADTH_FIRST_SEARCH", "GCD", "KNAPSACK", "MINIMUM_SPANNING_TREE", "SHORTEST_PATHS", "SHORTEST_PATH_LENGTH", "TO_BASE"}

// Every buggy program fails its test and every fixed one passes, in a box.
func TestBugsAndFixesInTheSandbox(t *testing.T) {
	b, settings, dir, _ := fetched(t)
	pool, env := box(t, b, settings)
	for _, record := range plugintest.Bugs(t, b, settings, dir) {
		id := record.Bug.Id
		if os.Getenv("HARNESS_QUIXBUGS") != "all" && !slices.Contains(judged, id) {
			continue
		}
		var hunks []hunk
		for i, h := range record.Bug.Hunks {
			hunks = append(hunks, hunk{int(h.Start), int(h.End), record.Fixes[i]})
		}
		judge := func(text string) *benchmark.VerdictResponse {
			check, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: settings, Dir: dir, Bug: id, Patched: text})
			if err != nil {
				t.Fatal(err)
			}
			reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			verdict, err := b.Verdict(t.Context(), &benchmark.VerdictRequest{Config: settings, Bug: id, Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail})
			if err != nil {
				t.Fatal(err)
			}
			return verdict
		}
		if v := judge(record.Bug.Text); v.Outcome != benchmark.Failed {
			t.Errorf("%s: the buggy program is %v: %s", id, v.Outcome, v.Detail)
		}
		v := judge(apply(record.Bug.Text, hunks))
		switch {
		case v.Outcome == benchmark.Passed:
		case id == "KNAPSACK" && strings.Contains(v.Detail, "TestTimedOutException") && os.Getenv("CI") != "true":
			// Upstream's test_9 fills 640 MB within a limit of its own of 3 s. It
			// takes a second or so of one core, and too long on a busy machine.
			t.Logf("NOT TESTED HERE: KNAPSACK's fixed program ran into its test's own time limit; run again on a quiet machine: %s", v.Detail)
		default:
			t.Errorf("%s: the fixed program is %v: %s", id, v.Outcome, v.Detail)
		}
	}
}

// box opens the first driver that works on this machine, with the plugin's
// environment as the host takes it over.
func box(t *testing.T, b *client.Benchmark, settings []byte) (*sandbox.Pool, sandbox.Environment) {
	t.Helper()
	response, err := b.Environments(t.Context(), &benchmark.EnvironmentsRequest{Config: settings})
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
