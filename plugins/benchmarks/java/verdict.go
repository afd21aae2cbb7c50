package java

import (
	"encoding/json"
	"fmt"
	"strings"

	"harness/core/sdk/benchmark"
)

// Reply is the service's answer.
type Reply struct {
	// Outcome is passed, failed, uncompilable, timeout, crashed, flaky or error.
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	// Reference reports whether the reference fix passes in this box. If not, the
	// failures of candidates may have other causes.
	Reference bool `json:"reference"`
	Compile   struct {
		OK       bool   `json:"ok"`
		Messages string `json:"messages"`
		// Stage is "test" if the first error is not in the candidate's file, because the
		// patch changed what the tests call. Otherwise it is "program".
		Stage string `json:"stage"`
	} `json:"compile"`
	Tests struct {
		// Run counts the tests that ran, including failed ones. Expected counts those that
		// run with the reference fix; 0 is unknown.
		Run      int `json:"run"`
		Expected int `json:"expected"`
		Failed   int `json:"failed"`
		// New counts failures of tests that do not fail in the buggy version.
		New int `json:"new"`
		// Slow: a test took more steps than an old machine can take within the test's
		// own time limit (100 million a second). It may fail where the clock decides.
		Slow         bool `json:"slow"`
		FirstFailure struct {
			Test      string `json:"test"`
			Exception string `json:"exception"`
			Message   string `json:"message"`
		} `json:"firstFailure"`
	} `json:"tests"`
	// Denied is the first call that the candidate was denied, since it is beyond what the
	// bug's versions do; or empty.
	Denied string `json:"denied"`
	// Looked: the candidate read its own stack trace, which tells who called.
	Looked bool `json:"looked"`
	// Counts are the runs behind the verdict: "warm", "fresh", "passes confirmed",
	// "failures confirmed", "differences".
	Counts map[string]int64 `json:"counts"`
}

// Verdict turns the result of the sandbox into an outcome: the service's frame, or
// the failure ([benchmark.BoxTimeout] and the like) with its detail if there is none.
//
// A test that exceeds its own time limit has failed; timeout is the limit of the
// whole run. The service's outcome error, and an answer that cannot be read, are
// failures of the harness, not of the candidate.
func Verdict(frame []byte, failure, detail string) *benchmark.VerdictResponse {
	switch failure {
	case "":
	case benchmark.BoxTimeout:
		return verdict(benchmark.Timeout, benchmark.Limit, "the box: "+detail)
	case benchmark.BoxDied:
		return verdict(benchmark.Crashed, unknown, "the box died: "+detail)
	case benchmark.BoxOOM:
		return verdict(benchmark.Crashed, benchmark.Memory, "the box ran out of memory: "+detail)
	case benchmark.BoxTooLarge:
		return verdict(benchmark.Uncompilable, unknown, "too large: "+detail)
	default:
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the sandbox reports %q: %s", failure, detail))
	}
	var r Reply
	if err := json.Unmarshal(frame, &r); err != nil {
		return verdict(benchmark.Error, unknown, fmt.Sprintf("read the judge's answer: %v", err))
	}
	v := verdictOf(r)
	v.Counts = r.Counts
	return v
}

func verdictOf(r Reply) *benchmark.VerdictResponse {
	switch r.Outcome {
	case "passed":
		if !r.Compile.OK || r.Tests.Run < 1 || r.Tests.Failed != 0 {
			return verdict(benchmark.Error, unknown, "the judge's answer contradicts itself")
		}
		detail := fmt.Sprintf("%d tests", r.Tests.Run)
		if r.Denied != "" {
			detail += "; denied, and not needed: " + r.Denied
		}
		return verdict(benchmark.Passed, reason(r), detail)
	case "failed":
		return verdict(benchmark.Failed, reason(r), r.Detail)
	case "uncompilable":
		if r.Compile.Stage == "test" {
			return verdict(benchmark.Uncompilable, reason(r), "the tests do not compile with the patch: "+r.Detail)
		}
		return verdict(benchmark.Uncompilable, reason(r), r.Detail)
	case "timeout":
		return verdict(benchmark.Timeout, reason(r), r.Detail)
	case "flaky":
		return verdict(benchmark.Flaky, reason(r), r.Detail)
	case "crashed":
		return verdict(benchmark.Crashed, reason(r), r.Detail)
	case "error":
		return verdict(benchmark.Error, unknown, r.Detail)
	}
	return verdict(benchmark.Error, unknown, fmt.Sprintf("the judge answered the unknown outcome %q", r.Outcome))
}

// verdict makes a response, with the detail in one line.
func verdict(outcome benchmark.Outcome, reason benchmark.Reason, detail string) *benchmark.VerdictResponse {
	return &benchmark.VerdictResponse{Outcome: outcome, Reason: reason, Detail: strings.Join(strings.Fields(strings.ToValidUTF8(detail, "?")), " ")}
}
