package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
)

// endure judges patches over and over, each time with a comment of its own, so
// that none is known already.
func (b *bench) endure(ctx context.Context) error {
	patches := b.distinct()
	pool, driver, done, err := b.openPool(ctx, b.workers)
	if err != nil {
		return err
	}
	defer done()
	before, err := b.holdings(ctx, driver)
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
				if ids, err := running(ctx, driver); err == nil && len(ids) > 0 && exec.CommandContext(ctx, "docker", "kill", ids[0]).Run() == nil {
					killed++
				}
			case <-ctx.Done():
			}
			close(finished)
		}()
		err := b.judge(ctx, pool, b.workers, batch, func(i int, v *pb.VerdictResponse) { verdicts[i] = v })
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
		boxes, err := memoryOfContainers(ctx, driver)
		if err != nil {
			return err
		}
		if err := b.out.Encode(map[string]any{
			"bench": "endurance", "part": part + 1, "judged": judged, "seconds": time.Since(start).Seconds(),
			"own_rss_mib": residentMiB(), "containers_memory": boxes, "containers_killed": killed, "differs": wrong,
		}); err != nil {
			return err
		}
	}
	full, err := b.holdings(ctx, driver)
	if err != nil {
		return err
	}
	closing := time.Now()
	if err := pool.Close(); err != nil {
		return err
	}
	stopped := time.Since(closing).Seconds()
	after, err := b.holdings(ctx, driver)
	if err != nil {
		return err
	}
	return b.out.Encode(map[string]any{
		"bench": "endurance", "judged": judged, "before": before, "at_the_end": full, "after": after, "seconds_to_stop": stopped,
	})
}

// holdings counts what this process keeps of the machine.
type holdings struct {
	Boxes     int `json:"boxes"`     // containers, or control groups
	Processes int `json:"processes"` // children, the plugins among them
	OpenFiles int `json:"open_files"`
	Files     int `json:"files"` // in the bench's folder, prepared environments among them
}

func (b *bench) holdings(ctx context.Context, driver sandbox.Driver) (h holdings, err error) {
	boxes, err := driver.Boxes(ctx)
	if err != nil {
		return h, err
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return h, err
	}
	h.Boxes, h.OpenFiles = len(boxes), len(open)-1 // the folder itself is open, too
	if h.Processes, err = children(); err != nil {
		return h, err
	}
	err = filepath.WalkDir(b.dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			h.Files++
		}
		return err
	})
	return h, err
}

// children counts the processes whose parent is this one.
func children() (n int, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// Behind the command's name, which may hold anything: state, parent.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			n++
		}
	}
	return n, nil
}

// running lists the running containers of this process. Other drivers have none.
func running(ctx context.Context, driver sandbox.Driver) ([]string, error) {
	if driver.Name() != "docker" {
		return nil, nil
	}
	boxes, err := driver.Boxes(ctx)
	if err != nil {
		return nil, err
	}
	all, err := docker(ctx, "ps", "-q", "--no-trunc")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(id string) bool { return !slices.Contains(boxes, id) }), nil
}

// memoryOfContainers returns the memory of each running container, such as "312.4MiB".
func memoryOfContainers(ctx context.Context, driver sandbox.Driver) ([]string, error) {
	ids, err := running(ctx, driver)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return docker(ctx, append([]string{"stats", "--no-stream", "--format", "{{.MemUsage}}"}, ids...)...)
}

func docker(ctx context.Context, args ...string) ([]string, error) {
	text, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.Fields(string(text)), nil
}

// residentMiB is this process's resident memory.
func residentMiB() int {
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
