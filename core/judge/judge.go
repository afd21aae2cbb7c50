package judge

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
	"golang.org/x/sync/singleflight"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
	"harness/core/score"
	"harness/core/store"
)

// Options of New.
type Options struct {
	Benchmark Benchmark
	// Pin is the benchmark within the keys of records: a value whose JSON
	// encoding holds the plugin and its version.
	Pin any
	// Name, Config and Identity are the benchmark plugin's, as the study sets it.
	Name     string
	Config   json.RawMessage
	Identity string
	Data     string // folder of the fetched benchmark
	Sandbox  Sandbox
	// Records keep the verdicts.
	Records *store.Records
	// Open opens the sandbox. It is called once it is known to be needed, so that
	// a study whose verdicts are all on record needs no container engine.
	Open    func(context.Context) (*sandbox.Pool, error)
	Workers int // boxes that judge at a time
	// Exclusive is held while a patch is judged: shared, or alone by one that is
	// tried again.
	Exclusive *sync.RWMutex
	Progress  func(done, total int64)
	// Unsound bugs, with the reasons: their candidates get no verdict, and
	// nothing is run for them. Unproven are those whose own versions could not be
	// judged.
	Unsound  map[string]string
	Unproven map[string]bool
}

// Benchmark is what a judge asks of a benchmark plugin.
type Benchmark interface {
	Environments(context.Context, *pb.EnvironmentsRequest) (*pb.EnvironmentsResponse, error)
	Check(context.Context, *pb.CheckRequest) (*pb.CheckResponse, error)
	Verdict(context.Context, *pb.VerdictRequest) (*pb.VerdictResponse, error)
}

// Judge finds the verdicts of distinct patches, each once.
type Judge struct {
	Options
	environments map[string]sandbox.Environment
	digests      map[string]string // of environments

	tasks map[Task]*task
	order []*task

	flights singleflight.Group // by key

	using sync.Mutex
	used  map[string]bool // environments whose boxes ran

	opened sync.Once
	pool   *sandbox.Pool
	failed error
}

// Sandbox is the part of a study's sandbox that decides verdicts. Which driver
// runs the boxes does not: both hold candidates to the same limits.
type Sandbox struct {
	Memory int64   `json:"memory_bytes,omitempty"` // 0: the benchmark's own limit
	CPUs   float64 `json:"cpus,omitempty"`
	// Timeout of one run of a candidate's tests, on the wall clock; 0: the
	// benchmark's own.
	Timeout time.Duration `json:"timeout_ns,omitempty"`
	// Driver is set where one driver is to be tried; empty: whichever.
	Driver string `json:"driver,omitempty"`
}

// Verdict is one patch's.
type Verdict struct {
	Outcome string `json:"outcome"`          // passed, failed, uncompilable, timeout, crashed, flaky, error
	Reason  string `json:"reason,omitempty"` // limit, interface, memory, platform, forbidden, caller, unplaced; see score.Candidate
	Detail  string `json:"detail,omitempty"`
}

// Task names a patched file of a bug.
type Task struct {
	Bug, Patch string // Patch: see FileDigest
	Reference  bool   // the patch is the reference fix: what it changes elsewhere comes with it
}

// A task holds its patched file as what the patch does to the buggy one, whose
// text all tasks of the bug share: files are large, and candidates many.
type task struct {
	Task
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

// New asks the benchmark about its boxes.
func New(ctx context.Context, o Options) (*Judge, error) {
	list, err := o.Benchmark.Environments(ctx, &pb.EnvironmentsRequest{Config: o.Config})
	if err != nil {
		return nil, err
	}
	j := &Judge{Options: o, environments: map[string]sandbox.Environment{}, digests: map[string]string{}, tasks: map[Task]*task{}, used: map[string]bool{}}
	for _, e := range list.Environments {
		environment := o.Sandbox.limit(EnvironmentOf(e))
		j.environments[e.Id] = environment
		j.digests[e.Id] = environment.Digest()
	}
	return j, nil
}

// Add asks for the verdict of a file with edits, whose text the task names by
// its digest.
func (j *Judge) Add(id Task, base string, edits []*pb.Edit) {
	if j.tasks[id] == nil {
		j.tasks[id] = &task{Task: id, base: base, edits: edits}
		j.order = append(j.order, j.tasks[id])
	}
}

// Verdict is what Run found.
func (j *Judge) Verdict(id Task) Verdict { return j.tasks[id].verdict }

// Counts adds up how the verdicts were found, and counts the patches that have
// one; "errors" are those that could not be judged here, or whose bug could not,
// and another try may help. Patches of other unsound bugs are neither.
func (j *Judge) Counts() map[string]int64 {
	total := map[string]int64{}
	for _, t := range j.order {
		switch {
		case t.verdict.Outcome == "error" || j.Unproven[t.Bug]:
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

// Run finds the verdicts of all that was added.
func (j *Judge) Run(ctx context.Context) error {
	group, limited := errgroup.WithContext(ctx)
	var done atomic.Int64
	waiting := newQueue(j.order)
	for range max(1, j.Workers) {
		group.Go(func() error {
			for t := waiting.next(""); t != nil; t = waiting.next(t.Bug) {
				if err := limited.Err(); err != nil {
					return err
				}
				if err := j.decide(limited, t, j.Exclusive.RLocker()); err != nil {
					return fmt.Errorf("judge a patch of %s: %w", t.Bug, err)
				}
				j.Progress(done.Add(1), int64(len(j.order)))
			}
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
		if err := j.decide(ctx, t, j.Exclusive); err != nil {
			return fmt.Errorf("judge a patch of %s again: %w", t.Bug, err)
		}
	}
	return nil
}

// maxStages bounds how many checks a benchmark may ask for, one after the other.
const maxStages = 8

// decide finds a patch's verdict: on record, or by running it under a lock.
func (j *Judge) decide(ctx context.Context, t *task, judging sync.Locker) error {
	text, err := t.text()
	if err != nil {
		return err
	}
	check, err := j.Benchmark.Check(ctx, j.request(t.Bug, text, t.Reference))
	if err != nil {
		return err
	}
	t.program = newProgram(text, check.Program)
	if j.Unsound[t.Bug] != "" {
		return nil
	}
	key, err := j.key(t, check)
	if err != nil {
		return err
	}
	// Patches that differ in layout have one key, and are judged once.
	found, err, _ := j.flights.Do(string(key), func() (any, error) {
		err := j.find(ctx, t, text, check, key, judging)
		return t.recorded, err
	})
	if err != nil {
		return err
	}
	t.recorded = found.(recorded)
	return nil
}

// find finds the verdict that a key stands for, and sets the task's.
func (j *Judge) find(ctx context.Context, t *task, text string, check *pb.CheckResponse, key store.Key, judging sync.Locker) error {
	if found, err := j.Records.Get(key, &t.recorded); found || err != nil {
		return err
	}
	judging.Lock()
	defer judging.Unlock()
	t.counts = map[string]int64{}
	var err error
	for stage := 0; check != nil; stage++ {
		if stage == maxStages {
			return fmt.Errorf("benchmark %s asks for more than %d checks of one patch", j.Name, maxStages)
		}
		if check, err = j.ask(ctx, t, text, check); err != nil {
			return err
		}
	}
	if t.verdict.Outcome == "error" {
		return nil // not the candidate's doing: no record, so that a later step asks again
	}
	if err := j.Records.Put(key, t.recorded); err != nil {
		return err
	}
	// Another step may have judged the same patch meanwhile: what is on record
	// counts, now and in every later run.
	_, err = j.Records.Get(key, &t.recorded)
	return err
}

// request asks for the check of a patched file.
func (j *Judge) request(bug, text string, reference bool) *pb.CheckRequest {
	return &pb.CheckRequest{Config: j.Config, Dir: j.Data, Bug: bug, Patched: text, Reference: reference, LimitMs: j.Sandbox.Timeout.Milliseconds()}
}

// FileDigest names a patched file for the judge.
func FileDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// ask makes one check, and returns the next one where the verdict is not final.
func (j *Judge) ask(ctx context.Context, t *task, text string, check *pb.CheckResponse) (next *pb.CheckResponse, err error) {
	environment, ok := j.environments[check.Environment]
	if !ok {
		return nil, fmt.Errorf("benchmark %s asks for the environment %q, which it does not describe", j.Name, check.Environment)
	}
	if check.TimeoutMs <= 0 {
		return nil, fmt.Errorf("benchmark %s asks for a check without a time limit", j.Name)
	}
	if environment.Mounts, err = mountsOf(j.Data, check.Mounts); err != nil {
		return nil, fmt.Errorf("benchmark %s: %w", j.Name, err)
	}
	pool, err := j.open(ctx)
	if err != nil {
		return nil, err
	}
	j.use(check.Environment)
	reply, err := pool.Do(ctx, environment, sandbox.Request{Payload: check.Payload, Timeout: time.Duration(check.TimeoutMs) * time.Millisecond})
	if err != nil {
		return nil, err
	}
	verdict, err := j.Benchmark.Verdict(ctx, &pb.VerdictRequest{
		Config: j.Config, Dir: j.Data, Bug: t.Bug, Patched: text, Reference: t.Reference, Stage: check.Stage,
		Reply: reply.Payload, Failure: string(reply.Failure), Detail: reply.Detail, LimitMs: j.Sandbox.Timeout.Milliseconds(),
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
const recordVersion = 6

func (j *Judge) key(t *task, check *pb.CheckResponse) (store.Key, error) {
	decides := check.VerdictKey
	if decides == "" {
		payload := sha256.Sum256(check.Payload)
		decides = hex.EncodeToString(payload[:])
	}
	var identity string
	if len(check.Mounts) > 0 {
		identity = j.Identity
	}
	return store.NewKey("verdict", recordVersion, struct {
		Benchmark   any           `json:"benchmark"`
		Bug         string        `json:"bug"`
		Decides     string        `json:"decides"` // stands for the patched program and the tests
		Environment string        `json:"environment"`
		Mounts      []*pb.Mount   `json:"mounts,omitempty"`
		Identity    string        `json:"identity,omitempty"` // of the benchmark, where boxes show parts of it
		Stage       string        `json:"stage,omitempty"`
		Driver      string        `json:"driver,omitempty"`
		Timeout     int64         `json:"timeout_ms"`         // of the box
		Limit       time.Duration `json:"limit_ns,omitempty"` // of one run of the tests, where the study sets it
	}{j.Pin, t.Bug, decides, j.digests[check.Environment], check.Mounts, identity, check.Stage, j.Sandbox.Driver, check.TimeoutMs, j.Sandbox.Timeout})
}

// open opens the sandbox when the first patch needs it.
func (j *Judge) open(ctx context.Context) (*sandbox.Pool, error) {
	j.opened.Do(func() { j.pool, j.failed = j.Open(ctx) })
	return j.pool, j.failed
}

// Boxes are the boxes that candidates were judged in.
type Boxes struct {
	Driver string `json:"driver"` // empty: all verdicts were on record
	// Environments are the digests of the benchmark's boxes, by name: of their
	// images' recipe, files and limits.
	Environments map[string]string `json:"environments"`
	// Made says by name what the boxes that ran are made of on this machine: an
	// image's ID, or programs of the host.
	Made map[string]string `json:"made,omitempty"`
}

// Boxes describes the boxes, for the record.
func (j *Judge) Boxes(ctx context.Context) (Boxes, error) {
	b := Boxes{Environments: j.digests}
	if j.pool == nil {
		return b, nil
	}
	b.Driver, b.Made = j.pool.Driver(), map[string]string{}
	for name := range j.used {
		made, err := j.pool.Identify(ctx, j.environments[name])
		if err != nil {
			return b, err
		}
		b.Made[name] = made
	}
	return b, nil
}

// use notes that boxes of an environment run.
func (j *Judge) use(name string) {
	j.using.Lock()
	defer j.using.Unlock()
	j.used[name] = true
}

// Unplaced is the verdict on a patch that cannot be applied for a reason that is
// not the model's: it says nothing about the candidate, and judging again would
// not help.
func Unplaced(why string) Verdict {
	return Verdict{Outcome: "error", Reason: score.ReasonUnplaced, Detail: "not placed: " + why}
}

func outcomeName(o pb.Outcome) string {
	switch o {
	case pb.Outcome_OUTCOME_PASSED, pb.Outcome_OUTCOME_FAILED, pb.Outcome_OUTCOME_UNCOMPILABLE, pb.Outcome_OUTCOME_TIMEOUT, pb.Outcome_OUTCOME_CRASHED, pb.Outcome_OUTCOME_FLAKY:
		return strings.ToLower(strings.TrimPrefix(o.String(), "OUTCOME_"))
	}
	return "error"
}

// reasonName is the word for a reason; "" where none is given.
func reasonName(r pb.Reason) string {
	switch r {
	case pb.Reason_REASON_LIMIT, pb.Reason_REASON_INTERFACE, pb.Reason_REASON_MEMORY, pb.Reason_REASON_PLATFORM,
		pb.Reason_REASON_FORBIDDEN, pb.Reason_REASON_CALLER:
		return strings.ToLower(strings.TrimPrefix(r.String(), "REASON_"))
	}
	return ""
}

// EnvironmentOf takes a benchmark plugin's description of a kind of box over.
func EnvironmentOf(e *pb.Environment) sandbox.Environment {
	env := sandbox.Environment{
		ID: e.Id, Dockerfile: e.Dockerfile, Files: e.Files, Setup: e.Setup, Service: e.Service, Env: e.Env, SecondUser: e.SecondUser,
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
