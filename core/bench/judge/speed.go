package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	judged := make([]naive, len(sample))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	var done atomic.Int64
	for i, c := range sample {
		group.Go(func() (err error) {
			judged[i], err = b.judgeNaively(limited, image, c)
			fmt.Fprintf(os.Stderr, "\rnaive: %d of %d", done.Add(1), len(sample))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	fmt.Fprintln(os.Stderr)
	differences := []string{}
	timeouts, busy := 0, 0.0 // seconds of work on candidates that ended
	for i, c := range sample {
		if judged[i].passes != (c.outcome == "passed") {
			differences = append(differences, fmt.Sprintf("%s: %s here, passes naively: %v", c.bug, c.outcome, judged[i].passes))
		}
		if judged[i].late {
			timeouts++
		} else {
			busy += judged[i].seconds
		}
	}
	theirs := float64(len(sample)) / seconds
	report := map[string]any{
		"bench": "speed", "judge": "naive", "candidates": len(sample), "seconds": seconds, "candidates_per_second": theirs, "workers": b.workers,
		"ratio": ours / theirs, "passed_or_not_differs": differences, "naive_limit_s": naiveLimit.Seconds(), "timeouts": timeouts,
	}
	if ended := len(sample) - timeouts; ended > 0 {
		// As fast as the workers would be with no other candidates; ours still has
		// those that loop.
		report["ratio_without_timeouts"] = ours / (float64(ended*b.workers) / busy)
	}
	return b.out.Encode(report)
}

// naiveLimit is what one candidate gets, as naive judges do it: by the clock.
const naiveLimit = 60 * time.Second

// naive is what the naive way makes of a candidate.
type naive struct {
	passes, late bool
	seconds      float64
}

// judgeNaively compiles and tests one candidate in a container of its own.
func (b *bench) judgeNaively(ctx context.Context, image string, c candidate) (naive, error) {
	check, err := b.plugins[c.benchmark].Check(ctx, &pb.CheckRequest{Config: b.config(), Dir: c.data, Bug: c.bug, Patched: c.text})
	if err != nil {
		return naive{}, err
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
		return naive{}, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	program.Files[program.Candidate.Path] = program.Candidate.Text
	for name, text := range program.Files {
		if err := w.WriteHeader(&tar.Header{Name: path.Join("src", name), Mode: 0o644, Size: int64(len(text))}); err != nil {
			return naive{}, err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return naive{}, err
		}
	}
	if err := w.Close(); err != nil {
		return naive{}, err
	}
	classpath := strings.Join(append(program.Classpath, "/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar"), ":")
	// The candidate chooses java's exit code: whatever it is but that of the limit,
	// it must not look like one of docker's own.
	script := fmt.Sprintf(`cd /tmp && tar x && mkdir out && javac -encoding UTF-8 -nowarn -proc:none -cp %[1]s -d out $(find src -name '*.java') &&
		{ timeout %[2]g java -Xmx%[3]dm -cp out:%[1]s org.junit.runner.JUnitCore %[4]s; case $? in 0) ;; 124) exit 124 ;; *) exit 1 ;; esac; }`,
		classpath, naiveLimit.Seconds(), program.HeapMiB, strings.Join(program.Tests, " "))
	run := exec.CommandContext(ctx, "docker", "run", "-i", "--rm", "--network", "none", "--memory", "2g", "--cpus", "1", image, "sh", "-c", script)
	var stderr bytes.Buffer
	run.Stdin, run.Stderr = &archive, &stderr
	start := time.Now()
	err = run.Run()
	took := time.Since(start)
	if err := ctx.Err(); err != nil {
		return naive{}, err
	}
	var ended *exec.ExitError
	switch {
	case err == nil:
		return naive{passes: true, seconds: took.Seconds()}, nil
	case errors.As(err, &ended) && (ended.ExitCode() < 125 || ended.ExitCode() > 127): // 125 to 127 are docker's own
		return naive{late: ended.ExitCode() == 124 && took >= naiveLimit, seconds: took.Seconds()}, nil
	}
	return naive{}, fmt.Errorf("judge a candidate for %s naively: %w: %s", c.bug, err, stderr.String())
}
