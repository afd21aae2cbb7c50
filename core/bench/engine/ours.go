package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
)

// side measures one side of a bench once.
type side func(ctx context.Context, w *workload) (measured, error)

// dense trains on batches of equal length with all tokens in the loss. The
// first step, which compiles, is not counted.
func dense(adapter string) side {
	const steps = 4
	return func(ctx context.Context, w *workload) (measured, error) {
		r := rand.New(rand.NewPCG(1, 2))
		var examples []*harnesspb.TokenExample
		for range rows * steps {
			examples = append(examples, &harnesspb.TokenExample{Ids: w.ids(r, length)})
		}
		return w.inWorker(ctx, func(e *client.Engine) (measured, error) {
			return w.train(ctx, e, adapter, examples, 1e-3, false, rows*length*(steps-1))
		})
	}
}

// pairsEpoch trains a pass over pairs with the loss on their completions. One
// pass before it compiles.
func pairsEpoch(adapter string, pack bool) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		lengths, err := w.pairLengths(ctx)
		if err != nil {
			return measured{}, err
		}
		r := rand.New(rand.NewPCG(1, 3))
		var examples []*harnesspb.TokenExample
		for _, l := range lengths {
			examples = append(examples, &harnesspb.TokenExample{Ids: w.ids(r, l[0]+l[1]), PromptLength: int32(l[0])})
		}
		return w.inWorker(ctx, func(e *client.Engine) (measured, error) {
			started := time.Now()
			if _, err := w.train(ctx, e, adapter, examples, 1e-4, pack, 0); err != nil {
				return measured{}, err
			}
			first := time.Since(started).Seconds()
			m, err := w.train(ctx, e, adapter, examples, 1e-4, pack, 0)
			m.Compiled = first - float64(len(examples))/m.Rate
			return m, err
		})
	}
}

// train runs an epoch and measures from the end of its first step to the last.
// work is what is done in that time; 0: pairs, in proportion to the tokens.
func (w *workload) train(ctx context.Context, e *client.Engine, adapter string, examples []*harnesspb.TokenExample, rate float64, pack bool, work float64) (measured, error) {
	out, err := os.MkdirTemp(w.dir, "state-")
	if err != nil {
		return measured{}, err
	}
	defer os.RemoveAll(out)
	start := &harnesspb.TrainStart{
		Model: w.state(adapter), LearningRate: rate, Seed: 1, StateOut: out,
		KeepOrder: true, // as the peer: which lengths meet in a batch decides how much is padding
		Recipe: &harnesspb.Recipe{
			BatchSize: rows, Clip: 1, Packing: pack, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8,
		},
	}
	var watch *stopwatch
	var m measured
	var first, all int64
	err = e.Train(ctx, start, examples, nil, func(event *harnesspb.TrainEvent) error {
		if s := event.GetStep(); s != nil {
			all += s.GetTokens()
			if watch == nil {
				t := startWatch()
				watch, first = &t, s.GetTokens()
			}
			if s.GetStep() == s.GetSteps() {
				m = watch.stop(work)
				if work == 0 {
					m = watch.stop(float64(len(examples)) * float64(all-first) / float64(all))
				}
			}
			return nil
		}
		if d := event.GetDone().GetDiverged(); d != "" {
			return fmt.Errorf("training diverged: %s", d)
		}
		m.PeakMB = event.GetDone().GetPeakMemoryBytes() >> 20
		return nil
	})
	return m, err
}

// greedy answers a batch of prompts, prefill included, after one pass that
// compiles.
func greedy(batch int, half bool) side {
	d := &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: newTokens, BatchSize: int32(batch)}
	if half {
		d.Precision = "bf16"
	}
	return decoding(d, batch, float64(batch*newTokens))
}

// beamSearch answers prompts, as many side by side as told (0: the engine
// chooses).
func beamSearch(prompts, together int) side {
	d := &harnesspb.Decoding{
		Decode: "beam", Beams: beams, Candidates: beams, MaxNewTokens: beamTokens, LengthPenalty: 1, EarlyStopping: "true", BatchSize: int32(together),
	}
	return decoding(d, prompts, float64(prompts))
}

func decoding(d *harnesspb.Decoding, prompts int, work float64) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		r := rand.New(rand.NewPCG(1, 4))
		request := &harnesspb.DecodeRequest{Model: w.state(""), Decoding: d}
		for i := range prompts {
			request.Prompts = append(request.Prompts, &harnesspb.TokenPrompt{Id: fmt.Sprint(i), Ids: w.ids(r, prompt)})
		}
		return w.inWorker(ctx, func(e *client.Engine) (measured, error) {
			pass := func() (answers, error) {
				given := answers{}
				err := e.Decode(ctx, request, func(r *harnesspb.DecodeResponse) error {
					if len(r.GetCandidates()) > 0 {
						given[r.GetId()] = r.GetCandidates()[0]
					}
					return nil
				})
				if err == nil && len(given) != prompts {
					err = fmt.Errorf("%d of %d prompts were answered", len(given), prompts)
				}
				return given, err
			}
			if _, err := pass(); err != nil {
				return measured{}, err
			}
			watch := startWatch()
			given, err := pass()
			m := watch.stop(work)
			m.answers = given
			return m, err
		})
	}
}
