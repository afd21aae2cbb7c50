package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"harness/core/sdk/jsonlines"
	"harness/core/step"
)

// builds compares this build with another one, benchmark by benchmark: each study with
// one bug of the other benchmark, since it wants at least one.
func (b *bench) builds(ctx context.Context) error {
	if b.other == "" {
		return errors.New("-other names the folder of the other build's binaries")
	}
	for i, bin := range []string{b.other, b.bin} { // so that images are there when it counts
		if err := b.run(ctx, bin, "clm", fmt.Sprintf("builds-warm-%d", i), each(1)); err != nil {
			return err
		}
	}
	for _, name := range benchmarkTypes {
		bugs, err := b.drawBugs(ctx, name, b.bugs)
		if err != nil {
			return err
		}
		n := each(1)
		n[name] = b.bugs
		seconds := map[string]float64{}
		outcomes := map[string]map[string]string{}
		for _, bin := range []string{b.other, b.bin} {
			store := fmt.Sprintf("builds-%s-%d", name, len(seconds))
			start := time.Now()
			for _, study := range []string{"clm", "peft4apr"} {
				if err := b.run(ctx, bin, study, store, n); err != nil {
					return err
				}
			}
			seconds[bin] = time.Since(start).Seconds()
			var err error
			if outcomes[bin], err = outcomesIn(ctx, filepath.Join(b.dir, store)); err != nil {
				return err
			}
		}
		differ := map[string]int{}
		for program, was := range outcomes[b.other] {
			if is := outcomes[b.bin][program]; is != was {
				differ[was+" → "+is]++
			}
		}
		programs := float64(len(outcomes[b.bin]))
		if err := b.out.Encode(map[string]any{
			"bench": "builds", "benchmark": name, "bugs": bugs, "distinct_programs": programs, "workers": b.workers,
			"seconds": seconds[b.bin], "programs_per_second": programs / seconds[b.bin],
			"other_seconds": seconds[b.other], "other_programs_per_second": programs / seconds[b.other],
			"ratio": seconds[b.other] / seconds[b.bin], "outcomes_differ": differ,
		}); err != nil {
			return err
		}
	}
	return nil
}

// outcomesIn reads the outcome of each program in a store: bug and digest of its tokens.
func outcomesIn(ctx context.Context, root string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "steps", "validate-*", "verdicts.jsonl"))
	if err != nil {
		return nil, err
	}
	outcomes := map[string]string{}
	for _, file := range files {
		err := jsonlines.Each(ctx, file, func(_ int, line []byte) error {
			var judged step.Judged
			err := json.Unmarshal(line, &judged)
			for _, c := range judged.Candidates {
				if c.Program != "" {
					outcomes[judged.Bug+" "+c.Program] = c.Outcome
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}
