package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"harness/core/engine/xlaruntime"
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

	here, loss := trainedBy(t, f, f.engine)
	there, lossThere := trainedBy(t, f, worker)
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

// trainer is the engine, here or in another process.
type trainer interface {
	Train(context.Context, *harnesspb.TrainStart, []*harnesspb.TokenExample, []*harnesspb.TokenExample, func(*harnesspb.TrainEvent) error) error
}

// trainedBy trains a little and returns the state's files and the loss.
func trainedBy(t *testing.T, f fixture, by trainer) (files [2]string, loss float64) {
	t.Helper()
	r := f.attach(t, "lora", `{"rank": 2}`)
	start := &harnesspb.TrainStart{
		Model:    &harnesspb.ModelState{Graph: f.built.GetGraph(), Rewrite: r.GetRewrite(), InitSeed: 3},
		StateOut: t.TempDir(), LearningRate: 1e-2,
		Recipe: &harnesspb.Recipe{BatchSize: 2, Schedule: "constant", Clip: 1, Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
	}
	examples := []*harnesspb.TokenExample{
		{Ids: []int32{4, 5, 6, 7, 1}, PromptLength: 2}, {Ids: []int32{8, 9, 1}, PromptLength: 1}, {Ids: []int32{10, 11, 12, 1}, PromptLength: 3},
	}
	err := by.Train(t.Context(), start, examples, nil, func(e *harnesspb.TrainEvent) error {
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

// ownCache gives the processes that a test starts a cache folder of their own, with
// the runtime in it and no compiled programs.
func ownCache(t testing.TB) (programs string) {
	t.Helper()
	installed, err := xlaruntime.Dir()
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	if err := os.Mkdir(filepath.Join(cache, "harness"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(installed, filepath.Join(cache, "harness", "xla")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", cache)
	return filepath.Join(cache, "harness", "compiled")
}

// What one process compiled is loaded by the next one, and computes the same bits;
// what is not as it was written is compiled again.
func TestCompiledPrograms(t *testing.T) {
	if os.Getenv("GOMLX_BACKEND") == "go" {
		needs.Part(t, "a backend that compiles", "unset GOMLX_BACKEND, and `make xla`")
	}
	folder, f := ownCache(t), small(t)
	compiled, loss := trainedBy(t, f, startWorker(t))
	programs := filesIn(t, folder)
	if len(programs) == 0 {
		t.Fatal("no program was kept")
	}
	for _, c := range []struct {
		name   string
		change func(content []byte) []byte
	}{
		{"as they were", func(content []byte) []byte { return content }},
		{"a flipped bit", func(content []byte) []byte { content[len(content)/2] ^= 1; return content }},
		{"cut short", func(content []byte) []byte { return content[:len(content)/2] }},
		{"empty", func([]byte) []byte { return nil }},
		{"no program, with its sum", func([]byte) []byte {
			sum := sha256.Sum256([]byte("no program"))
			return append(sum[:], "no program"...)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, content := range programs {
				if err := os.WriteFile(filepath.Join(folder, name), c.change(bytes.Clone(content)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			written := statIn(t, folder)
			loaded, again := trainedBy(t, f, startWorker(t))
			if loaded != compiled || again != loss {
				t.Errorf("loss %v, compiled %v; equal files: %v, %v", again, loss, loaded[0] == compiled[0], loaded[1] == compiled[1])
			}
			after := filesIn(t, folder)
			if len(after) != len(programs) {
				t.Errorf("%d programs are kept, before %d", len(after), len(programs))
			}
			for name, content := range after {
				// A file that is written anew is another file.
				info, err := os.Stat(filepath.Join(folder, name))
				if kept := err == nil && os.SameFile(info, written[name]); kept != (c.name == "as they were") {
					t.Errorf("%s is the file of before: %v", name, kept)
				}
				if sum := sha256.Sum256(content[min(len(content), sha256.Size):]); !bytes.HasPrefix(content, sum[:]) || len(content) < 1000 {
					t.Errorf("%s is not whole", name)
				}
			}
		})
	}
}

func statIn(t *testing.T, folder string) map[string]os.FileInfo {
	t.Helper()
	infos := map[string]os.FileInfo{}
	for name := range filesIn(t, folder) {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		infos[name] = info
	}
	return infos
}

func filesIn(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		files[e.Name()] = readFile(t, filepath.Join(folder, e.Name()))
	}
	return files
}
