package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	pb "harness/core/protocol/harnesspb"
)

// speed compares the run of the studies with the naive way.
func (b *bench) speed(ctx context.Context) error {
	ours := float64(len(b.candidates)) / b.seconds
	distinct := b.distinct()
	if err := b.out.Encode(map[string]any{
		"bench": "speed", "judge": "harness run", "bugs": len(benchmarkTypes) * b.bugs, "candidates": len(b.candidates), "distinct_patches": len(distinct),
		"seconds": b.seconds, "candidates_per_second": ours, "workers": b.workers,
	}); err != nil {
		return err
	}
	sample := make([]candidate, min(b.settings.naive, len(b.candidates)))
	for i, j := range b.random.Perm(len(b.candidates))[:len(sample)] {
		sample[i] = b.candidates[j]
	}
	image := "harness-bench-judge"
	build := exec.CommandContext(ctx, "docker", "build", "--network", "host", "-t", image, "-")
	build.Stdin = strings.NewReader(b.dockerfile)
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("docker build: %w: %s", err, said)
	}
	start := time.Now()
	passes := make([]bool, len(sample))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	var done atomic.Int64
	for i, c := range sample {
		group.Go(func() (err error) {
			passes[i], err = b.judgeNaively(limited, image, c)
			fmt.Fprintf(rewritten, "\rnaive: %d of %d", done.Add(1), len(sample))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	fmt.Fprintln(rewritten)
	differences := []string{}
	for i, c := range sample {
		if passes[i] != (c.outcome == "passed") {
			differences = append(differences, fmt.Sprintf("%s: %s here, passes naively: %v", c.bug, c.outcome, passes[i]))
		}
	}
	theirs := float64(len(sample)) / seconds
	return b.out.Encode(map[string]any{
		"bench": "speed", "judge": "naive", "candidates": len(sample), "seconds": seconds, "candidates_per_second": theirs, "workers": b.workers,
		"ratio": ours / theirs, "passed_or_not_differs": differences,
	})
}

// naiveLimit is what one candidate gets, as naive judges do it: by the clock.
const naiveLimit = "60"

// judgeNaively compiles and tests one candidate in a container of its own.
func (b *bench) judgeNaively(ctx context.Context, image string, c candidate) (bool, error) {
	check, err := b.plugins[c.benchmark].Check(ctx, &pb.CheckRequest{Config: b.config(c.benchmark), Dir: c.data, Bug: c.bug, Patched: c.text})
	if err != nil {
		return false, err
	}
	// The question to the Java service says all that javac and java need to know.
	var program struct {
		Candidate struct{ Path, Text string }
		Files     map[string]string
		Tests     []string
		HeapMiB   int
		Classpath []string
	}
	if err := json.Unmarshal(check.Payload, &program); err != nil {
		return false, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	program.Files[program.Candidate.Path] = program.Candidate.Text
	for name, text := range program.Files {
		if err := w.WriteHeader(&tar.Header{Name: path.Join("src", name), Mode: 0o644, Size: int64(len(text))}); err != nil {
			return false, err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return false, err
		}
	}
	if err := w.Close(); err != nil {
		return false, err
	}
	classpath := strings.Join(append(program.Classpath, "/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar"), ":")
	script := fmt.Sprintf(`cd /tmp && tar x && mkdir out && javac -encoding UTF-8 -nowarn -proc:none -cp %[1]s -d out $(find src -name '*.java') &&
		timeout %[2]s java -Xmx%[3]dm -cp out:%[1]s org.junit.runner.JUnitCore %[4]s`, classpath, naiveLimit, program.HeapMiB, strings.Join(program.Tests, " "))
	run := exec.CommandContext(ctx, "docker", "run", "-i", "--rm", "--network", "none", "--memory", "2g", "--cpus", "1", image, "sh", "-c", script)
	run.Stdin = &archive
	err = run.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() < 125 {
		return false, nil
	}
	return err == nil, err
}
