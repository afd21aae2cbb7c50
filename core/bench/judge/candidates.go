package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"harness/core/judge"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
	"harness/core/sdk/jsonlines"
	"harness/core/step"
	"harness/core/store"
)

// bench is what the benches share: a small run of the studies, which is the
// harness' side of speed and gives the others their patches.
type bench struct {
	settings
	dir    string
	random *rand.Rand
	out    *json.Encoder
	log    *slog.Logger

	host       *pluginhost.Host
	plugins    map[string]*client.Benchmark // by type
	box        sandbox.Environment          // that all Java benchmarks share
	dockerfile string

	seconds    float64 // that the studies took
	candidates []candidate
}

// candidate is one recorded answer with our verdict on it.
type candidate struct {
	benchmark string // type of the plugin
	data      string // its fetched bugs
	bug, text string
	outcome   string
}

// benchmarkTypes are the types of the studies' benchmarks, and the names of their
// files of bugs.
var benchmarkTypes = []string{"quixbugs", "humanevaljava"}

func (b *bench) open(ctx context.Context) error {
	b.host = pluginhost.New(pluginhost.Options{Dirs: []string{b.bin}, Logger: b.log})
	b.plugins = map[string]*client.Benchmark{}
	for _, name := range benchmarkTypes {
		plugin, err := b.host.Benchmark(ctx, name)
		if err != nil {
			return err
		}
		b.plugins[name] = plugin
		list, err := plugin.Environments(ctx, &pb.EnvironmentsRequest{Config: b.config()})
		if err != nil {
			return err
		}
		b.box = judge.EnvironmentOf(list.Environments[0])
		b.dockerfile = list.Environments[0].Dockerfile
	}
	// Once with next to nothing, so that images are there when it counts.
	if err := b.run(ctx, b.bin, "clm", "warm", each(1)); err != nil {
		return err
	}
	start := time.Now()
	for _, name := range []string{"clm", "peft4apr"} {
		if err := b.run(ctx, b.bin, name, "store", each(b.bugs)); err != nil {
			return err
		}
	}
	b.seconds = time.Since(start).Seconds()
	for _, name := range []string{"clm", "peft4apr"} {
		if err := b.read(ctx, name); err != nil {
			return fmt.Errorf("read the results of %s: %w", name, err)
		}
	}
	if len(b.candidates) == 0 {
		return errors.New("the studies gave no candidates")
	}
	return nil
}

func (b *bench) close() {
	if err := b.host.Close(); err != nil {
		b.log.Warn("stop the plugins", "error", err)
	}
}

// config returns the configuration of all benchmarks.
func (b *bench) config() []byte {
	config, _ := json.Marshal(map[string]string{"source": b.settings.benchmarks}) // always encodes
	return config
}

// drawBugs returns n bugs of a benchmark, the same for all studies.
func (b *bench) drawBugs(ctx context.Context, name string, n int) ([]string, error) {
	var ids []string
	err := jsonlines.Each(ctx, filepath.Join(b.settings.benchmarks, name+".jsonl"), func(_ int, line []byte) error {
		var bug struct{ ID string }
		err := jsonlines.Decode(line, &bug)
		ids = append(ids, bug.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(b.seed, 1))
	random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:min(n, len(ids))], nil
}

// each returns n for each benchmark.
func each(n int) map[string]int {
	all := map[string]int{}
	for _, name := range benchmarkTypes {
		all[name] = n
	}
	return all
}

// arguments returns the command line of a study about so many bugs of the benchmarks.
func (b *bench) arguments(ctx context.Context, study, store string, n map[string]int) ([]string, error) {
	recordings := b.recordings
	if study == "peft4apr" {
		recordings = filepath.Join(recordings, "peft4apr")
	}
	args := []string{filepath.Join(b.studies, study+".hcl"), "--store", filepath.Join(b.dir, store), "--var", "recordings=" + recordings}
	for _, name := range benchmarkTypes {
		ids, err := b.drawBugs(ctx, name, n[name])
		if err != nil {
			return nil, err
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		args = append(args, "--var", name+"="+b.settings.benchmarks, "--var", "only_"+name+"="+string(list))
	}
	return args, nil
}

// harness runs a command of the build in the folder bin.
func harness(ctx context.Context, bin, command string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "harness"), append([]string{command}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("harness %s: %w", command, err)
	}
	return stdout.Bytes(), nil
}

// run has a build run a study about so many bugs of the benchmarks.
func (b *bench) run(ctx context.Context, bin, name, store string, bugs map[string]int) error {
	args, err := b.arguments(ctx, name, store, bugs)
	if err != nil {
		return err
	}
	_, err = harness(ctx, bin, "run", append([]string{"--quiet"}, args...)...)
	return err
}

// read gathers a study's candidates from the results of its steps.
func (b *bench) read(ctx context.Context, name string) error {
	args, err := b.arguments(ctx, name, "store", each(b.bugs))
	if err != nil {
		return err
	}
	text, err := harness(ctx, b.bin, "plan", append([]string{"--format", "json"}, args...)...)
	if err != nil {
		return err
	}
	var plan struct {
		Steps []struct {
			ID    step.ID
			Key   store.Key
			Kind  string
			Needs []step.ID
		}
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return err
	}
	kinds, keys := map[step.ID]string{}, map[step.ID]store.Key{}
	for _, s := range plan.Steps {
		kinds[s.ID], keys[s.ID] = s.Kind, s.Key
	}
	s, err := store.Open(filepath.Join(b.dir, "store"))
	if err != nil {
		return err
	}
	for _, done := range plan.Steps {
		if done.Kind != "validate" {
			continue
		}
		r := results{store: s, dirs: map[string]string{"validate": s.Path(done.Key)}}
		for _, need := range done.Needs {
			r.dirs[kinds[need]] = s.Path(keys[need])
		}
		if err := b.gather(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// results are the folders of the steps behind a validate step, by kind.
type results struct {
	store *store.Store
	dirs  map[string]string
}

func (b *bench) gather(ctx context.Context, r results) error {
	bugs := map[string]string{}
	// Bug records are written as protobuf's JSON; the two fields that matter here
	// have one word each.
	err := jsonlines.Each(ctx, filepath.Join(r.dirs["bugs"], "bugs.jsonl"), func(_ int, line []byte) error {
		var record struct{ Bug struct{ ID, Text string } }
		err := json.Unmarshal(line, &record)
		bugs[record.Bug.ID] = record.Bug.Text
		return err
	})
	if err != nil {
		return err
	}
	verdicts := map[string]*step.Judged{}
	err = jsonlines.Each(ctx, filepath.Join(r.dirs["validate"], "verdicts.jsonl"), func(_ int, line []byte) error {
		var judged step.Judged
		err := json.Unmarshal(line, &judged)
		verdicts[judged.Bug] = &judged
		return err
	})
	if err != nil {
		return err
	}
	data := filepath.Join(r.dirs["benchmark"], "data")
	kind := benchmarkTypes[0]
	if _, err := os.Stat(filepath.Join(data, benchmarkTypes[1]+".jsonl")); err == nil {
		kind = benchmarkTypes[1]
	}
	return jsonlines.Each(ctx, filepath.Join(r.dirs["generate"], "candidates.jsonl"), func(_ int, line []byte) error {
		var given step.Candidates
		if err := json.Unmarshal(line, &given); err != nil {
			return err
		}
		for i, output := range given.Outputs {
			c := candidate{benchmark: kind, data: data, bug: given.Bug, outcome: verdicts[given.Bug].Candidates[i].Outcome}
			if output.Patch == nil || output.Patch.None != "" {
				continue
			}
			var edits []*pb.Edit
			for _, e := range output.Patch.Edits {
				edits = append(edits, &pb.Edit{Start: e.Start, End: e.End, Text: e.Text})
			}
			var err error
			if c.text, err = judge.ApplyEdits(bugs[given.Bug], edits); err != nil {
				continue // judged uncompilable without being run
			}
			b.candidates = append(b.candidates, c)
		}
		return nil
	})
}

// distinct returns the patches among the candidates, each once, in random order.
func (b *bench) distinct() []candidate {
	type key struct{ benchmark, bug, text string }
	seen := map[key]bool{}
	var list []candidate
	for _, c := range b.candidates {
		if k := (key{c.benchmark, c.bug, c.text}); !seen[k] {
			seen[k] = true
			list = append(list, c)
		}
	}
	b.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
