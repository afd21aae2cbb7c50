package engine_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"harness/core/needs"
	"harness/core/protocol/harnesspb"
)

// limitedMemory is set for the child process of the test below.
const limitedMemory = "HARNESS_TEST_LIMITED_MEMORY"

// Training that runs out of memory must go on with fewer rows at a time and
// learn the same. A child process limits its own address space, so that the
// device's allocation really fails.
func TestTrainingGoesOnWithLessMemory(t *testing.T) {
	f := small(t)
	train := func(micro int32) *harnesspb.TrainDone {
		var examples []*harnesspb.TokenExample
		for i := range 128 {
			x := &harnesspb.TokenExample{PromptLength: 500}
			for j := range 512 {
				x.Ids = append(x.Ids, int32((i*j+j)%64))
			}
			examples = append(examples, x)
		}
		start := startOf(t, f.trainable())
		start.Recipe.BatchSize, start.Recipe.MicroBatch = 64, micro
		_, done := f.train(t, start, examples, examples[:64])
		return done
	}
	if os.Getenv(limitedMemory) != "" {
		train(1) // whatever needs memory once has it now
		limit := uint64(virtualMemory(t)) + 700<<20
		if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
		done := train(0)
		text, err := json.Marshal([]float64{done.GetTrainLoss(), done.GetValidationLoss(), float64(done.GetMicroBatch())})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nRESULT %s\n", text)
		return
	}
	if os.Getenv("GOMLX_BACKEND") == "go" {
		needs.Part(t, "a backend that survives a failed allocation", "unset GOMLX_BACKEND, and `make xla`")
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), limitedMemory+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, text, _ := strings.Cut(string(out), "\nRESULT ")
	text, _, _ = strings.Cut(text, "\n")
	var got []float64
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 3 {
		t.Fatalf("no result in\n%s", out)
	}
	if got[2] < 1 || got[2] >= 64 {
		t.Fatalf("%v rows at a time: memory never ran out", got[2])
	}
	t.Logf("%v rows of 64 at a time in the end", got[2])
	want := train(4)
	if want.GetMicroBatch() != 4 {
		t.Errorf("%d rows at a time, asked for 4", want.GetMicroBatch())
	}
	for i, w := range []float64{want.GetTrainLoss(), want.GetValidationLoss()} {
		if !(math.Abs(got[i]-w) <= 1e-5) {
			t.Errorf("loss %v, with enough memory %v", got[i], w)
		}
	}
}

// virtualMemory is the size of this process's address space in bytes.
func virtualMemory(t *testing.T) int64 {
	t.Helper()
	var pages int64
	if _, err := fmt.Sscan(string(readFile(t, "/proc/self/statm")), &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
