package plan

import (
	"context"
	"slices"

	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
)

// group is the trials of one model with one adapter.
type group struct {
	model, adapter string
	network        *network
	order          []step.ID // of trains
	trains         map[step.ID]step.Train
	lengths        step.Lengths
	examples       step.ID
	data           *step.ExamplesSummary // nil: not read yet
	generates      []*generation
}

// generation is decoding the bugs of one benchmark.
type generation struct {
	step.Generate
	prompts []int64 // lengths in tokens; nil: not known
	known   bool
}

// groups are those that an engine computes, in the order of the trials.
func (p *Plan) groups(ctx context.Context, env *step.Env) ([]*group, error) {
	known := map[[2]string]*group{}
	seen := map[step.ID]bool{} // generations
	var order []*group
	for _, t := range p.Trials {
		id := [2]string{t.Labels["model"], t.Labels["adapter"]}
		g := known[id]
		if g == nil {
			if p.networks[id] == nil {
				continue // it answers by itself
			}
			g = &group{model: id[0], adapter: id[1], network: p.networks[id], trains: map[step.ID]step.Train{}}
			known[id], order = g, append(order, g)
		}
		for _, s := range p.Reach(t) {
			switch work := s.Work.(type) {
			case step.Train:
				if _, seen := g.trains[s.ID]; !seen {
					g.order = append(g.order, s.ID)
				}
				g.trains[s.ID] = work
			case step.Examples:
				g.lengths, g.examples = work.Lengths, s.ID
			case step.Generate:
				if seen[s.ID] {
					continue
				}
				seen[s.ID] = true
				one, err := p.newGeneration(ctx, env, t, work)
				if err != nil {
					return nil, err
				}
				g.generates = append(g.generates, one)
			}
		}
	}
	for _, g := range order {
		if err := g.readData(env.Results); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// newGeneration finds the lengths of a generation's prompts.
func (p *Plan) newGeneration(ctx context.Context, env *step.Env, t *Trial, work step.Generate) (*generation, error) {
	g := &generation{Generate: work}
	_, attempts, err := p.attemptsOf(ctx, env, t, work)
	if attempts == nil || err != nil {
		return g, err
	}
	g.known = true
	for _, a := range attempts {
		if a.Refused != "" {
			continue
		}
		if a.Tokens == 0 {
			return &generation{Generate: work}, nil // there is no tokenizer yet
		}
		g.prompts = append(g.prompts, int64(a.Tokens))
	}
	return g, nil
}

// readData finds what is known of the data.
func (g *group) readData(r *step.Results) error {
	if g.examples == "" || !r.Has(g.examples) {
		return nil
	}
	var sum step.ExamplesSummary
	if err := r.ReadJSON(g.examples, "examples.json", &sum); err != nil {
		return err
	}
	if sum.Longest > 0 {
		g.data = &sum
	}
	return nil
}

// work is what the engine is asked about.
func (g *group) work() *pb.NetworkWork {
	w := &pb.NetworkWork{Graph: g.network.built.GetGraph(), Rewrite: g.network.rewrite}
	if len(g.order) > 0 {
		longest, labels := g.longestRow()
		w.Train = &pb.TrainWork{Recipe: g.trains[g.order[0]].Recipe, Longest: longest, MostLabels: labels, Epochs: int64(len(g.order))}
		if g.data != nil {
			w.Train.Examples, w.Train.Tokens = int64(g.data.Train), g.data.Tokens
		}
	}
	for _, one := range g.generates {
		w.Decode = append(w.Decode, &pb.DecodeWork{Decoding: one.Decoding, Prompts: one.prompts, Longest: g.longestPrompt(one)})
	}
	return w
}

// unlimited is the length that is assumed where nothing bounds it.
const unlimited = 2048

// longestRow is the tokens and labels of the longest row that a recipe lets in, or of its
// data where they are known.
func (g *group) longestRow() (tokens, labels int64) {
	if g.data != nil {
		return int64(g.data.Longest), int64(g.data.MostLabels)
	}
	prompt, target, whole := int64(g.lengths.MaxPrompt), int64(g.lengths.MaxTarget), int64(g.lengths.Max)
	if whole == 0 && prompt > 0 && target > 0 {
		whole = prompt + target
	}
	whole = least(whole, g.network.built.GetMaxPositions())
	if whole == 0 {
		whole = unlimited
	}
	if g.network.program.Encoder != nil {
		return least(prompt, whole), least(target, whole)
	}
	return whole, least(target, whole)
}

// longestPrompt is the longest that is there, or that may be.
func (g *group) longestPrompt(one *generation) int64 {
	if len(one.prompts) > 0 {
		return slices.Max(one.prompts)
	}
	longest := least(int64(one.MaxPromptLength), g.network.built.GetMaxPositions())
	if longest == 0 {
		return unlimited
	}
	return longest
}

// least is the smaller of two limits, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
