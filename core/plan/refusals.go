package plan

import (
	"context"
	"slices"

	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
	"harness/core/step"
)

// Refusal counts bugs that a model's family cannot put into a prompt, such as
// those of several hunks. They count as not attempted. Which prompts are too
// long is known only with a tokenizer, when candidates are generated.
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
	bugs := map[string][]*pb.Bug{} // by benchmark
	for _, b := range p.Benchmarks {
		name := b.Block.Name
		if bugs[name], err = b.known(env.Results); err != nil {
			return nil, nil, err
		}
	}
	for _, t := range p.Trials {
		name := t.Labels["benchmark"]
		work, ok := p.generation(t)
		if !ok {
			continue
		}
		asked := bugs[name]
		if asked == nil {
			if !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
			continue
		}
		r, err := refused(ctx, env, work, asked)
		if err != nil {
			return nil, nil, err
		}
		if r == nil {
			continue
		}
		r.Model, r.Adapters, r.Prompt, r.Benchmark = t.Labels["model"], []string{t.Labels["adapter"]}, t.Labels["prompt"], t.Labels["benchmark"]
		refusals = join(refusals, r)
	}
	return refusals, unknown, nil
}

// known are the benchmark's chosen bugs, nil if it was not fetched.
func (b *Benchmark) known(r *step.Results) ([]*pb.Bug, error) {
	if !r.Has(b.Data) {
		return nil, nil
	}
	all, err := step.ReadBugs(r, b.Data)
	if err != nil {
		return nil, err
	}
	chosen, err := b.choice.Choose(all)
	var bugs []*pb.Bug
	for _, record := range chosen {
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

func refused(ctx context.Context, env *step.Env, work step.Generate, bugs []*pb.Bug) (*Refusal, error) {
	model, err := env.Plugins.Model(ctx, work.Network.Model.Name)
	if err != nil {
		return nil, err
	}
	prompts, err := work.Prompts(ctx, model, bugs)
	if err != nil {
		return nil, err
	}
	var reasons score.Reasons
	for i, prompt := range prompts {
		if why := prompt.GetRefused(); why != "" {
			reasons.Add(bugs[i].Id, why)
		}
	}
	if reasons.Len() == 0 {
		return nil, nil
	}
	return &Refusal{Bugs: len(bugs), Refused: reasons.Len(), Reasons: reasons.String()}, nil
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
