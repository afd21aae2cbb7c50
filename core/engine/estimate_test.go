package engine_test

import (
	"fmt"
	"math"
	"testing"

	"harness/core/needs"
	pb "harness/core/protocol/harnesspb"
)

// tolerance of an estimate of memory: a quarter of what was measured.
const tolerance = 0.25

// trainingCase is a network and a batch; all batches have the same shape.
type trainingCase struct {
	adapter                            string
	width, inner, heads, layers, vocab int64
	rows, tokens, labels               int
	again                              bool // layers are computed again in the backward pass
}

func (c trainingCase) String() string {
	return fmt.Sprintf("%s %d wide %d layers vocabulary %d batch %dx%d labels %d again %v", c.adapter, c.width, c.layers, c.vocab, c.rows, c.tokens, c.labels, c.again)
}

// TestEstimatedMemory compares the estimate with the peak of a fresh engine
// process, on shapes whose parts weigh differently: weights, optimizer state,
// activations, logits.
func TestEstimatedMemory(t *testing.T) {
	for _, c := range []trainingCase{
		{"lora", 256, 768, 8, 8, 8192, 4, 256, 64, false},
		{"full", 256, 768, 8, 8, 8192, 4, 256, 64, true},
		{"lora", 128, 384, 4, 2, 512, 8, 512, 32, true},
	} {
		t.Run(c.String(), func(t *testing.T) { c.check(t) })
	}
}

func TestSlowEstimatedMemory(t *testing.T) {
	needs.Slow(t)
	for _, c := range []trainingCase{
		{"lora", 256, 768, 8, 8, 8192, 4, 256, 64, true},
		{"full", 256, 768, 8, 8, 8192, 4, 256, 64, false},
		{"full", 512, 1536, 8, 4, 16384, 2, 128, 128, true},
	} {
		t.Run(c.String(), func(t *testing.T) { c.check(t) })
	}
}

// BenchmarkEstimatedMemory does the same on networks of a hundred million
// parameters.
func BenchmarkEstimatedMemory(b *testing.B) {
	for _, c := range []trainingCase{
		{"lora", 576, 1536, 9, 30, 49152, 4, 256, 256, false},
		{"lora", 576, 1536, 9, 30, 49152, 4, 256, 256, true},
		{"full", 576, 1536, 9, 30, 49152, 4, 256, 256, true},
		{"lora", 576, 1536, 9, 30, 49152, 8, 768, 64, false},
	} {
		b.Run(c.String(), func(b *testing.B) { c.check(b) })
	}
}

func (c trainingCase) check(t testing.TB) {
	start, examples := c.training(t)
	estimate := c.estimate(t, start)
	// On a busy machine a process may take another block before the last one is
	// freed. The least that fresh processes take is what the step needs.
	measured, seconds := math.Inf(1), 0.0
	want := float64(totalOf(estimate.GetMemory()))
	for range 3 {
		done := c.train(t, start, examples)
		measured, seconds = min(measured, float64(done.GetPeakMemoryBytes())), done.GetSeconds()
		if measured <= want/(1-tolerance) {
			break
		}
	}
	ratio := want / measured
	t.Logf("estimated %.0f MiB, measured %.0f MiB, ratio %.2f; parts %v", want/(1<<20), measured/(1<<20), ratio, estimate.GetMemory())
	t.Logf("estimated %.1f s, took %.1f s", estimate.GetSeconds(), seconds)
	if ratio < 1-tolerance || ratio > 1+tolerance {
		t.Errorf("the estimate is %.2f of what was measured", ratio)
	}
}

func totalOf(m *pb.MemoryEstimate) int64 {
	return m.GetRuntime() + m.GetKept() + m.GetWeights() + m.GetGradients() + m.GetOptimizer() + m.GetActivations() + m.GetLogits()
}

// estimate is that of a run of this training alone.
func (c trainingCase) estimate(t testing.TB, start *pb.TrainStart) *pb.TrainEstimate {
	answer, err := setup(t).engine.Estimate(t.Context(), &pb.EstimateRequest{Networks: []*pb.NetworkWork{{
		Graph: start.Model.Graph, Rewrite: start.Model.Rewrite,
		Train: &pb.TrainWork{
			Recipe: start.Recipe, Longest: int64(c.tokens), MostLabels: int64(c.labels), Epochs: 1,
			Examples: int64(2 * c.rows), Tokens: int64(2 * c.rows * c.tokens),
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	estimate := answer.GetNetworks()[0]
	if estimate.GetProblem() != "" {
		t.Fatal(estimate.GetProblem())
	}
	estimate.Train.Memory.Kept = 0 // nothing else runs
	return estimate.Train
}

func (c trainingCase) training(t testing.TB) (*pb.TrainStart, []*pb.TokenExample) {
	host := setup(t).host
	model, err := host.Model(t.Context(), "llama")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": %d,
		"intermediate_size": %d, "num_attention_heads": %d, "num_hidden_layers": %d, "vocab_size": %d, "rms_norm_eps": 1e-6,
		"tie_word_embeddings": true, "max_position_embeddings": 2048, "bos_token_id": 1, "eos_token_id": 2}`,
		c.width, c.inner, c.heads, c.layers, c.vocab)
	built, err := model.Build(t.Context(), &pb.BuildRequest{CheckpointConfig: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	adapter, err := host.Adapter(t.Context(), c.adapter)
	if err != nil {
		t.Fatal(err)
	}
	attached, err := adapter.Attach(t.Context(), &pb.AttachRequest{Config: []byte("{}"), Graph: built.Graph, DefaultTargets: built.Targets[""].GetPatterns(), TaskType: built.TaskType})
	if err != nil {
		t.Fatal(err)
	}
	start := &pb.TrainStart{
		Model: &pb.ModelState{Graph: built.Graph, Rewrite: attached.Rewrite, InitSeed: 1}, LearningRate: 1e-4, StateOut: t.TempDir(),
		Recipe: &pb.Recipe{BatchSize: int32(c.rows), Clip: 1, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
	}
	if c.again {
		start.Recipe.GradientCheckpointing = "on"
	}
	var examples []*pb.TokenExample
	for range 2 * c.rows {
		ids := make([]int32, c.tokens)
		for i := range ids {
			ids[i] = int32(3 + (i*37)%int(c.vocab-3))
		}
		examples = append(examples, &pb.TokenExample{Ids: ids, PromptLength: int32(c.tokens - c.labels)})
	}
	return start, examples
}

// train trains in a process of its own.
func (c trainingCase) train(t testing.TB, start *pb.TrainStart, examples []*pb.TokenExample) *pb.TrainDone {
	ownCache(t) // compiling takes memory, too
	var done *pb.TrainDone
	err := startWorker(t).Train(t.Context(), start, examples, nil, func(e *pb.TrainEvent) error {
		if d := e.GetDone(); d != nil {
			done = d
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if done.GetPeakMemoryBytes() == 0 {
		needs.Part(t, "the memory that a process takes", "run on Linux, where /proc/self/status has VmHWM")
	}
	return done
}
