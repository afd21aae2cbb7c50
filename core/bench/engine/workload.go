package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"harness/core/ir"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// shape is a Llama network, as the peer's presets have it.
type shape struct {
	Hidden int `json:"hidden_size"`
	Layers int `json:"num_hidden_layers"`
	Heads  int `json:"num_attention_heads"`
	KV     int `json:"num_key_value_heads"`
	Inner  int `json:"intermediate_size"`
	Words  int `json:"vocab_size"`
}

var presets = map[string]shape{
	"big":   {576, 30, 9, 3, 1536, 49152}, // SmolLM2-135M
	"small": {256, 8, 8, 4, 768, 8192},
}

// workload is what all benches compute on: one network with random weights.
type workload struct {
	settings
	dir        string
	graph      *harnesspb.Graph
	rewrites   map[string]*harnesspb.Rewrite
	checkpoint string
	lengths    [][2]int // of the pairs, once asked for
}

// prepare has the plugins describe the network and writes its weights.
func (w *workload) prepare(ctx context.Context) error {
	if _, err := os.Stat(w.plugin("harness-model-llama")); err != nil {
		return fmt.Errorf("build the plugins first, `make build`: %w", err)
	}
	host := pluginhost.New(pluginhost.Options{Dirs: []string{w.plugins}})
	defer host.Close()
	model, err := host.Model(ctx, "llama")
	if err != nil {
		return err
	}
	config, err := json.Marshal(struct {
		shape
		Type      string  `json:"model_type"`
		Positions int     `json:"max_position_embeddings"`
		Tied      bool    `json:"tie_word_embeddings"`
		Theta     float64 `json:"rope_theta"`
		Epsilon   float64 `json:"rms_norm_eps"`
		Act       string  `json:"hidden_act"`
		BOS       int     `json:"bos_token_id"`
		EOS       int     `json:"eos_token_id"`
	}{presets[w.preset], "llama", 8192, true, 10000, 1e-6, "silu", 1, 2})
	if err != nil {
		return err
	}
	built, err := model.Build(ctx, &harnesspb.BuildRequest{CheckpointConfig: config})
	if err != nil {
		return err
	}
	w.graph = built.GetGraph()
	w.rewrites = map[string]*harnesspb.Rewrite{}
	for name, body := range map[string]string{
		"full": "{}", "lora": `{"rank": 8, "alpha": 16, "targets": ["q_proj", "v_proj"]}`,
	} {
		adapter, err := host.Adapter(ctx, name)
		if err != nil {
			return err
		}
		r, err := adapter.Attach(ctx, &harnesspb.AttachRequest{Config: []byte(body), Graph: w.graph, TaskType: built.GetTaskType()})
		if err != nil {
			return err
		}
		w.rewrites[name] = r.GetRewrite()
	}
	w.checkpoint = filepath.Join(w.dir, "checkpoint")
	return w.writeWeights(config)
}

// writeWeights makes a checkpoint of the network's initial weights.
func (w *workload) writeWeights(config []byte) error {
	program, err := ir.Expand(w.graph)
	if err != nil {
		return err
	}
	var weights []safetensors.Tensor
	for _, p := range program.Parameters {
		values, err := ir.Initialize(p, 1)
		if err != nil {
			return err
		}
		dims := make([]int, len(p.Shape))
		for i, d := range p.Shape {
			dims[i] = int(d)
		}
		weights = append(weights, safetensors.FromFloat32(p.Tensors[0], dims, values))
	}
	if err := os.Mkdir(w.checkpoint, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.checkpoint, "config.json"), config, 0o644); err != nil {
		return err
	}
	return safetensors.Write(filepath.Join(w.checkpoint, "model.safetensors"), weights, nil)
}

// state is the network with an adapter, or without for "".
func (w *workload) state(adapter string) *harnesspb.ModelState {
	return &harnesspb.ModelState{Graph: w.graph, Rewrite: w.rewrites[adapter], Checkpoint: w.checkpoint, InitSeed: 1}
}

// ids are n random tokens.
func (w *workload) ids(r *rand.Rand, n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = 3 + r.Int32N(int32(presets[w.preset].Words-3))
	}
	return out
}

// inWorker gives a fresh engine process to f.
func (w *workload) inWorker(ctx context.Context, f func(e *client.Engine) (measured, error)) (measured, error) {
	host := pluginhost.New(pluginhost.Options{Dirs: []string{w.plugins}})
	defer host.Close()
	engine, err := host.Engine(ctx, "gomlx")
	if err != nil {
		return measured{}, err
	}
	return f(engine)
}

// stopwatch takes the time and the processor time of the engine's process.
type stopwatch struct {
	started time.Time
	cpu     float64
}

func startWatch() stopwatch { return stopwatch{time.Now(), workerCPU()} }

func (s stopwatch) stop(work float64) measured {
	return measured{Rate: work / time.Since(s.started).Seconds(), CPU: workerCPU() - s.cpu}
}

// workerCPU is the processor time so far of this process's engine worker, in
// seconds; 0 where it cannot be read.
func workerCPU() float64 {
	const ticks = 100 // USER_HZ
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	self := strconv.Itoa(os.Getpid())
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		name, rest, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 13 || fields[1] != self || !strings.Contains(name, "(harness-engine") {
			continue
		}
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		return (user + system) / ticks
	}
	return 0
}
