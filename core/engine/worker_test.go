package engine_test

import (
	"path/filepath"
	"testing"
	"time"

	"harness/core/needs"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
)

// startWorker starts the engine in a process of its own, which ends with the test.
func startWorker(t testing.TB) *client.Engine {
	t.Helper()
	dir, remove, err := needs.Programs("harness-engine-gomlx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	host := pluginhost.New(pluginhost.Options{Dirs: []string{dir}, StartTimeout: time.Minute})
	t.Cleanup(func() { host.Close() })
	worker, err := host.Engine(t.Context(), "gomlx")
	if err != nil {
		t.Fatal(err)
	}
	return worker
}

// The engine as the host uses it: another process, over gRPC.
func TestWorkerProcessGivesTheSameBits(t *testing.T) {
	worker := startWorker(t)
	f := small(t)
	device, err := worker.Device(t.Context(), &harnesspb.DeviceRequest{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("computes on %s", device.GetBackend())

	r := f.attach(t, "lora", `{"rank": 2}`)
	run := func(train func(*harnesspb.TrainStart, func(*harnesspb.TrainEvent) error) error) (files [2]string, loss float64) {
		start := &harnesspb.TrainStart{
			Model:    &harnesspb.ModelState{Graph: f.built.GetGraph(), Rewrite: r.GetRewrite(), InitSeed: 3},
			StateOut: t.TempDir(), LearningRate: 1e-2,
			Recipe: &harnesspb.Recipe{BatchSize: 2, Schedule: "constant", Clip: 1, Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
		}
		err := train(start, func(e *harnesspb.TrainEvent) error {
			if d := e.GetDone(); d != nil {
				loss = d.GetTrainLoss()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"trained.safetensors", "optimizer.safetensors"} {
			files[i] = string(readFile(t, filepath.Join(start.GetStateOut(), name)))
		}
		return files, loss
	}
	examples := []*harnesspb.TokenExample{
		{Ids: []int32{4, 5, 6, 7, 1}, PromptLength: 2}, {Ids: []int32{8, 9, 1}, PromptLength: 1}, {Ids: []int32{10, 11, 12, 1}, PromptLength: 3},
	}
	here, loss := run(func(s *harnesspb.TrainStart, send func(*harnesspb.TrainEvent) error) error {
		return f.engine.Train(t.Context(), s, examples, nil, send)
	})
	there, lossThere := run(func(s *harnesspb.TrainStart, send func(*harnesspb.TrainEvent) error) error {
		return worker.Train(t.Context(), s, examples, nil, send)
	})
	if here != there || loss != lossThere || loss == 0 {
		t.Errorf("losses %v and %v; equal files: %v, %v", loss, lossThere, here[0] == there[0], here[1] == there[1])
	}

	_, err = worker.Forward(t.Context(), &harnesspb.ForwardRequest{
		Model: &harnesspb.ModelState{Graph: f.built.GetGraph()}, Sequences: []*harnesspb.TokenPrompt{{Ids: []int32{999}}},
	})
	if err == nil {
		t.Error("a token beyond the vocabulary is accepted")
	}
}
