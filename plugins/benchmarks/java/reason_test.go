package java_test

import (
	"encoding/json"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

func TestReasons(t *testing.T) {
	reply := func(outcome, stage, messages, exception string) string {
		var r java.Reply
		r.Outcome = outcome
		r.Compile.Stage, r.Compile.Messages = stage, messages
		r.Tests.FirstFailure.Exception = exception
		frame, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(frame)
	}
	const none = benchmark.Reason(0)
	for _, tt := range []struct {
		name, frame, failure string
		want                 benchmark.Reason
	}{
		{"a wrong result", reply("failed", "", "", "java.lang.AssertionError"), "", none},
		{"a test's own limit", reply("failed", "", "", "org.junit.runners.model.TestTimedOutException"), "", benchmark.Limit},
		{"the run's limit", reply("timeout", "", "", ""), "", benchmark.Limit},
		{"the box's limit", "", "timeout", benchmark.Limit},
		{"endless recursion", reply("failed", "", "", "java.lang.StackOverflowError"), "", benchmark.Memory},
		{"no more memory", reply("failed", "", "", "java.lang.OutOfMemoryError"), "", benchmark.Memory},
		{"no more memory in the box", "", "oom", benchmark.Memory},
		{"a dead box", "", "died", none},
		{"a changed signature", reply("uncompilable", "test", "T.java:3: error: method f in class C cannot be applied to given types;", ""), "", benchmark.Interface},
		{"no Java", reply("uncompilable", "program", "C.java:3: error: ';' expected", ""), "", none},
		{"a package that was removed", reply("uncompilable", "program", "C.java:3: error: package javax.xml.bind does not exist", ""), "", benchmark.Platform},
		{"a package that was removed, used by a test", reply("uncompilable", "test", "T.java:3: error: package javax.xml.bind does not exist", ""), "", benchmark.Platform},
		{"a package that never was", reply("uncompilable", "program", "C.java:3: error: package javax.guess does not exist", ""), "", none},
		{"a class that was removed", reply("uncompilable", "program", "C.java:3: error: cannot find symbol\n  symbol:   class BASE64Encoder\n  location: package sun.misc", ""), "", benchmark.Platform},
		{"a hidden package", reply("uncompilable", "program", "C.java:3: error: package sun.security.x is not visible\n  (package sun.security.x is declared in module java.base, which does not export it)", ""), "", benchmark.Platform},
		{"a hidden field", reply("failed", "", "", "java.lang.reflect.InaccessibleObjectException"), "", benchmark.Platform},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := java.Verdict([]byte(tt.frame), tt.failure, "").Reason; got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
