package main_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harness/core/needs"
)

// needDocker skips a test where no container engine answers.
func needDocker(t *testing.T) {
	t.Helper()
	cmd := exec.Command("docker", "version")
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		needs.Part(t, "a container engine", "make docker base-image")
	}
}

// judgedAgain is what `harness report` says of a trial.
type judgedAgain struct {
	Labels   map[string]string
	Metrics  map[string]float64
	Outcomes []struct {
		Bug        string
		Candidates []struct{ Verdict, Published string }
	}
}

// published is the number of a bug's candidates with a published verdict.
func published(candidates []struct{ Verdict, Published string }) (n int) {
	for _, c := range candidates {
		if c.Published != "" {
			n++
		}
	}
	return n
}

// judgeAgain runs a study over recordings, with the texts of the benchmarks
// that its authors had.
func judgeAgain(t *testing.T, study, recordings string, vars ...string) (trials []judgedAgain, notes string) {
	t.Helper()
	needs.Slow(t)
	needDocker(t)
	benchmarks := needs.Shared(t, "benchmarks")
	args := []string{filepath.Join(repo, "studies", study), "--store", filepath.Join(t.TempDir(), "store")}
	for _, v := range append(vars, "recordings="+needs.Shared(t, recordings), "quixbugs="+benchmarks, "humanevaljava="+benchmarks) {
		args = append(args, "--var", v)
	}
	harness(t, append([]string{"run", "--quiet"}, args...)...).want(t, 0)
	r := harness(t, append([]string{"report", "--format", "json"}, args...)...).want(t, 0)
	var report struct {
		Trials []judgedAgain
		Notes  []string
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatal(err)
	}
	for _, trial := range report.Trials {
		if trial.Metrics["errors"] != 0 {
			t.Errorf("%v: %v errors of the harness", trial.Labels, trial.Metrics["errors"])
		}
	}
	return report.Trials, strings.Join(report.Notes, "\n")
}

// TestSlowPublishedStudyIsJudgedAgain judges candidates of three programs of
// studies/peft4apr.hcl and finds that first candidates pass, which the published
// verdicts on QuixBugs deny.
func TestSlowPublishedStudyIsJudgedAgain(t *testing.T) {
	trials, notes := judgeAgain(t, "peft4apr.hcl", filepath.Join("replay", "peft4apr"), `only_quixbugs=["GCD", "BITCOUNT"]`, `only_humanevaljava=["ADD"]`)
	if len(trials) != 20 {
		t.Fatalf("%d trials, want 20", len(trials))
	}
	judged, first, publishedFirst := 0, 0, 0
	for _, trial := range trials {
		for _, o := range trial.Outcomes {
			if len(o.Candidates) != 10 || published(o.Candidates) != 10 {
				t.Errorf("%v, %s: %d verdicts, %d published", trial.Labels, o.Bug, len(o.Candidates), published(o.Candidates))
				continue
			}
			judged += len(o.Candidates)
			if trial.Labels["benchmark"] != "quixbugs" {
				continue
			}
			if o.Candidates[0].Verdict == "passed" {
				first++
			}
			if o.Candidates[0].Published == "plausible" {
				publishedFirst++
			}
		}
	}
	t.Logf("judged %d candidates in containers; first candidates that pass on QuixBugs: %d here, %d as published", judged, first, publishedFirst)
	if first <= publishedFirst {
		t.Errorf("%d first candidates pass, %d were published as plausible: the published race was not corrected", first, publishedFirst)
	}
	if !strings.Contains(notes, "published verdicts") {
		t.Errorf("no note names the published verdicts' contradictions:\n%s", notes)
	}
}

// TestSlowCLMIsJudgedAgain judges all that studies/clm.hcl has for two programs, one
// of which needs a JavaScript engine, and agrees with the published verdicts.
func TestSlowCLMIsJudgedAgain(t *testing.T) {
	trials, _ := judgeAgain(t, "clm.hcl", "replay", `only_quixbugs=["GCD"]`, `only_humanevaljava=["DO_ALGEBRA"]`)
	if len(trials) != 6*3*2 {
		t.Fatalf("%d trials, want 36", len(trials))
	}
	judged, passed := 0, 0
	for _, trial := range trials {
		if trial.Labels["adapter"] == "full" && trial.Labels["prompt"] != "with-buggy-lines" {
			t.Errorf("there is the trial %v, which was not recorded", trial.Labels)
		}
		for _, o := range trial.Outcomes {
			if len(o.Candidates) != 10 || published(o.Candidates) != 10 {
				t.Errorf("%v, %s: %d verdicts, %d published", trial.Labels, o.Bug, len(o.Candidates), published(o.Candidates))
				continue
			}
			for rank, c := range o.Candidates {
				judged++
				if c.Verdict == "passed" {
					passed++
				}
				if (c.Verdict == "passed") != (c.Published == "plausible") {
					t.Errorf("%v, %s, rank %d: %s here, published as %s", trial.Labels, o.Bug, rank+1, c.Verdict, c.Published)
				}
			}
		}
	}
	t.Logf("judged %d candidates in containers, of which %d pass", judged, passed)
	if passed == 0 {
		t.Error("no candidate passes")
	}
}
