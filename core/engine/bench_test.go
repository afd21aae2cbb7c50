package engine_test

import (
	"syscall"
	"testing"
	"time"

	"harness/core/protocol/harnesspb"
)

// cpu is the processor time of this process, in seconds. On a machine with
// other work it says more than the clock.
func cpu(b *testing.B) float64 {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// benchNetwork is 256 wide, 8 layers, a vocabulary of 8192: 10.5 million
// parameters.
func benchNetwork(b *testing.B, adapter string) (fixture, *harnesspb.ModelState) {
	b.Helper()
	f := fixture{shared: setup(b)}
	m, err := f.host.Model(b.Context(), "codegen")
	if err != nil {
		b.Fatal(err)
	}
	f.built, err = m.Build(b.Context(), &harnesspb.BuildRequest{CheckpointConfig: []byte(
		`{"model_type": "codegen", "n_embd": 256, "n_head": 8, "n_layer": 8, "rotary_dim": 16, "vocab_size": 8192, "eos_token_id": 1}`)})
	if err != nil {
		b.Fatal(err)
	}
	s := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	if adapter != "" {
		s.Rewrite = f.attach(b, adapter, "{}").GetRewrite()
	}
	return f, s
}

func benchTokens(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(2 + (i*37)%8000)
	}
	return ids
}

// BenchmarkTrain trains on batches of 4 × 256 tokens, 64 of them labels.
func BenchmarkTrain(b *testing.B) {
	for _, adapter := range []string{"lora", "full"} {
		b.Run(adapter, func(b *testing.B) {
			f, m := benchNetwork(b, adapter)
			epoch := func(steps int) {
				var examples []*harnesspb.TokenExample
				for range 4 * steps {
					examples = append(examples, &harnesspb.TokenExample{Ids: benchTokens(256), PromptLength: 192})
				}
				f.train(b, &harnesspb.TrainStart{
					Model: m, StateOut: b.TempDir(), LearningRate: 1e-4,
					Recipe: &harnesspb.Recipe{BatchSize: 4, Clip: 1, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8},
				}, examples, nil)
			}
			epoch(1) // compiles
			b.ResetTimer()
			before := cpu(b)
			epoch(b.N)
			b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(b.N)*4*256/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkDecode answers prompts of 256 tokens with 64 new ones.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name    string
		prompts int
		d       *harnesspb.Decoding
	}{
		{"greedy 1", 1, &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: 64, BatchSize: 1}},
		{"greedy 8", 8, &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: 64, BatchSize: 8}},
		{"beam 10 of 3", 3, &harnesspb.Decoding{Decode: "beam", Beams: 10, Candidates: 10, MaxNewTokens: 64, LengthPenalty: 1, BatchSize: 3}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f, m := benchNetwork(b, "")
			var prompts [][]int32
			for range c.prompts {
				prompts = append(prompts, benchTokens(256))
			}
			f.decode(b, m, c.d, nil, prompts...) // compiles
			b.ResetTimer()
			before := cpu(b)
			for range b.N {
				f.decode(b, m, c.d, nil, prompts...)
			}
			b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op")
			rows := c.prompts * int(max(1, c.d.GetBeams()))
			b.ReportMetric(float64(b.N*rows*64)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
