package step

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
	"harness/core/store"
)

// A judge finds the verdicts of distinct patches, each once.
type judge struct {
	env       *Env
	plugin    Plugin
	sandbox   Sandbox
	data      string // the fetched benchmark
	benchmark interface {
		Check(context.Context, *pb.CheckRequest) (*pb.CheckResponse, error)
		Verdict(context.Context, *pb.VerdictRequest) (*pb.VerdictResponse, error)
	}
	records      *store.Records
	environments map[string]sandbox.Environment
	digests      map[string]string // of environments

	// unsound bugs, with the reasons: nothing is run for them, and there are no
	// verdicts.
	unsound map[string]string
	// unproven are those of them of which this could not be found out.
	unproven map[string]bool

	tasks map[taskID]*task
	order []*task

	opened sync.Once
	pool   *sandbox.Pool
	failed error
}

type taskID struct {
	bug, patch string
	reference  bool // the patch is the reference fix: what it changes elsewhere comes with it
}

// A task holds its patched file as what the patch does to the buggy one, whose
// text all tasks of the bug share: files are large, and candidates many.
type task struct {
	taskID
	base    string
	edits   []*pb.Edit
	program program
	recorded
}

// text is the patched file's.
func (t *task) text() (string, error) { return ApplyEdits(t.base, t.edits) }

// recorded is what is kept of a patch's judging.
type recorded struct {
	verdict Verdict
	// counts say how the verdict was found, in the benchmark's own words.
	counts map[string]int64
}

type recordedJSON struct {
	Verdict
	Counts map[string]int64 `json:"counts,omitempty"`
}

func (r recorded) MarshalJSON() ([]byte, error) {
	return json.Marshal(recordedJSON{r.verdict, r.counts})
}

func (r *recorded) UnmarshalJSON(text []byte) error {
	var read recordedJSON
	err := json.Unmarshal(text, &read)
	*r = recorded{read.Verdict, read.Counts}
	return err
}

func newJudge(ctx context.Context, env *Env, plugin Plugin, box Sandbox, data string) (*judge, error) {
	benchmark, err := env.Plugins.Benchmark(ctx, plugin.Name)
	if err != nil {
		return nil, err
	}
	records, err := env.Store.Records("verdict")
	if err != nil {
		return nil, err
	}
	list, err := benchmark.Environments(ctx, &pb.EnvironmentsRequest{Config: plugin.Config})
	if err != nil {
		return nil, err
	}
	j := &judge{env: env, plugin: plugin, sandbox: box, data: data, benchmark: benchmark, records: records,
		environments: map[string]sandbox.Environment{}, digests: map[string]string{}, tasks: map[taskID]*task{}}
	for _, e := range list.Environments {
		environment := box.limit(EnvironmentOf(e))
		j.environments[e.Id] = environment
		j.digests[e.Id] = environment.Digest()
	}
	return j, nil
}

// add asks for the verdict of a file with edits, whose text the id names by its
// digest.
func (j *judge) add(id taskID, base string, edits []*pb.Edit) {
	if j.tasks[id] == nil {
		j.tasks[id] = &task{taskID: id, base: base, edits: edits}
		j.order = append(j.order, j.tasks[id])
	}
}

// verdict is what run found.
func (j *judge) verdict(id taskID) Verdict { return j.tasks[id].verdict }

// counts adds up how the verdicts were found, and counts the patches that have
// one; "errors" are those that could not be judged here, or whose bug could not,
// and another try may help. Patches of other unsound bugs are neither.
func (j *judge) counts() map[string]int64 {
	total := map[string]int64{}
	for _, t := range j.order {
		switch {
		case t.verdict.Outcome == "error" || j.unproven[t.bug]:
			total["errors"]++
		case t.verdict.Outcome != "":
			total["patches"]++
			for name, n := range t.counts {
				total[name] += n
			}
		}
	}
	return total
}

func (j *judge) run(ctx context.Context) error {
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(max(1, j.env.Workers))
	var done atomic.Int64
	for _, t := range j.order {
		group.Go(func() error {
			if err := limited.Err(); err != nil {
				return err
			}
			if err := j.decide(limited, t, j.env.Judging.RLocker()); err != nil {
				return fmt.Errorf("judge a patch of %s: %w", t.bug, err)
			}
			j.env.Progress(done.Add(1), int64(len(j.order)), "patches")
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	// What failed for the harness' own reasons is tried once more, while nothing
	// else is judged.
	for _, t := range j.order {
		if t.verdict.Outcome != "error" {
			continue
		}
		if err := j.decide(ctx, t, j.env.Judging); err != nil {
			return fmt.Errorf("judge a patch of %s again: %w", t.bug, err)
		}
	}
	return nil
}

// maxStages bounds how many checks a benchmark may ask for, one after the other.
const maxStages = 8

// decide finds a patch's verdict: on record, or by running it under a lock.
func (j *judge) decide(ctx context.Context, t *task, judging sync.Locker) error {
	text, err := t.text()
	if err != nil {
		return err
	}
	check, err := j.benchmark.Check(ctx, j.request(t.bug, text, t.reference))
	if err != nil {
		return err
	}
	t.program = newProgram(text, check.Program)
	if j.unsound[t.bug] != "" {
		return nil
	}
	key, err := j.key(t, check)
	if err != nil {
		return err
	}
	if found, err := j.records.Get(key, &t.recorded); found || err != nil {
		return err
	}
	judging.Lock()
	defer judging.Unlock()
	t.counts = map[string]int64{}
	for stage := 0; check != nil; stage++ {
		if stage == maxStages {
			return fmt.Errorf("benchmark %s asks for more than %d checks of one patch", j.plugin.Name, maxStages)
		}
		if check, err = j.ask(ctx, t, text, check); err != nil {
			return err
		}
	}
	if t.verdict.Outcome == "error" {
		return nil // not the candidate's doing: no record, so that a later step asks again
	}
	if err := j.records.Put(key, t.recorded); err != nil {
		return err
	}
	// Another step may have judged the same patch meanwhile: what is on record
	// counts, now and in every later run.
	_, err = j.records.Get(key, &t.recorded)
	return err
}

// request asks for the check of a patched file.
func (j *judge) request(bug, text string, reference bool) *pb.CheckRequest {
	return &pb.CheckRequest{Config: j.plugin.Config, Dir: j.data, Bug: bug, Patched: text, Reference: reference, LimitMs: j.sandbox.Timeout.Milliseconds()}
}

// fileDigest names a patched file for the judge.
func fileDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// ask makes one check, and returns the next one where the verdict is not final.
func (j *judge) ask(ctx context.Context, t *task, text string, check *pb.CheckResponse) (next *pb.CheckResponse, err error) {
	environment, ok := j.environments[check.Environment]
	if !ok {
		return nil, fmt.Errorf("benchmark %s asks for the environment %q, which it does not describe", j.plugin.Name, check.Environment)
	}
	if check.TimeoutMs <= 0 {
		return nil, fmt.Errorf("benchmark %s asks for a check without a time limit", j.plugin.Name)
	}
	if environment.Mounts, err = mountsOf(j.data, check.Mounts); err != nil {
		return nil, fmt.Errorf("benchmark %s: %w", j.plugin.Name, err)
	}
	pool, err := j.open(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := pool.Do(ctx, environment, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
	if err != nil {
		return nil, err
	}
	verdict, err := j.benchmark.Verdict(ctx, &pb.VerdictRequest{
		Config: j.plugin.Config, Dir: j.data, Bug: t.bug, Patched: text, Reference: t.reference, Stage: check.Stage,
		Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail, LimitMs: j.sandbox.Timeout.Milliseconds(),
	})
	if err != nil {
		return nil, err
	}
	t.verdict = Verdict{Outcome: outcomeName(verdict.Outcome), Reason: reasonName(verdict.Reason), Detail: verdict.Detail}
	for name, n := range verdict.Counts {
		t.counts[name] += n
	}
	return verdict.Next, nil
}

// recordVersion is raised when a patch may get another verdict, or a record
// another form.
const recordVersion = 4

func (j *judge) key(t *task, check *pb.CheckResponse) (store.Key, error) {
	payload := sha256.Sum256(check.Payload)
	var identity string
	if len(check.Mounts) > 0 {
		identity = j.plugin.Identity
	}
	return store.NewKey("verdict", recordVersion, struct {
		Benchmark   Plugin        `json:"benchmark"`
		Bug         string        `json:"bug"`
		Payload     string        `json:"payload"` // holds the patched text and the tests
		Environment string        `json:"environment"`
		Mounts      []*pb.Mount   `json:"mounts,omitempty"`
		Identity    string        `json:"identity,omitempty"` // of the benchmark, where boxes show parts of it
		Stage       string        `json:"stage,omitempty"`
		Driver      string        `json:"driver"`
		Timeout     int64         `json:"timeout_ms"`         // of the box
		Limit       time.Duration `json:"limit_ns,omitempty"` // of one run of the tests, where the study sets it
	}{j.plugin.Bare(), t.bug, hex.EncodeToString(payload[:]), j.digests[check.Environment], check.Mounts, identity, check.Stage, j.sandbox.Driver, check.TimeoutMs, j.sandbox.Timeout})
}

// open starts the sandbox when the first patch needs it, so that a study
// whose verdicts are all known needs no container engine.
func (j *judge) open(ctx context.Context) (*sandbox.Pool, error) {
	j.opened.Do(func() { j.pool, j.failed = j.env.Judge(ctx) })
	return j.pool, j.failed
}

func outcomeName(o pb.Outcome) string {
	switch o {
	case pb.Outcome_OUTCOME_PASSED, pb.Outcome_OUTCOME_FAILED, pb.Outcome_OUTCOME_UNCOMPILABLE, pb.Outcome_OUTCOME_TIMEOUT, pb.Outcome_OUTCOME_CRASHED:
		return strings.ToLower(strings.TrimPrefix(o.String(), "OUTCOME_"))
	}
	return "error"
}

// reasonName is the word for a reason; "" where none is given.
func reasonName(r pb.Reason) string {
	switch r {
	case pb.Reason_REASON_LIMIT, pb.Reason_REASON_INTERFACE, pb.Reason_REASON_MEMORY, pb.Reason_REASON_PLATFORM:
		return strings.ToLower(strings.TrimPrefix(r.String(), "REASON_"))
	}
	return ""
}

// EnvironmentOf takes a benchmark plugin's description of a kind of box over.
func EnvironmentOf(e *pb.Environment) sandbox.Environment {
	env := sandbox.Environment{
		ID: e.Id, Dockerfile: e.Dockerfile, Files: e.Files, Setup: e.Setup, Service: e.Service, Env: e.Env,
		Limits: sandbox.Limits{
			MemoryBytes: e.GetLimits().GetMemoryBytes(), CPUs: e.GetLimits().GetCpus(),
			PIDs: int(e.GetLimits().GetPids()), TmpfsBytes: e.GetLimits().GetTmpfsBytes(),
		},
	}
	for _, r := range e.Requirements {
		env.Requires = append(env.Requires, sandbox.Requirement{Command: r.Command, Path: r.Path, Hint: r.Hint})
	}
	return env
}

// limit puts the study's limits in the place of the benchmark's.
func (s Sandbox) limit(e sandbox.Environment) sandbox.Environment {
	if s.Memory > 0 {
		e.Limits.MemoryBytes = s.Memory
	}
	if s.CPUs > 0 {
		e.Limits.CPUs = s.CPUs
	}
	return e
}
