package main_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"harness/core/needs"
)

// needSandbox skips a test where bubblewrap or its JUnit is not there.
func needSandbox(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("bwrap"); err != nil {
		needs.Part(t, "bubblewrap", "apt-get install bubblewrap")
	}
	if _, err := os.Stat("/usr/share/java/junit4.jar"); err != nil {
		needs.Part(t, "JUnit", "apt-get install junit4")
	}
}

// TestKilledRunGoesOn kills a run again and again, at random moments, later
// each time, lets it come to its end, and compares its tables with an
// undisturbed run's.
func TestKilledRunGoesOn(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file := study(t, small)
	whole := harness(t, "run", file, "--quiet", "--store", filepath.Join(t.TempDir(), "whole")).want(t, 0)
	if !strings.Contains(whole.stdout, "lora") {
		t.Fatalf("the tables lack the fine-tuned model:\n%s", whole.stdout)
	}

	store := filepath.Join(t.TempDir(), "killed")
	random := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for range 10 {
		cmd := exec.Command(filepath.Join(bin, "harness"), "run", file, "--quiet", "--store", store)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("after %d kills the run failed: %v", kills, err)
			}
		case <-time.After(time.Duration(500+kills*1000+random.IntN(3000)) * time.Millisecond):
			_ = cmd.Process.Signal(syscall.SIGKILL)
			<-ended
			kills++
			continue
		}
		break
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("the run was never killed: the test shows nothing")
	}
	harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
	again := harness(t, "run", file, "--store", store).want(t, 0)
	if again.stdout != whole.stdout {
		t.Errorf("tables differ after %d kills:\n%s\nwant:\n%s", kills, again.stdout, whole.stdout)
	}
	again.says(t, "0 steps run")
	for _, format := range []string{"json", "latex", "markdown", "csv"} {
		a := harness(t, "report", file, "--store", store, "--format", format).want(t, 0)
		if a.stdout == "" {
			t.Errorf("report as %s is empty", format)
		}
	}
}

// TestPlanAndReportJSON holds the documented fields.
func TestPlanAndReportJSON(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file, store := study(t, small), filepath.Join(t.TempDir(), "store")
	states := func() (done, todo int) {
		var p struct {
			Study string
			Steps []struct {
				ID, Kind, State string
				Needs           []string
			}
			Totals struct{ Steps, Done, Todo, Trials int }
		}
		r := harness(t, "plan", file, "--store", store, "--format", "json").want(t, 0)
		if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, s := range p.Steps {
			for _, need := range s.Needs {
				if !known[need] {
					t.Errorf("step %s stands before %s, which it needs", s.ID, need)
				}
			}
			known[s.ID] = true
		}
		if p.Study != "small" || p.Totals.Steps != len(p.Steps) || p.Totals.Trials != 2 {
			t.Errorf("plan of %q with totals %+v and %d steps", p.Study, p.Totals, len(p.Steps))
		}
		return p.Totals.Done, p.Totals.Todo
	}
	if done, todo := states(); done != 0 || todo == 0 {
		t.Errorf("before the run %d steps are done, %d to do", done, todo)
	}
	harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
	if done, todo := states(); done == 0 || todo != 0 {
		t.Errorf("after the run %d steps are done, %d to do", done, todo)
	}

	var report struct {
		Study  string
		Tables []struct {
			Name    string
			Columns []string
			Rows    [][]string
		}
		Trials []struct {
			Labels   map[string]string
			Metrics  map[string]float64
			Outcomes []struct {
				Bug      string
				Verdicts []string
			}
		}
	}
	r := harness(t, "report", file, "--store", store, "--format", "json").want(t, 0)
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Study != "small" || len(report.Tables) != 1 || len(report.Trials) != 2 {
		t.Fatalf("report: %+v", report)
	}
	for _, trial := range report.Trials {
		if len(trial.Outcomes) != 4 || len(trial.Outcomes[0].Verdicts) != 3 {
			t.Errorf("trial %v has outcomes %+v", trial.Labels, trial.Outcomes)
		}
		if _, ok := trial.Metrics["pass@1"]; !ok {
			t.Errorf("trial %v has no pass@1: %v", trial.Labels, trial.Metrics)
		}
	}
}

// TestEpochsAreShared plans a grid: with a constant rate longer runs contain
// the shorter ones, with a schedule that ends they cannot.
func TestEpochsAreShared(t *testing.T) {
	for schedule, want := range map[string]int{"constant": 2 * 2, "linear": 2 * (1 + 2)} {
		file := study(t, strings.Replace(small, "batch_size = 8", "batch_size = 8\n  schedule = \""+schedule+"\"", 1))
		var p struct{ Steps []struct{ Kind string } }
		r := harness(t, "plan", file, "--store", filepath.Join(t.TempDir(), "store"), "--format", "json").want(t, 0)
		if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, s := range p.Steps {
			if s.Kind == "train" {
				got++
			}
		}
		if got != want {
			t.Errorf("schedule %s: %d train steps, want %d", schedule, got, want)
		}
	}
}

func TestInterrupt(t *testing.T) {
	cmd := exec.Command(filepath.Join(bin, "harness"), "run", study(t, small), "--store", filepath.Join(t.TempDir(), "store"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	if _, err := stderr.Read(buf); err != nil { // the first step has begun
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			if _, err := stderr.Read(buf); err != nil {
				return
			}
		}
	}()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

// TestFullDisk runs a study into a small file system, sees it fail with a
// clear error, gives it more room and sees it go on.
func TestFullDisk(t *testing.T) {
	needSandbox(t)
	disk := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk).Run(); err != nil {
		needs.Part(t, "the right to mount a small tmpfs", "run the tests as root")
	}
	t.Cleanup(func() {
		if err := exec.Command("umount", disk).Run(); err != nil {
			t.Errorf("umount: %v", err)
		}
	})
	file, store := study(t, small), filepath.Join(disk, "store")
	harness(t, "run", file, "--store", store, "--quiet").want(t, 1).says(t, "no space left on device")
	if out, err := exec.Command("mount", "-o", "remount,size=100m", disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
}

// TestDockerNotRunning: that no daemon answers is found before anything is
// trained.
func TestDockerNotRunning(t *testing.T) {
	file, store := study(t, strings.Replace(small, `"bubblewrap"`, `"docker"`, 1)), filepath.Join(t.TempDir(), "store")
	env := []string{"DOCKER_HOST=unix://" + filepath.Join(t.TempDir(), "no.sock")}
	for _, command := range []string{"plan", "run"} {
		harnessWith(t, env, command, file, "--store", store).want(t, 2).says(t, "docker", "bubblewrap", `in sandbox "docker"`)
	}
	if steps, err := filepath.Glob(filepath.Join(store, "steps", "*")); err != nil || len(steps) > 0 {
		t.Errorf("these steps ran: %v, %v", steps, err)
	}
}
