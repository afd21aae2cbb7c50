package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"harness/core/needs"
	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

const fakeImage = "harness-test-defects4j"

// buildImage makes an image that holds the fake installation.
func buildImage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := copyInto(t.Context(), fakeInstallation(t, ""), filepath.Join(dir, "defects4j"), nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "Dockerfile"), `FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends perl git openjdk-17-jdk-headless junit4 \
 && rm -rf /var/lib/apt/lists/*
COPY defects4j /opt/defects4j
RUN mkdir /opt/defects4j/.git && touch /opt/defects4j/.git/objects
ENV PATH=/opt/defects4j/framework/bin:$PATH
`)
	if out, err := exec.CommandContext(t.Context(), "docker", "build", "--network", "host", "-q", "-t", fakeImage, dir).CombinedOutput(); err != nil {
		needs.Part(t, fmt.Sprintf("an image with the fake installation (%v: %s)", err, out), "make docker base-image")
	}
	return fakeImage
}

// An installation in an image serves as one on this machine does; in the box that
// judges, the image's own patches are gone.
func TestImageJudges(t *testing.T) {
	image := buildImage(t)
	config := fmt.Sprintf(`{"image": %q, "only": ["Orchard-2"]}`, image)
	answer, err := plugintest.Benchmark(t, defects4j{}).Resolve(t.Context(), &sdk.ResolveRequest{Config: []byte(config)})
	if err != nil || !strings.HasPrefix(answer.GetIdentity(), "sha256:") {
		t.Errorf("the image's identity is %v, %v", answer, err)
	}
	plugin, dir := fetched(t, config)
	eachDriver(t, config, plugin, dir, func(t *testing.T, b *bench) {
		buggy, fixed := b.texts(t, "Orchard-2")
		if b.driver == "bubblewrap" {
			if err := b.refused(t, "Orchard-2", fixed); err == nil || !strings.Contains(err.Error(), `use sandbox "docker"`) {
				t.Errorf("got %v", err)
			}
			return
		}
		if v, stages := b.judge(t, "Orchard-2", fixed, true); v.Outcome != benchmark.Passed || !slices.Equal(stages, []string{quickStage, confirmStage}) {
			t.Errorf("fixed: %v after %q: %s", v.Outcome, stages, v.Detail)
		}
		b.config = strings.Replace(b.config, "{", `{"quick": false, `, 1)
		peeks := strings.Replace(fixed, "int at = ", `for (String at : new String[] {"framework/projects/Orchard/patches", "project_repos/Orchard", ".git"}) {
            if (new java.io.File("/opt/defects4j", at).exists()) {
                throw new IllegalStateException("I can read " + at);
            }
        }
        int at = `, 1)
		if v, _ := b.judge(t, "Orchard-2", peeks, false); v.Outcome != benchmark.Passed {
			t.Errorf("one that looks for the patches: %v: %s", v.Outcome, v.Detail)
		}
		if v, _ := b.judge(t, "Orchard-2", buggy, false); v.Outcome != benchmark.Failed {
			t.Errorf("buggy: %v: %s", v.Outcome, v.Detail)
		}
	})
}

// The container of an installation lives as long as the process that opened it,
// however that ends, and a command in it no longer than it may. A file that cannot
// be asked for is not a file that is absent.
func TestImageLetsGo(t *testing.T) {
	if image := os.Getenv("TEST_OPEN_IMAGE"); image != "" { // the process that is killed
		i, err := openImage(t.Context(), image, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer i.close() // keeps it from the collector, which would close it
		name, err := i.read(t.Context(), "/etc/hostname")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("container %s\n", strings.TrimSpace(string(name)))
		time.Sleep(time.Minute)
		t.Fatal("nobody killed this")
	}
	image := buildImage(t)

	scratch := t.TempDir()
	i, err := openImage(t.Context(), image, scratch)
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	pipe := filepath.Join(scratch, "nobody-writes")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	late := errors.New("it takes too long")
	limited, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, late)
	defer cancel()
	if _, err := i.read(limited, pipe); !errors.Is(err, late) {
		t.Errorf("got %v, want %v", err, late)
	}
	name, err := i.read(t.Context(), "/etc/hostname")
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the command runs on", func() bool {
		top, err := exec.CommandContext(t.Context(), "docker", "top", strings.TrimSpace(string(name))).Output()
		return err == nil && !strings.Contains(string(top), pipe)
	})

	if _, err := i.read(t.Context(), pipe+".absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "exec", "--user", "0", strings.TrimSpace(string(name)), "rm", "/bin/cat").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := i.read(t.Context(), "/etc/hostname"); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "executable file not found") {
		t.Errorf("a command that the engine cannot start: %v", err)
	}

	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestImageLetsGo$")
	child.Env = append(os.Environ(), "TEST_OPEN_IMAGE="+image, "TMPDIR="+scratch) // it cannot tidy up
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	id, ok := strings.CutPrefix(strings.TrimSpace(line), "container ")
	if !ok {
		t.Fatalf("the process to kill says %q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	within(t, "the container lives on", func() bool {
		return exec.CommandContext(t.Context(), "docker", "inspect", id).Run() != nil
	})
}

func within(t *testing.T, problem string, done func() bool) {
	t.Helper()
	for range 100 {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error(problem)
}
