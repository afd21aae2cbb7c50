package programstest

import (
	"encoding/json"
	"testing"
	"time"

	"harness/core/judge"
	"harness/core/protocol/client"
	"harness/core/sandbox"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/java/programs"
)

// Fetched is a benchmark that has been fetched from a source.
type Fetched struct {
	*client.Benchmark
	Config []byte
	Dir    string
	Notes  []string // for readers of results
}

// Fetch fetches a benchmark from a source, relative to base.
func Fetch(t testing.TB, b benchmark.Benchmark, source, base string) (*Fetched, error) {
	t.Helper()
	config, err := json.Marshal(map[string]string{"source": source})
	if err != nil {
		t.Fatal(err)
	}
	f := &Fetched{Benchmark: plugintest.Benchmark(t, b), Config: config, Dir: t.TempDir()}
	err = f.Benchmark.Fetch(t.Context(), &benchmark.FetchRequest{Config: config, BaseDir: base, Dir: f.Dir}, func(e *benchmark.FetchEvent) {
		if e.Note != "" {
			f.Notes = append(f.Notes, e.Note)
		}
	})
	return f, err
}

// Records returns the bugs, by id.
func (f *Fetched) Records(t testing.TB) map[string]*benchmark.BugRecord {
	t.Helper()
	records := map[string]*benchmark.BugRecord{}
	for _, r := range plugintest.Bugs(t, f.Benchmark, f.Config, f.Dir) {
		records[r.Bug.Id] = r
	}
	return records
}

// Question is a request to the box about a patched program.
type Question struct {
	Candidate  struct{ Path, Text string }
	Reference  string
	Files      map[string]string
	Tests      []string
	HeapMiB    int
	WallMillis int
	Classpath  []string
}

// Question returns the request to the box for a check, which needs no configuration and
// folder.
func (f *Fetched) Question(t testing.TB, request *benchmark.CheckRequest) Question {
	t.Helper()
	var q Question
	if err := json.Unmarshal(f.check(t, request).Payload, &q); err != nil {
		t.Fatal(err)
	}
	return q
}

func (f *Fetched) check(t testing.TB, request *benchmark.CheckRequest) *benchmark.CheckResponse {
	t.Helper()
	request.Config, request.Dir = f.Config, f.Dir
	check, err := f.Check(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return check
}

// judge judges patched programs in a box of the pool.
func (f *Fetched) judge(t testing.TB, pool *sandbox.Pool) func(bug, patched string) *benchmark.VerdictResponse {
	t.Helper()
	response, err := f.Environments(t.Context(), &benchmark.EnvironmentsRequest{Config: f.Config})
	if err != nil {
		t.Fatal(err)
	}
	env := judge.EnvironmentOf(response.Environments[0])
	return func(bug, patched string) *benchmark.VerdictResponse {
		t.Helper()
		check := f.check(t, &benchmark.CheckRequest{Bug: bug, Patched: patched})
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

// fixed returns a bug's program with the reference fix.
func fixed(record *benchmark.BugRecord) string {
	var hunks []programs.Hunk
	for i, h := range record.Bug.Hunks {
		hunks = append(hunks, programs.Hunk{Start: int(h.Start), End: int(h.End), Fix: record.Fixes[i]})
	}
	return programs.Apply(record.Bug.Text, hunks)
}
