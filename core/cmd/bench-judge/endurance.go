package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	pb "harness/core/protocol/harnesspb"
)

// endure judges patches over and over, each time with a comment of its own, so
// that none is known already.
func (b *bench) endure(ctx context.Context) error {
	patches := b.distinct()
	pool, done, err := b.pool(ctx, b.workers)
	if err != nil {
		return err
	}
	defer func() { done() }()
	containersBefore, err := containers(ctx)
	if err != nil {
		return err
	}
	const parts = 10
	per := max(1, b.endurance/parts)
	judged, wrong, killed := 0, []string{}, 0
	for part := range parts {
		batch := make([]candidate, per)
		for i := range batch {
			batch[i] = patches[(judged+i)%len(patches)]
			batch[i].text += fmt.Sprintf("\n// %d\n", judged+i)
		}
		start := time.Now()
		verdicts := make([]*pb.VerdictResponse, per)
		finished := make(chan struct{})
		go func() { // a container that dies is replaced, and its candidate judged again
			select {
			case <-time.After(5 * time.Second):
				if id, err := oneContainer(ctx); err == nil && id != "" && exec.CommandContext(ctx, "docker", "kill", id).Run() == nil {
					killed++
				}
			case <-ctx.Done():
			}
			close(finished)
		}()
		err := b.again(ctx, pool, b.workers, batch, func(i int, v *pb.VerdictResponse) { verdicts[i] = v })
		<-finished
		if err != nil {
			return err
		}
		for i, v := range verdicts {
			outcome := strings.ToLower(strings.TrimPrefix(v.Outcome.String(), "OUTCOME_"))
			if outcome != batch[i].outcome {
				wrong = append(wrong, fmt.Sprintf("%s: %s, was %s: %s", batch[i].bug, outcome, batch[i].outcome, v.Detail))
			}
		}
		judged += per
		boxes, err := memoryOfContainers(ctx)
		if err != nil {
			return err
		}
		if err := b.out.Encode(map[string]any{
			"bench": "endurance", "part": part + 1, "judged": judged, "seconds": time.Since(start).Seconds(),
			"own_rss_mib": rss(), "containers_memory": boxes, "containers_killed": killed, "differs": wrong,
		}); err != nil {
			return err
		}
	}
	closing := time.Now()
	done()
	done = func() {}
	stopped := time.Since(closing).Seconds()
	containersAfter, err := containers(ctx)
	if err != nil {
		return err
	}
	return b.out.Encode(map[string]any{
		"bench": "endurance", "judged": judged, "containers_before": containersBefore, "containers_after": containersAfter, "seconds_to_stop": stopped,
	})
}

const label = "label=harness.sandbox.owner"

func docker(ctx context.Context, args ...string) ([]string, error) {
	text, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.Fields(string(text)), nil
}

func containers(ctx context.Context) (int, error) {
	ids, err := docker(ctx, "ps", "-aq", "--filter", label)
	return len(ids), err
}

func oneContainer(ctx context.Context) (string, error) {
	ids, err := docker(ctx, "ps", "-q", "--filter", label)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// memoryOfContainers is what the engine says of each box, such as "312.4MiB".
func memoryOfContainers(ctx context.Context) ([]string, error) {
	ids, err := docker(ctx, "ps", "-q", "--filter", label)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return docker(ctx, append([]string{"stats", "--no-stream", "--format", "{{.MemUsage}}"}, ids...)...)
}

// rss is this process' resident memory in MiB.
func rss() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() >> 20
}
