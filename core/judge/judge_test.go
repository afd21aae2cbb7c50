package judge

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
	"harness/core/store"
)

// scripted is a benchmark, and the sandbox that judges for it. A patched file
// says how its checks end, one after the other: "next" asks for one more.
type scripted struct {
	check pb.CheckResponse // of every patch, but for its payload

	mu     sync.Mutex
	tried  map[string]int // patched file → verdicts that were asked for
	limits []int64        // of all requests
	asked  atomic.Int64   // boxes
}

func (s *scripted) Check(_ context.Context, r *pb.CheckRequest) (*pb.CheckResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = append(s.limits, r.LimitMs)
	return s.next(r.Patched), nil
}

func (*scripted) Environments(context.Context, *pb.EnvironmentsRequest) (*pb.EnvironmentsResponse, error) {
	return &pb.EnvironmentsResponse{}, nil
}

func (s *scripted) next(patched string) *pb.CheckResponse {
	return &pb.CheckResponse{Environment: "box", Payload: []byte(patched), TimeoutMs: s.check.TimeoutMs, Mounts: s.check.Mounts, Stage: s.check.Stage}
}

func (s *scripted) Verdict(_ context.Context, r *pb.VerdictRequest) (*pb.VerdictResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = append(s.limits, r.LimitMs)
	words := strings.Fields(r.Patched)
	word := words[min(s.tried[r.Patched], len(words)-1)]
	s.tried[r.Patched]++
	answer := &pb.VerdictResponse{Counts: map[string]int64{"runs": 1}}
	switch word {
	case "passed":
		answer.Outcome = pb.Outcome_OUTCOME_PASSED
	case "failed":
		answer.Outcome = pb.Outcome_OUTCOME_FAILED
	case "next":
		answer.Next = s.next(r.Patched)
	}
	return answer, nil // without an outcome: an error
}

func (*scripted) Name() string                                                      { return "scripted" }
func (*scripted) Prepare(context.Context, sandbox.Environment) error                { return nil }
func (s *scripted) Start(context.Context, sandbox.Environment) (sandbox.Box, error) { return s, nil }
func (*scripted) Cleanup(context.Context) error                                     { return nil }
func (*scripted) Close() error                                                      { return nil }
func (s *scripted) Do(_ context.Context, r sandbox.Request) (reply sandbox.Reply, err error) {
	s.asked.Add(1)
	return sandbox.Reply{Payload: r.Payload}, nil
}

// judging judges files of a bug in a store, and says what became of each.
func (s *scripted) judging(t *testing.T, kept *store.Store, change func(*Judge), files ...string) (verdicts string, counts map[string]int64, err error) {
	t.Helper()
	records, err := kept.Records("verdict")
	if err != nil {
		t.Fatal(err)
	}
	s.tried = map[string]int{}
	pool := sandbox.NewPool(s, 2)
	defer pool.Close()
	environment := sandbox.Environment{ID: "box", Dockerfile: "FROM scratch", Service: []string{"/service"},
		Limits: sandbox.Limits{MemoryBytes: 1 << 30, CPUs: 1, PIDs: 64, TmpfsBytes: 1 << 20}}
	j := &Judge{
		Options: Options{
			Benchmark: s, Pin: "scripted", Name: "scripted", Data: t.TempDir(), Records: records,
			Workers: 2, Exclusive: &sync.RWMutex{}, Progress: func(int64, int64) {},
			Open: func(context.Context) (*sandbox.Pool, error) { return pool, nil },
		},
		environments: map[string]sandbox.Environment{"box": environment}, digests: map[string]string{"box": environment.Digest()},
		tasks: map[Task]*task{}, used: map[string]bool{},
	}
	if change != nil {
		change(j)
	}
	var ids []Task
	for _, text := range files {
		ids = append(ids, Task{Bug: "B", Patch: FileDigest(text)})
		j.Add(ids[len(ids)-1], text, nil)
	}
	err = j.Run(t.Context())
	var words []string
	for _, id := range ids {
		words = append(words, j.Verdict(id).Outcome)
	}
	return strings.Join(words, " "), j.Counts(), err
}

func TestJudgeGoesThroughStagesAndTriesErrorsAgain(t *testing.T) {
	for name, c := range map[string]struct {
		files  []string
		want   string
		counts map[string]int64
		asked  int64
		fails  string
	}{
		"one check":               {[]string{"passed", "failed"}, "passed failed", map[string]int64{"patches": 2, "runs": 2}, 2, ""},
		"a patch twice":           {[]string{"passed", "passed"}, "passed passed", map[string]int64{"patches": 1, "runs": 1}, 1, ""},
		"two stages":              {[]string{"next passed"}, "passed", map[string]int64{"patches": 1, "runs": 2}, 2, ""},
		"an error, then a pass":   {[]string{"error passed"}, "passed", map[string]int64{"patches": 1, "runs": 1}, 2, ""},
		"an error of stage two":   {[]string{"next error next failed"}, "failed", map[string]int64{"patches": 1, "runs": 2}, 4, ""},
		"an error that stays":     {[]string{"error", "passed"}, "error passed", map[string]int64{"patches": 1, "errors": 1, "runs": 1}, 3, ""},
		"a benchmark without end": {[]string{"next"}, "", nil, maxStages, "more than 8 checks"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{check: pb.CheckResponse{TimeoutMs: 1000}}
			got, counts, err := s.judging(t, openStore(t), nil, c.files...)
			if asked := s.asked.Load(); asked != c.asked {
				t.Errorf("%d checks, want %d", asked, c.asked)
			}
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("error %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			if diff := cmp.Diff(c.counts, counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsOnRecordIsNotJudgedAgain(t *testing.T) {
	mounted := func(s *scripted) { s.check.Mounts = []*pb.Mount{{Source: ".", Target: "/data/whole"}} }
	for name, c := range map[string]struct {
		first, second func(*scripted)
		judge         func(*Judge) // of the second
		file          string
		again         bool
	}{
		"the same":                       {file: "passed"},
		"an error":                       {file: "error", again: true},
		"another stage":                  {second: func(s *scripted) { s.check.Stage = "whole" }, file: "passed", again: true},
		"another benchmark, not mounted": {judge: func(j *Judge) { j.Identity = "other" }, file: "passed"},
		"another benchmark, mounted":     {first: mounted, second: mounted, judge: func(j *Judge) { j.Identity = "other" }, file: "passed", again: true},
		"something mounted":              {second: mounted, file: "passed", again: true},
		"another version":                {judge: func(j *Judge) { j.Pin = "2" }, file: "passed", again: true},
		"a limit of the study's":         {judge: func(j *Judge) { j.Sandbox.Timeout = time.Minute }, file: "passed", again: true},
		"another limit of the box":       {second: func(s *scripted) { s.check.TimeoutMs = 2000 }, file: "passed", again: true},
	} {
		t.Run(name, func(t *testing.T) {
			kept := openStore(t)
			for i, change := range []func(*scripted){c.first, c.second} {
				s := &scripted{check: pb.CheckResponse{TimeoutMs: 1000}}
				if change != nil {
					change(s)
				}
				var judge func(*Judge)
				if i > 0 {
					judge = c.judge
				}
				got, counts, err := s.judging(t, kept, judge, c.file)
				if err != nil || got != c.file {
					t.Fatalf("%q, %v", got, err)
				}
				if asked := s.asked.Load() > 0; asked != (i == 0 || c.again) {
					t.Errorf("time %d: was it judged? %v", i, asked)
				}
				if c.file == "passed" && counts["runs"] != 1 { // they are on record, too
					t.Errorf("time %d: counts %v", i, counts)
				}
			}
		})
	}
}

func TestLimitsOfChecks(t *testing.T) {
	s := &scripted{}
	if _, _, err := s.judging(t, openStore(t), nil, "passed"); err == nil || !strings.Contains(err.Error(), "benchmark scripted asks for a check without a time limit") {
		t.Errorf("error %v", err)
	}
	s = &scripted{check: pb.CheckResponse{TimeoutMs: 1000}}
	if _, _, err := s.judging(t, openStore(t), func(j *Judge) { j.Sandbox.Timeout = 90 * time.Second }, "passed"); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.limits); got != "[90000 90000]" {
		t.Errorf("the benchmark heard of the limits %s", got)
	}
}

func TestBugsThatCannotBeProvenCountAsErrors(t *testing.T) {
	s := &scripted{check: pb.CheckResponse{TimeoutMs: 1000}}
	got, counts, err := s.judging(t, openStore(t), func(j *Judge) {
		j.Unsound, j.Unproven = map[string]string{"B": "its buggy version could not be judged here"}, map[string]bool{"B": true}
	}, "passed", "failed")
	if err != nil || strings.TrimSpace(got) != "" || s.asked.Load() != 0 {
		t.Errorf("%q, %v, %d checks", got, err, s.asked.Load())
	}
	if diff := cmp.Diff(map[string]int64{"errors": 2}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (*scripted) Boxes(_ context.Context) ([]string, error) { return nil, nil }
