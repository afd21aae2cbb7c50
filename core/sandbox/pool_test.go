package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"harness/core/needs"
	"harness/core/sandbox"
)

func TestPoolAnswersEveryRequestAndReplacesBoxes(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		pool := sandbox.NewPool(driver, 2)
		t.Cleanup(func() { closePool(t, pool) })
		env := environment(t)
		var wait sync.WaitGroup
		for i := range 24 {
			wait.Go(func() {
				request, want, failure := fmt.Sprint("echo ", i), fmt.Sprint(i), sandbox.Failure("")
				switch i {
				case 3:
					request, want, failure = "exit", "", sandbox.Died
				case 7:
					request, want, failure = "sleep 1h", "", sandbox.Timeout
				case 11:
					request, want = "last words", "words"
				}
				reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte(request), Timeout: 3 * time.Second})
				if err != nil || string(reply.Payload) != want || reply.Failure != failure {
					t.Errorf("%s: got %q, failure %q, %v", request, reply.Payload, reply.Failure, err)
				}
			})
		}
		wait.Wait()
	})
}

// scripted is a driver whose boxes fail as the script says, one request each.
type scripted struct {
	script  []sandbox.Failure
	started int
}

func (s *scripted) Name() string                                       { return "scripted" }
func (s *scripted) Prepare(context.Context, sandbox.Environment) error { return nil }
func (s *scripted) Boxes(context.Context) ([]string, error)            { return nil, nil }
func (s *scripted) Cleanup(context.Context) error                      { return nil }
func (s *scripted) Close() error                                       { return nil }

func (s *scripted) Start(context.Context, sandbox.Environment) (sandbox.Box, error) {
	s.started++
	return scriptedBox{s.script[s.started-1]}, nil
}

type scriptedBox struct{ failure sandbox.Failure }

func (b scriptedBox) Do(context.Context, sandbox.Request) (sandbox.Reply, error) {
	return sandbox.Reply{Failure: b.failure, Spent: b.failure != ""}, nil
}

func (b scriptedBox) Close() error { return nil }

func TestPoolAsksOnceMoreAfterADeath(t *testing.T) {
	const answer = sandbox.Failure("")
	for _, c := range []struct {
		name   string
		script []sandbox.Failure // of one box after the other
		want   sandbox.Failure
	}{
		{"an answer", []sandbox.Failure{answer}, answer},
		{"a death that does not come again", []sandbox.Failure{sandbox.Died, answer}, answer},
		{"want of memory that does not come again", []sandbox.Failure{sandbox.OOM, answer}, answer},
		{"a death that comes again", []sandbox.Failure{sandbox.Died, sandbox.Died}, sandbox.Died},
		{"want of memory that comes again", []sandbox.Failure{sandbox.OOM, sandbox.OOM}, sandbox.OOM},
		{"what a fresh box says counts", []sandbox.Failure{sandbox.OOM, sandbox.Died}, sandbox.Died},
		{"being late", []sandbox.Failure{sandbox.Timeout}, sandbox.Timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			driver := &scripted{script: c.script}
			pool := sandbox.NewPool(driver, 1)
			t.Cleanup(func() { closePool(t, pool) })
			reply, err := pool.Do(t.Context(), sandbox.Environment{ID: "scripted", Service: []string{"none"}}, sandbox.Request{})
			if err != nil || reply.Failure != c.want || driver.started != len(c.script) {
				t.Errorf("got failure %q of box %d, %v", reply.Failure, driver.started, err)
			}
		})
	}
}

// A box that stays after a candidate exhausted its memory does not count against the next.
func TestPoolForgetsThatABoxWasOutOfMemory(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		if !grouped(driver) {
			needs.Part(t, "a control group, which counts a box's memory,", "run as root where control groups can be made")
		}
		pool := sandbox.NewPool(driver, 1)
		t.Cleanup(func() { closePool(t, pool) })
		for _, c := range []struct {
			request, answer string
			failure         sandbox.Failure
		}{
			{"memory-of-a-child", "signal: killed", ""},
			{"exit", "", sandbox.Died},
			{"memory", "", sandbox.OOM},
		} {
			reply, err := pool.Do(t.Context(), environment(t), sandbox.Request{Payload: []byte(c.request), Timeout: time.Minute})
			if err != nil || string(reply.Payload) != c.answer || reply.Failure != c.failure {
				t.Errorf("%s: got %q, failure %q: %s, %v", c.request, reply.Payload, reply.Failure, reply.Detail, err)
			}
		}
	})
}

func TestPoolKeepsEnvironmentsApart(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		pool := sandbox.NewPool(driver, 1)
		t.Cleanup(func() { closePool(t, pool) })
		for range 2 {
			for _, greeting := range []string{"hello", "goodbye"} {
				env := environment(t)
				env.Env = map[string]string{"GREETING": greeting}
				reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte("read /opt/harness/made-by-setup"), Timeout: time.Minute})
				if err != nil || string(reply.Payload) != greeting {
					t.Errorf("got %q, %v", reply.Payload, err)
				}
			}
		}
	})
}

// A box that is ended from outside between two requests does not count against a candidate.
func TestPoolReplacesABoxThatEndedWhileIdle(t *testing.T) {
	driver, err := sandbox.Open(t.Context(), "docker", sandbox.Options{})
	if err != nil {
		needs.Part(t, "sandbox docker", err.Error())
	}
	pool := sandbox.NewPool(driver, 1)
	t.Cleanup(func() { closePool(t, pool) })
	env := environment(t)
	env.Env = map[string]string{"GREETING": "idle"}
	ask := func() {
		t.Helper()
		reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte("echo here"), Timeout: time.Minute})
		if err != nil || string(reply.Payload) != "here" {
			t.Fatalf("got %q, failure %q: %s, %v", reply.Payload, reply.Failure, reply.Detail, err)
		}
	}
	ask()
	boxes, err := driver.Boxes(t.Context())
	if err != nil || len(boxes) != 1 {
		t.Fatalf("the boxes of this process are %q, %v", boxes, err)
	}
	if out, err := exec.Command("docker", "kill", boxes[0]).CombinedOutput(); err != nil {
		needs.Part(t, fmt.Sprintf("a docker command that reaches the same daemon (%v: %s)", err, out), "apt-get install docker.io")
	}
	ask()
}

// fragile is a driver whose first boxes end while they start.
type fragile struct {
	sandbox.Driver
	failures int
}

func (f *fragile) Start(ctx context.Context, env sandbox.Environment) (sandbox.Box, error) {
	if f.failures > 0 {
		f.failures--
		return nil, errors.New("the service did not start: exit code 137")
	}
	return f.Driver.Start(ctx, env)
}

// A box that ends while it starts is started once more, and no more.
func TestPoolStartsABoxOnceMore(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		for failures, works := range map[int]bool{1: true, 2: false} {
			pool := sandbox.NewPool(&fragile{driver, failures}, 1)
			t.Cleanup(func() { closePool(t, pool) })
			reply, err := pool.Do(t.Context(), environment(t), sandbox.Request{Payload: []byte("echo here"), Timeout: time.Minute})
			if works && (err != nil || string(reply.Payload) != "here") {
				t.Errorf("after %d failures: got %q, %v", failures, reply.Payload, err)
			}
			if !works && (err == nil || !strings.Contains(err.Error(), "exit code 137")) {
				t.Errorf("after %d failures: got %q, %v", failures, reply.Payload, err)
			}
		}
	})
}

func TestPoolCloseIsQuick(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		pool := sandbox.NewPool(driver, 2)
		env := environment(t)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				_, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte("sleep 1h")})
				if err == nil || !strings.Contains(err.Error(), "closed") {
					t.Errorf("got %v", err)
				}
			})
		}
		time.Sleep(2 * time.Second)
		start := time.Now()
		closePool(t, pool)
		t.Logf("closing took %s", time.Since(start).Round(time.Millisecond))
		wait.Wait()
		if _, err := pool.Do(t.Context(), env, sandbox.Request{}); err == nil {
			t.Error("a closed pool answered")
		}
	})
}

func TestPoolRequestIsCancelledWhileItWaits(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		pool := sandbox.NewPool(driver, 1)
		t.Cleanup(func() { closePool(t, pool) })
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if _, err := pool.Do(ctx, environment(t), sandbox.Request{Payload: []byte("sleep 1h")}); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		wait.Wait()
	})
}

func closePool(t *testing.T, pool *sandbox.Pool) {
	t.Helper()
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
}

// TestCleanup kills a process that has a box, and then cleans up after it.
func TestCleanup(t *testing.T) {
	if name := os.Getenv("SANDBOX_TEST_VICTIM"); name != "" {
		driver, err := sandbox.Open(t.Context(), name, sandbox.Options{CacheDir: os.Getenv("SANDBOX_TEST_CACHE")})
		if err != nil {
			t.Fatal(err)
		}
		open(t, driver, environment(t))
		boxes, err := driver.Boxes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ready := os.Getenv("SANDBOX_TEST_READY")
		if err := errors.Join(os.WriteFile(ready+".tmp", []byte(strings.Join(boxes, "\n")), 0o644), os.Rename(ready+".tmp", ready)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
	}
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		living := open(t, driver, environment(t))
		ready := filepath.Join(t.TempDir(), "ready")
		victim := exec.Command(os.Args[0], "-test.run=^TestCleanup$")
		victim.Env = append(os.Environ(), "SANDBOX_TEST_VICTIM="+driver.Name(), "SANDBOX_TEST_CACHE="+t.TempDir(), "SANDBOX_TEST_READY="+ready)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		var boxes []string
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if text, err := os.ReadFile(ready); err == nil {
				boxes = strings.Fields(string(text))
				break
			}
			if time.Now().After(deadline) {
				t.Error("the victim did not start its box")
				break
			}
		}
		before := existing(t, driver.Name(), boxes)
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = victim.Wait()
		if err := driver.Cleanup(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := existing(t, driver.Name(), boxes)
		if before != len(boxes) || before == 0 && grouped(driver) || after != 0 {
			t.Errorf("%d things of the victim's while it lived, %d after cleaning up", before, after)
		}
		t.Logf("%d things of the victim's while it lived, %d after cleaning up", before, after)
		if got := ask(t, living, "echo alive"); got != "alive" {
			t.Errorf("the living process's box: %q", got)
		}
	})
}

// existing counts those of the containers or control groups that exist.
func existing(t *testing.T, driver string, boxes []string) int {
	t.Helper()
	var there map[string]bool
	if driver == "docker" {
		out, err := exec.Command("docker", "ps", "-aq", "--no-trunc").Output()
		if err != nil {
			needs.Part(t, "the docker command ("+err.Error()+")", "apt-get install docker.io")
		}
		there = map[string]bool{}
		for _, id := range strings.Fields(string(out)) {
			there[id] = true
		}
	}
	n := 0
	for _, box := range boxes {
		_, err := os.Stat(box)
		if there[box] || there == nil && err == nil {
			n++
		}
	}
	return n
}
