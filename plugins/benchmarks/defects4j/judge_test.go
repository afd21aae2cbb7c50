package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harness/core/judge"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java/programs"
)

// bench judges candidates as the host does.
type bench struct {
	benchmark.Benchmark
	config, dir  string
	driver       string
	pool         *sandbox.Pool
	environments map[string]sandbox.Environment
}

// eachDriver runs a test with what has been fetched, under every driver.
func eachDriver(t *testing.T, config string, plugin benchmark.Benchmark, dir string, test func(t *testing.T, b *bench)) {
	response, err := plugin.Environments(t.Context(), &benchmark.EnvironmentsRequest{Config: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.Each(t, func(t *testing.T, driver string, pool *sandbox.Pool) {
		b := &bench{Benchmark: plugin, config: config, dir: dir, driver: driver, pool: pool, environments: map[string]sandbox.Environment{}}
		for _, e := range response.Environments {
			b.environments[e.Id] = judge.EnvironmentOf(e)
		}
		test(t, b)
	})
}

// judge returns the verdict of a patched file after all stages, and the stages.
func (b *bench) judge(t *testing.T, bug, patched string, reference bool) (*benchmark.VerdictResponse, []string) {
	t.Helper()
	check, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: []byte(b.config), Dir: b.dir, Bug: bug, Patched: patched, Reference: reference})
	if err != nil {
		t.Fatal(err)
	}
	return b.follow(t, bug, patched, reference, check)
}

// follow makes a check and those that its verdicts ask for.
func (b *bench) follow(t *testing.T, bug, patched string, reference bool, check *benchmark.CheckResponse) (*benchmark.VerdictResponse, []string) {
	t.Helper()
	var stages []string
	for {
		stages = append(stages, check.Stage)
		env := b.environments[check.Environment]
		for _, m := range check.Mounts {
			env.Mounts = append(env.Mounts, sandbox.Mount{Source: filepath.Join(b.dir, m.Source), Target: m.Target})
		}
		reply, err := b.pool.Do(t.Context(), env, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := b.Verdict(t.Context(), &benchmark.VerdictRequest{
			Config: []byte(b.config), Dir: b.dir, Bug: bug, Patched: patched, Reference: reference, Stage: check.Stage,
			Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s %q after %s: %s: %.200s", bug, check.Stage, reply.Wall.Round(time.Millisecond), verdict.Outcome, verdict.Detail)
		if verdict.Next == nil {
			return verdict, stages
		}
		check = verdict.Next
	}
}

// refused confirms a patched file, and returns why that cannot be done.
func (b *bench) refused(t *testing.T, bug, patched string) error {
	t.Helper()
	config := fmt.Appendf(nil, `{"quick": false, %s`, b.config[1:])
	check, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: config, Dir: b.dir, Bug: bug, Patched: patched})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.pool.Do(t.Context(), b.environments[check.Environment], sandbox.Request{Payload: check.Payload})
	return err
}

// texts are the buggy and the fixed file of a bug.
func (b *bench) texts(t *testing.T, bug string) (buggy, fixed string) {
	t.Helper()
	err := b.Bugs(t.Context(), &benchmark.BugsRequest{Config: []byte(b.config), Dir: b.dir}, func(r *benchmark.BugRecord) error {
		if r.Bug.Id != bug {
			return nil
		}
		var hunks []hunk
		for i, h := range r.Bug.Hunks {
			hunks = append(hunks, hunk{Start: int(h.Start), End: int(h.End), Fix: r.Fixes[i]})
		}
		buggy, fixed = r.Bug.Text, programs.Apply(r.Bug.Text, hunks)
		return nil
	})
	if err != nil || buggy == "" {
		t.Fatalf("bug %s: %v", bug, err)
	}
	return buggy, fixed
}

// candidates are patches of the orchard's bugs and what must be said of them.
var candidates = []struct {
	name, bug string
	patch     func(buggy, fixed string) string
	want      benchmark.Outcome
	detail    string
}{
	{"another fix passes", "Orchard-3", func(buggy, _ string) string {
		return strings.Replace(buggy, "substring(0, width)", "substring(0, -1 + width)", 1)
	}, benchmark.Passed, ""},
	{"what does not compile", "Orchard-2", func(buggy, _ string) string { return strings.Replace(buggy, "int at", "int", 1) }, benchmark.Uncompilable, ""},
	{"a method that tests call is gone", "Orchard-2", func(_, fixed string) string { return strings.ReplaceAll(fixed, "count(String", "counted(String") }, benchmark.Uncompilable, ""},
	{"an endless loop", "Orchard-2", func(buggy, _ string) string {
		return strings.Replace(buggy, "int at = ", "while (count < 1000) { }\n        int at = ", 1)
	}, benchmark.Timeout, ""},
	{"one that ends the JVM", "Orchard-2", func(_, fixed string) string {
		return strings.Replace(fixed, "int at = ", "System.exit(0);\n        int at = ", 1)
	}, benchmark.Crashed, ""},
	{"half of the fix", "Orchard-1", func(buggy, _ string) string {
		return strings.Replace(buggy, "* percent) / 100", "* percent + 50) / 100", 1)
	}, benchmark.Failed, "printsTwoDigits"},
	{"one that repairs and breaks", "Orchard-2", func(_, fixed string) string {
		return strings.Replace(fixed, "at < 0 ? 0 : counts.get(at)", "at < 0 ? 1 : counts.get(at) - 1", 1)
	}, benchmark.Failed, ""},
	{"a class that cannot be loaded", "Orchard-7", func(_, fixed string) string {
		return strings.Replace(fixed, "public static Season", "static { if (values().length == 4) throw new IllegalStateException(); }\n\n    public static Season", 1)
	}, benchmark.Failed, "SeasonTest"},
	{"one that looks for the answer", "Orchard-2", func(_, fixed string) string {
		return strings.Replace(fixed, "int at = ", `for (String at : new String[] {"/data/fixed", "/data/project/../fixed", "/data/bug/fixed", "/data/shared/Orchard-2",
                "/data/project/.git", ".git", "/data/defects4j/framework/projects/Orchard/patches", "/data/defects4j/project_repos/Orchard"}) {
            boolean there = false;
            try {
                there = new java.io.File(at).exists();
            } catch (SecurityException e) {
                // The service does not even let it look.
            }
            if (there) {
                throw new IllegalStateException("I can read " + at);
            }
        }
        int at = `, 1)
	}, benchmark.Passed, ""},
}

// judgeOrchard judges both versions of its bugs: of all in the boxes that start
// fastest, of the three that are most special in the others.
func (b *bench) judgeOrchard(t *testing.T) {
	bugs := orchardDefects
	if b.driver != "bubblewrap" {
		bugs = []int{3, 5, 6}
	}
	for _, n := range bugs {
		bug := fmt.Sprint("Orchard-", n)
		t.Run(bug, func(t *testing.T) {
			buggy, fixed := b.texts(t, bug)
			if v, _ := b.judge(t, bug, buggy, false); v.Outcome != benchmark.Failed {
				t.Errorf("the buggy version: %v: %s", v.Outcome, v.Detail)
			}
			if v, _ := b.judge(t, bug, fixed, true); v.Outcome != benchmark.Passed {
				t.Errorf("the fixed version: %v: %s", v.Outcome, v.Detail)
			}
		})
	}
}

func (b *bench) judgeCandidates(t *testing.T) {
	for _, c := range candidates {
		if b.driver != "bubblewrap" && c.want != benchmark.Passed && c.want != benchmark.Timeout {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			buggy, fixed := b.texts(t, c.bug)
			v, _ := b.judge(t, c.bug, c.patch(buggy, fixed), false)
			if v.Outcome != c.want || !strings.Contains(v.Detail, c.detail) {
				t.Errorf("%v: %s", v.Outcome, v.Detail)
			}
		})
	}
}
