package main_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// needDocker skips a test where no container engine answers.
func needDocker(t *testing.T) {
	t.Helper()
	cmd := exec.Command("docker", "version")
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		missing(t, "a container engine", "make docker base-image")
	}
}

// quixbugs rebuilds upstream's folder layout from the shared data.
func quixbugs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	type file struct{ Path, Text string }
	sharedLines(t, "benchmarks/quixbugs.jsonl", func(line []byte) error {
		var bug struct {
			Path, File string
			Reference  file
			Tests      []file
		}
		if err := json.Unmarshal(line, &bug); err != nil {
			return err
		}
		write(bug.Path, bug.File)
		for _, f := range append(bug.Tests, bug.Reference) {
			write(f.Path, f.Text)
		}
		return nil
	})
	sharedLines(t, "benchmarks/quixbugs_support.jsonl", func(line []byte) error {
		var f file
		err := json.Unmarshal(line, &f)
		write(f.Path, f.Text)
		return err
	})
	return dir
}

func sharedLines(t *testing.T, name string, each func([]byte) error) {
	t.Helper()
	f, err := os.Open(filepath.Join(repo, "../shared", name))
	if err != nil {
		missing(t, "the shared data", err.Error())
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if err := each(lines.Bytes()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedStudyIsJudgedAgain runs two programs of studies/peft4apr.hcl in
// containers and finds that first candidates pass, which the published
// verdicts deny.
func TestPublishedStudyIsJudgedAgain(t *testing.T) {
	needDocker(t)
	recordings, err := filepath.Abs(filepath.Join(repo, "../shared/replay/peft4apr"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join(repo, "studies/peft4apr.hcl"), "--store", filepath.Join(t.TempDir(), "store"),
		"--var", "recordings=" + recordings, "--var", "quixbugs=" + quixbugs(t), "--var", `bugs=["GCD", "BITCOUNT"]`}
	harness(t, append([]string{"run", "--quiet"}, args...)...).want(t, 0)
	r := harness(t, append([]string{"report", "--format", "json"}, args...)...).want(t, 0)
	var report struct {
		Trials []struct {
			Labels   map[string]string
			Metrics  map[string]float64
			Outcomes []struct {
				Bug                 string
				Verdicts, Published []string
			}
		}
		Notes []string
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Trials) != 10 {
		t.Fatalf("%d trials, want 10", len(report.Trials))
	}
	judged, first, publishedFirst := 0, 0, 0
	for _, trial := range report.Trials {
		for _, o := range trial.Outcomes {
			if len(o.Verdicts) != 10 || len(o.Published) != 10 {
				t.Errorf("%v, %s: %d verdicts, %d published", trial.Labels, o.Bug, len(o.Verdicts), len(o.Published))
				continue
			}
			judged += len(o.Verdicts)
			if o.Verdicts[0] == "passed" {
				first++
			}
			if o.Published[0] == "plausible" {
				publishedFirst++
			}
		}
		if trial.Metrics["errors"] != 0 {
			t.Errorf("%v: %v errors of the harness", trial.Labels, trial.Metrics["errors"])
		}
	}
	t.Logf("judged %d candidates in containers; first candidates that pass: %d here, %d as published", judged, first, publishedFirst)
	if first <= publishedFirst {
		t.Errorf("%d first candidates pass, %d were published as plausible: the published race was not corrected", first, publishedFirst)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "published verdicts") {
		t.Errorf("no note names the published verdicts' contradictions:\n%s", notes)
	}
}
