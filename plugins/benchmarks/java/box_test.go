package java_test

import (
	"testing"
	"time"

	"harness/core/judge"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// judged is a test that has candidates judged.
type judged func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse)

// eachDriver runs a test under every driver, oneDriver under one.
func eachDriver(t *testing.T, test judged) { sandboxtest.Each(t, judging(test)) }
func oneDriver(t *testing.T, test judged)  { sandboxtest.One(t, judging(test)) }

// judging runs a test with the boxes of a driver.
func judging(test judged) func(t *testing.T, driver string, pool *sandbox.Pool) {
	return func(t *testing.T, driver string, pool *sandbox.Pool) {
		environments := map[string]sandbox.Environment{}
		for _, e := range []*benchmark.Environment{java.Environment(), java.ProjectEnvironment()} {
			environments[e.Id] = judge.EnvironmentOf(e)
		}
		candidates := 0
		test(t, func(t *testing.T, p java.Program) *benchmark.VerdictResponse {
			t.Helper()
			candidates++
			check, err := java.Check(p)
			if err != nil {
				t.Fatal(err)
			}
			reply, err := pool.Do(t.Context(), environments[check.Environment], sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			v := java.Verdict(reply.Payload, string(reply.Failure), reply.Detail)
			t.Logf("%s after %s: %s: %.200s", driver, reply.Wall.Round(time.Millisecond), v.Outcome, v.Detail)
			return v
		})
		t.Logf("%d candidates judged in boxes of %s", candidates, driver)
	}
}
