package sandbox_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"harness/core/needs"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
)

// builtProbe is the probe's file where there are no sources: see AsOrdinaryUser.
const builtProbe = "probe.built"

// probe is the service of the tests, built once for all of them.
var probe = sync.OnceValues(func() ([]byte, error) {
	if built, err := os.ReadFile(builtProbe); err == nil {
		return built, nil
	}
	dir, err := os.MkdirTemp("", "probe")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "probe"), "./testdata/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "probe"))
})

func environment(t *testing.T) sandbox.Environment {
	t.Helper()
	program, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.Environment{
		ID:         "probe",
		Dockerfile: "FROM scratch\n",
		Files:      map[string][]byte{"probe": program, "data/note": []byte("a note")},
		Setup:      []string{"/opt/harness/probe", "setup"},
		Service:    []string{"/opt/harness/probe"},
		Env:        map[string]string{"GREETING": "hello, $box \"quoted\""},
		Limits:     sandbox.Limits{MemoryBytes: 128 << 20, CPUs: 1, PIDs: 40, TmpfsBytes: 8 << 20},
	}
}

// eachDriver runs a test under every driver, in a cache of its own.
func eachDriver(t *testing.T, test func(t *testing.T, driver sandbox.Driver)) {
	sandboxtest.Drivers(t, t.TempDir(), test)
}

// grouped reports whether the driver certainly limits boxes by control groups.
func grouped(driver sandbox.Driver) bool { return driver.Name() == "docker" || os.Getuid() == 0 }

func open(t *testing.T, driver sandbox.Driver, env sandbox.Environment) sandbox.Box {
	t.Helper()
	if err := driver.Prepare(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	box, err := driver.Start(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

func ask(t *testing.T, box sandbox.Box, request string) string {
	t.Helper()
	reply, err := box.Do(t.Context(), sandbox.Request{Payload: []byte(request), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if reply.Failure != "" {
		t.Fatalf("%s: %s: %s", request, reply.Failure, reply.Detail)
	}
	return string(reply.Payload)
}

func TestBoxIsConfined(t *testing.T) {
	t.Setenv("HARNESS_TEST_SECRET", "leaked")
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		box := open(t, driver, environment(t))
		contains := func(part string) func(string) bool {
			return func(s string) bool { return strings.Contains(s, part) }
		}
		is := func(want string) func(string) bool {
			return func(s string) bool { return s == want }
		}
		refused := func(s string) bool { return strings.HasPrefix(s, "no: ") }
		hostFile := filepath.Join(t.TempDir(), "host")
		if err := os.WriteFile(hostFile, []byte("secret"), 0o644); err != nil {
			t.Fatal(err)
		}
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, request string
			want          func(string) bool
		}{
			{"it answers", "echo hello", is("hello")},
			{"an empty answer is an answer", "echo", is("")},
			{"files are there", "read /opt/harness/data/note", is("a note")},
			{"what setup made is there", "read /opt/harness/made-by-setup", is(`hello, $box "quoted"`)},
			{"/box can be written", "write /box/file", is("yes")},
			{"nothing else can be written", "writable", is("/box")},
			{"files are read-only", "write /opt/harness/data/note", refused},
			{"nothing in /box can be executed", "execute", refused},
			{"/box has a size", "fill /box/big", func(s string) bool { return s == "7 MiB" || s == "8 MiB" }},
			{"the user is nobody", "user", is("65534 65534")},
			{"there are no capabilities", "capabilities", contains("CapPrm: 0000000000000000, CapEff: 0000000000000000")},
			{"privileges cannot be gained", "capabilities", contains("NoNewPrivs: 1")},
			{"mounting is refused", "mount", refused},
			{"no user namespace can be made", "userns", refused},
			{"there is no network interface", "interfaces", is("")},
			{"there is no network", "dial 1.1.1.1:53", refused},
			{"the host's loopback is another one", "dial 127.0.0.1:22", refused},
			{"nobody else holds the service's pipes", "answer-for-another", refused},
			{"host files are not there", "read " + hostFile, refused},
			{"the user's home is not there", "read " + filepath.Join(home, ".profile"), refused},
			{"passwords are not there", "read /etc/shadow", refused},
			{"the host's environment is not there", "environment", func(s string) bool { return !strings.Contains(s, "leaked") && strings.Contains(s, "HARNESS_BOX=1") }},
			{"the host's processes are not there", "commands", func(s string) bool { return !strings.Contains(s, "go test") && !strings.Contains(s, "dockerd") }},
			{"it names no folder of the host", "commands", func(s string) bool { return !strings.Contains(s, "--bind") && !strings.Contains(s, os.TempDir()) }},
		} {
			t.Run(c.name, func(t *testing.T) {
				if got := ask(t, box, c.request); !c.want(got) {
					t.Errorf("%s: got %q", c.request, got)
				}
			})
		}
	})
}

func TestLimits(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		t.Run("processes", func(t *testing.T) {
			box := open(t, driver, environment(t))
			started, err := strconv.Atoi(ask(t, box, "processes"))
			if err != nil || started < 2 || started > 40 {
				t.Errorf("started %d processes where 40 tasks are allowed (%v)", started, err)
			}
		})
		t.Run("CPU time", func(t *testing.T) {
			if !grouped(driver) {
				needs.Part(t, "a control group, which limits CPU time,", "run as root where control groups can be made")
			}
			box := open(t, driver, environment(t))
			used, err := time.ParseDuration(ask(t, box, "spin"))
			if err != nil || used > 1500*time.Millisecond {
				t.Errorf("used %s of CPU time in a second on one CPU (%v)", used, err)
			}
		})
	})
}

func TestFailuresAreFacts(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		for _, c := range []struct {
			name, request string
			want          sandbox.Failure
			detail        string
		}{
			{"a service that does not answer", "sleep 1h", sandbox.Timeout, "within 3s"},
			{"a service that exits", "exit", sandbox.Died, "exit code 7; its last output:\nprobe: exiting on request"},
			{"a service that runs out of memory", "memory", sandbox.OOM, ""},
			{"a service whose answer is malformed", "babble", sandbox.Died, "broke the protocol"},
		} {
			t.Run(c.name, func(t *testing.T) {
				box := open(t, driver, environment(t))
				reply, err := box.Do(t.Context(), sandbox.Request{Payload: []byte(c.request), Timeout: 3 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				if c.want == sandbox.OOM && !grouped(driver) {
					c.want = sandbox.Died
				}
				if reply.Failure != c.want || !reply.Spent || !strings.Contains(reply.Detail, c.detail) {
					t.Errorf("got failure %q, spent %t, detail %q", reply.Failure, reply.Spent, reply.Detail)
				}
				if _, err := box.Do(t.Context(), sandbox.Request{Payload: []byte("echo")}); err == nil {
					t.Error("a spent box answered")
				}
			})
		}
	})
}

// The SDK has the same names of failures as this package.
func TestWordsOfFailures(t *testing.T) {
	for word, failure := range map[string]sandbox.Failure{benchmark.BoxTimeout: sandbox.Timeout, benchmark.BoxDied: sandbox.Died, benchmark.BoxOOM: sandbox.OOM, benchmark.BoxTooLarge: sandbox.TooLarge} {
		if word != string(failure) {
			t.Errorf("%q is called %q", failure, word)
		}
	}
}

func TestStartTellsWhyAServiceDoesNotStart(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		env := environment(t)
		env.Service = append(env.Service, "refuse")
		if err := driver.Prepare(t.Context(), env); err != nil {
			t.Fatal(err)
		}
		_, err := driver.Start(t.Context(), env)
		if err == nil || !strings.Contains(err.Error(), "exit code 3") || !strings.Contains(err.Error(), "I refuse to start") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrepareTellsWhatIsMissing(t *testing.T) {
	t.Run("bubblewrap", func(t *testing.T) {
		driver, err := sandbox.Open(t.Context(), "bubblewrap", sandbox.Options{CacheDir: t.TempDir()})
		if err != nil {
			needs.Part(t, "sandbox bubblewrap", err.Error())
		}
		env := environment(t)
		env.Requires = []sandbox.Requirement{
			{Command: "no-such-compiler", Hint: "apt-get install no-such-compiler"},
			{Path: "/usr/share/no-such.jar", Hint: "apt-get install no-such-jar"},
		}
		err = driver.Prepare(t.Context(), env)
		if err == nil || !strings.Contains(err.Error(), "no-such-compiler; apt-get install no-such-jar") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("docker", func(t *testing.T) {
		driver, err := sandbox.Open(t.Context(), "docker", sandbox.Options{})
		if err != nil {
			needs.Part(t, "sandbox docker", err.Error())
		}
		env := environment(t)
		env.Dockerfile = "FROM localhost:1/no-such-base:1\n"
		err = driver.Prepare(t.Context(), env)
		if err == nil || !strings.Contains(err.Error(), "make base-image") {
			t.Errorf("got %v", err)
		}
	})
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		env := environment(t)
		env.Files["../escape"] = []byte("x")
		if err := driver.Prepare(t.Context(), env); err == nil {
			t.Error("a file name that leaves the folder was taken")
		}
	})
}

// A mirror for images of the hub does not change the names of the images of boxes.
func TestDockerBehindAMirror(t *testing.T) {
	// testcontainers reads its settings once.
	if os.Getenv("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX") != "" {
		driver, err := sandbox.Open(t.Context(), "docker", sandbox.Options{})
		if err != nil {
			needs.Part(t, "sandbox docker", err.Error())
		}
		if got := ask(t, open(t, driver, environment(t)), "echo here"); got != "here" {
			t.Errorf("got %q", got)
		}
		return
	}
	again := exec.Command(os.Args[0], "-test.run=^TestDockerBehindAMirror$", "-test.v")
	again.Env = append(os.Environ(), "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX=mirror.invalid/hub")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDockerNotRunning(t *testing.T) {
	// testcontainers remembers what it learns about the daemon, so this needs a
	// process of its own.
	if os.Getenv("SANDBOX_TEST_NO_DAEMON") != "" {
		_, err := sandbox.Open(t.Context(), "docker", sandbox.Options{})
		if err == nil || !strings.Contains(err.Error(), "no.sock") || !strings.Contains(err.Error(), `use sandbox "bubblewrap"`) {
			t.Errorf("got %v", err)
		}
		name, err := sandbox.Resolve(t.Context(), "auto")
		if name != "bubblewrap" || err != nil {
			t.Errorf("auto is %q, %v", name, err)
		}
		return
	}
	again := exec.Command(os.Args[0], "-test.run=^TestDockerNotRunning$", "-test.v")
	again.Env = append(os.Environ(), "SANDBOX_TEST_NO_DAEMON=1", "DOCKER_HOST=unix://"+t.TempDir()+"/no.sock")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Without the mounts, a candidate could load its own library; no box is made then.
func TestBubblewrapWithoutMounts(t *testing.T) {
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		needs.Part(t, "sandbox bubblewrap", err.Error())
	}
	path := t.TempDir()
	if err := os.Symlink(bwrap, filepath.Join(path, "bwrap")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	_, err = sandbox.Open(t.Context(), "bubblewrap", sandbox.Options{CacheDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "nothing can be executed") || !strings.Contains(err.Error(), "util-linux") {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	if _, err := sandbox.Open(t.Context(), "chroot", sandbox.Options{}); err == nil || !strings.Contains(err.Error(), "bubblewrap") {
		t.Errorf("got %v", err)
	}
	if _, err := sandbox.Resolve(t.Context(), "chroot"); err == nil {
		t.Error("chroot was resolved")
	}
	name, err := sandbox.Resolve(t.Context(), "auto")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("auto is %s here", name)
}

func TestCancelledRequest(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		box := open(t, driver, environment(t))
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := box.Do(ctx, sandbox.Request{Payload: []byte("sleep 1h")}); err == nil {
			t.Error("a cancelled request was answered")
		}
	})
}
