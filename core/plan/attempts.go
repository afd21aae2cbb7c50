package plan

import (
	"context"
	"encoding/json"
	"slices"

	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
	"harness/core/step"
)

// Refusal counts bugs that a model is not asked about: those that its family
// cannot put into a prompt, such as those of several hunks, and, once there is a
// tokenizer, those whose prompts are too long. They count as not attempted.
type Refusal struct {
	Model     string   `json:"model"`
	Adapters  []string `json:"adapters"` // with which it is so
	Prompt    string   `json:"prompt"`
	Benchmark string   `json:"benchmark"`
	Bugs      int      `json:"bugs"`
	Refused   int      `json:"refused"`
	Reasons   string   `json:"reasons"`
}

// Refusals asks the families about the bugs of benchmarks that were fetched. It
// also names the benchmarks that were not fetched yet.
func (p *Plan) Refusals(ctx context.Context, env *step.Env) (refusals []*Refusal, unknown []string, err error) {
	for _, t := range p.Trials {
		work, ok := p.generation(t)
		if !ok {
			continue
		}
		bugs, attempts, err := p.attemptsOf(ctx, env, t, work)
		if err != nil {
			return nil, nil, err
		}
		if attempts == nil {
			if name := t.Labels["benchmark"]; !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
			continue
		}
		if r := countRefused(bugs, attempts); r != nil {
			r.Model, r.Adapters, r.Prompt, r.Benchmark = t.Labels["model"], []string{t.Labels["adapter"]}, t.Labels["prompt"], t.Labels["benchmark"]
			refusals = join(refusals, r)
		}
	}
	return refusals, unknown, nil
}

// attemptsOf asks about a trial's bugs, once for all trials that ask alike. It is nil
// where the benchmark was not fetched.
func (p *Plan) attemptsOf(ctx context.Context, env *step.Env, t *Trial, work step.Generate) ([]*pb.Bug, []step.Attempt, error) {
	at := slices.IndexFunc(p.Benchmarks, func(b *Benchmark) bool { return b.Block.Name == t.Labels["benchmark"] })
	bugs, err := p.Benchmarks[at].knownBugs(env.Results)
	if bugs == nil || err != nil {
		return nil, nil, err
	}
	decides, err := json.Marshal([]any{t.Labels["model"], t.Labels["benchmark"], work.Options, work.MaxPromptLength, work.Decoding.GetMaxNewTokens()})
	if err != nil {
		return nil, nil, err
	}
	known, ok := p.attempts[string(decides)]
	if !ok {
		var built *pb.BuildResponse
		folder := ""
		if n := p.networks[[2]string{t.Labels["model"], t.Labels["adapter"]}]; n != nil {
			built, folder = n.built, p.checkpoint(env, work.Network.Snapshot)
		}
		if known, err = work.Attempts(ctx, env, folder, built, bugs); err != nil {
			return nil, nil, err
		}
		p.attempts[string(decides)] = known
	}
	return bugs, known, nil
}

// checkpoint is the folder of a checkpoint; empty: it is still to be made.
func (p *Plan) checkpoint(env *step.Env, id step.ID) string {
	for _, s := range p.Steps {
		if work, ok := s.Work.(step.Snapshot); ok && s.ID == id {
			return work.Dir
		}
	}
	if key, done := env.Results.Key(id); done {
		return env.Store.Path(key)
	}
	return ""
}

// knownBugs are the benchmark's chosen bugs that models are asked about, nil if it
// was not fetched.
func (b *Benchmark) knownBugs(r *step.Results) ([]*pb.Bug, error) {
	if !r.Has(b.Data) {
		return nil, nil
	}
	all, err := step.ReadBugs(r, b.Data)
	if err != nil {
		return nil, err
	}
	chosen, err := b.choice.Choose(all)
	bugs := []*pb.Bug{}
	for _, record := range step.Judgeable(chosen) {
		bugs = append(bugs, record.Bug)
	}
	return bugs, err
}

// generation is the step that decodes a trial's candidates; false where the
// model answers by itself.
func (p *Plan) generation(t *Trial) (step.Generate, bool) {
	for _, s := range p.Reach(t) {
		if work, ok := s.Work.(step.Generate); ok && work.Engine != nil {
			return work, true
		}
	}
	return step.Generate{}, false
}

// countRefused counts those that are not asked about; nil: all are.
func countRefused(bugs []*pb.Bug, attempts []step.Attempt) *Refusal {
	var reasons score.Reasons
	for i, a := range attempts {
		if a.Refused != "" {
			reasons.Add(bugs[i].Id, a.Refused)
		}
	}
	if reasons.Len() == 0 {
		return nil
	}
	return &Refusal{Bugs: len(bugs), Refused: reasons.Len(), Reasons: reasons.String()}
}

// join adds a refusal, or its adapter to one that says the same.
func join(refusals []*Refusal, r *Refusal) []*Refusal {
	for _, known := range refusals {
		if known.Model == r.Model && known.Prompt == r.Prompt && known.Benchmark == r.Benchmark && known.Reasons == r.Reasons {
			if !slices.Contains(known.Adapters, r.Adapters[0]) {
				known.Adapters = append(known.Adapters, r.Adapters[0])
			}
			return refusals
		}
	}
	return append(refusals, r)
}
