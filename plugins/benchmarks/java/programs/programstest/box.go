package programstest

import (
	"os"
	"slices"
	"testing"
	"time"

	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
	"harness/core/step"
	"harness/plugins/benchmarks/java/programs"
)

// Judge judges patched programs in a box of the first driver that works on this
// machine.
func (f *Fetched) Judge(t *testing.T) func(bug, patched string) *benchmark.VerdictResponse {
	t.Helper()
	response, err := f.Environments(t.Context(), &benchmark.EnvironmentsRequest{Config: f.Config})
	if err != nil {
		t.Fatal(err)
	}
	pool, env := sandboxtest.First(t), step.EnvironmentOf(response.Environments[0])
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

// BugsAndFixes judges that each of the bugs named, or each of all with
// HARNESS_TEST_ALL=1, fails its test as it is and passes it with its fix. Where
// the fix does not pass, excused may tell that this is none of the program's doing.
func (f *Fetched) BugsAndFixes(t *testing.T, bugs []string, excused func(bug string, v *benchmark.VerdictResponse) bool) {
	t.Helper()
	judge := f.Judge(t)
	for id, record := range f.Records(t) {
		if os.Getenv("HARNESS_TEST_ALL") == "" && !slices.Contains(bugs, id) {
			continue
		}
		if v := judge(id, record.Bug.Text); v.Outcome != benchmark.Failed {
			t.Errorf("%s: the buggy program is %v: %s", id, v.Outcome, v.Detail)
		}
		v := judge(id, Fixed(record))
		if v.Outcome != benchmark.Passed && (excused == nil || !excused(id, v)) {
			t.Errorf("%s: the fixed program is %v: %s", id, v.Outcome, v.Detail)
		}
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
