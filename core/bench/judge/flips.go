package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
)

// judge judges candidates in boxes of a pool and calls each with every verdict.
func (b *bench) judge(ctx context.Context, pool *sandbox.Pool, workers int, candidates []candidate, each func(i int, v *pb.VerdictResponse)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var done atomic.Int64
	for i, c := range candidates {
		group.Go(func() error {
			plugin := b.plugins[c.benchmark]
			check, err := plugin.Check(ctx, &pb.CheckRequest{Config: b.config(), Dir: c.data, Bug: c.bug, Patched: c.text})
			if err != nil {
				return err
			}
			reply, err := pool.Do(ctx, b.box, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
			if err != nil {
				return err
			}
			verdict, err := plugin.Verdict(ctx, &pb.VerdictRequest{
				Config: b.config(), Dir: c.data, Bug: c.bug, Patched: c.text, Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail,
			})
			if err != nil {
				return err
			}
			each(i, verdict)
			if n := done.Add(1); n%10 == 0 {
				fmt.Fprintf(os.Stderr, "\r%d of %d", n, len(candidates))
			}
			return nil
		})
	}
	err := group.Wait()
	fmt.Fprintln(os.Stderr)
	return err
}

// openPool opens a driver and a pool of n boxes. The function returned closes both.
func (b *bench) openPool(ctx context.Context, n int) (*sandbox.Pool, sandbox.Driver, func(), error) {
	driver, err := sandbox.Open(ctx, b.driver, sandbox.Options{Logger: b.log, CacheDir: filepath.Join(b.dir, "sandbox")})
	if err != nil {
		return nil, nil, nil, err
	}
	pool := sandbox.NewPool(driver, n)
	return pool, driver, func() {
		if err := pool.Close(); err != nil {
			b.log.Warn("close the boxes", "error", err)
		}
		if err := driver.Close(); err != nil {
			b.log.Warn("close the sandbox", "error", err)
		}
	}, nil
}

// flips judges patches three times and lists those whose verdict changes.
func (b *bench) flips(ctx context.Context) error {
	patches := b.distinct()
	patches = patches[:min(b.settings.flips, len(patches))]
	verdicts := make([][3]string, len(patches))
	details := make([][3]string, len(patches))
	var seconds [3]float64
	counts := map[string]int64{}
	for round, load := range []int{0, 2 * b.workers, 0} {
		stop, err := burn(ctx, load)
		if err != nil {
			return err
		}
		pool, _, done, err := b.openPool(ctx, b.workers)
		if err != nil {
			stop()
			return err
		}
		workers := 1
		if load > 0 {
			workers = b.workers
		}
		start := time.Now()
		found := make([]*pb.VerdictResponse, len(patches))
		err = b.judge(ctx, pool, workers, patches, func(i int, v *pb.VerdictResponse) { found[i] = v })
		seconds[round] = time.Since(start).Seconds()
		stop()
		done()
		if err != nil {
			return err
		}
		for i, v := range found {
			verdicts[i][round] = strings.ToLower(strings.TrimPrefix(v.Outcome.String(), "OUTCOME_"))
			details[i][round] = fmt.Sprintf("%s (%s)", verdicts[i][round], v.Detail)
			for name, n := range v.Counts {
				counts[name] += n
			}
		}
	}
	flipped := []string{}
	for i, v := range verdicts {
		if v[0] != v[1] || v[0] != v[2] {
			flipped = append(flipped, fmt.Sprintf("%s: %s", patches[i].bug, strings.Join(details[i][:], ", ")))
		}
	}
	return b.out.Encode(map[string]any{
		"bench": "flips", "sandbox": b.driver, "patches": len(patches), "seconds_alone_loaded_alone": seconds, "flipped": flipped, "counts": counts,
	})
}

// burn keeps so many processes busy until it is stopped.
func burn(ctx context.Context, n int) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var burning []*exec.Cmd
	stop = func() {
		cancel()
		for _, c := range burning {
			_ = c.Wait() // killed, which is an error
		}
	}
	for range n {
		c := exec.CommandContext(ctx, "sh", "-c", "while :; do :; done")
		if err := c.Start(); err != nil {
			stop()
			return nil, err
		}
		burning = append(burning, c)
	}
	return stop, nil
}
