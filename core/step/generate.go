package step

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	pb "harness/core/protocol/harnesspb"
	"harness/core/store"
	"harness/core/weights/tokenizer"
)

// Generate answers every bug of a benchmark that can be judged. It leaves
// candidates.jsonl, a line a bug in the benchmark's order, and recordings.json
// where a model that generates by itself reads recordings. Each answer is also a record of its own,
// keyed by the bug as the model sees it, so that nothing is decoded again
// where a bug was added or a run was stopped.
type Generate struct {
	// Engine decodes; nil with a model that generates by itself, where only
	// Network.Model and Network.Adapter are set.
	Engine  *Engine `json:"engine,omitempty"`
	Network Network `json:"network"`
	// Benchmark is the name of the plugin, by which a model that generates by
	// itself may know the bugs.
	Benchmark string `json:"benchmark,omitempty"`
	Bugs      ID     `json:"-"`
	// Weights is the select or import step whose trained parameters are
	// used; empty: the checkpoint as it is.
	Weights  ID           `json:"-"`
	Options  Options      `json:"options"`
	Decoding *pb.Decoding `json:"decoding"`
	// MaxPromptLength in tokens: bugs with longer prompts are refused; 0: none.
	MaxPromptLength int `json:"max_prompt_length,omitempty"`
	// IgnoreStops lets candidates run past the prompts' stop strings.
	IgnoreStops bool `json:"ignore_stops,omitempty"`
	// AdapterLabel is the adapter's name in the study, by which a model that
	// generates by itself may know it.
	AdapterLabel string `json:"adapter_label,omitempty"`
	PromptLabel  string `json:"prompt_label,omitempty"` // likewise
}

// Candidates is a line of candidates.jsonl.
type Candidates struct {
	Bug string `json:"bug"`
	// Refused says why the model got no prompt for this bug.
	Refused string `json:"refused,omitempty"`
	// Unrecorded: nothing was recorded for this bug, so that it is not known what
	// the model would answer.
	Unrecorded bool     `json:"unrecorded,omitempty"`
	Outputs    []Output `json:"outputs"`
}

// Output is one raw candidate; they stand best first.
type Output struct {
	Text      string  `json:"text"`
	Score     float64 `json:"score,omitempty"`
	Tokens    int     `json:"tokens,omitempty"`
	Published string  `json:"published,omitempty"`
	// Patch is what the output does to the buggy file, where a model that
	// generates by itself has said so.
	Patch *Patch `json:"patch,omitempty"`
}

func (Generate) Kind() string { return "generate" }

func (w Generate) Version() int {
	if w.Engine == nil {
		return 6
	}
	return 5
}

func (w Generate) Resource() Resource {
	if w.Engine == nil {
		return IO
	}
	return Device
}

func (w Generate) Inputs() []Input {
	return inputs(w.Network.input(), Input{"bugs", w.Bugs, ShownPart}, Input{"weights", w.Weights, WeightsPart})
}

const candidatesFile = "candidates.jsonl"

// answersPart is the part of a generate step that is judged.
const answersPart = "answers"

// Parts implements [Divisible].
func (Generate) Parts(dir string) (map[string]string, error) {
	var all []Candidates
	err := eachLine(filepath.Join(dir, candidatesFile), func(c *Candidates) error {
		for i := range c.Outputs {
			c.Outputs[i].Score, c.Outputs[i].Tokens = 0, 0
		}
		all = append(all, *c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	part, err := partOf(all)
	return map[string]string{answersPart: part}, err
}

func (w Generate) Run(ctx context.Context, env *Env, dir string) (err error) {
	all, err := ReadBugs(env.Results, w.Bugs)
	if err != nil {
		return err
	}
	bugs := Judgeable(all)
	a, err := w.answers(env, bugs)
	if err != nil {
		return err
	}
	switch {
	case w.Engine == nil: // also with nothing open: it names its recordings
		err = w.ask(ctx, env, a)
		if err == nil && len(a.recordings) > 0 {
			err = writeJSON(dir, recordingsFile, a.recordings)
		}
	case len(a.open) > 0:
		err = w.decode(ctx, env, a)
	}
	if err != nil {
		return err
	}
	out, err := createLines(dir, candidatesFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	for _, r := range bugs {
		c := a.given[r.Bug.Id]
		if c == nil {
			return fmt.Errorf("model %s gave no answer to bug %s", w.Network.Model.Name, r.Bug.Id)
		}
		if err := out.write(c); err != nil {
			return err
		}
	}
	return nil
}

// answers are the candidates of a running step, each on record once it is
// known.
type answers struct {
	env     *Env
	records *store.Records
	keys    map[string]store.Key // by bug
	given   map[string]*Candidates
	open    []*pb.Bug // still to be asked about; the reference fixes stay here
	total   int
	// recordings are those that answers are taken from.
	recordings []Recording
}

// answers finds those that are on record.
func (w Generate) answers(env *Env, bugs []*pb.BugRecord) (*answers, error) {
	a := &answers{env: env, keys: map[string]store.Key{}, given: map[string]*Candidates{}, total: len(bugs)}
	var err error
	if a.records, err = env.Store.Records("candidates"); err != nil {
		return nil, err
	}
	digests := map[string]string{}
	for _, in := range w.Inputs() {
		if in.Step == w.Bugs {
			continue
		}
		if digests[in.Name], err = env.Results.Part(in.Step, in.Part); err != nil {
			return nil, err
		}
	}
	for _, r := range bugs {
		text, err := marshalMessage(withoutLabels([]*pb.Bug{r.Bug})[0])
		if err != nil {
			return nil, err
		}
		key, err := store.NewKey("candidates", w.Version(), struct {
			Settings Generate          `json:"settings"`
			Inputs   map[string]string `json:"inputs"`
			Bug      string            `json:"bug"`
		}{w, digests, digest(text)})
		if err != nil {
			return nil, err
		}
		a.keys[r.Bug.Id] = key
		c := &Candidates{}
		switch found, err := a.records.Get(key, c); {
		case err != nil:
			return nil, err
		case found:
			a.given[r.Bug.Id] = c
		default:
			a.open = append(a.open, r.Bug)
		}
	}
	return a, nil
}

// take keeps an answer.
func (a *answers) take(c *Candidates) error {
	key, asked := a.keys[c.Bug]
	if !asked {
		return fmt.Errorf("there is an answer to bug %q, which nobody asked about", c.Bug)
	}
	a.given[c.Bug] = c
	a.env.Progress(int64(len(a.given)), int64(a.total), "bugs")
	return a.records.Put(key, c)
}

// ask lets the plugin generate.
func (w Generate) ask(ctx context.Context, env *Env, a *answers) error {
	model, err := env.Plugins.Model(ctx, w.Network.Model.Name)
	if err != nil {
		return err
	}
	request := &pb.GenerateRequest{
		Config: w.Network.Model.Config, BaseDir: w.Network.Model.BaseDir,
		AdapterType: w.Network.Adapter.Name, AdapterName: w.AdapterLabel, AdapterConfig: w.Network.Adapter.Config, PromptName: w.PromptLabel,
		BenchmarkType: w.Benchmark, Options: w.Options.message(),
		Candidates: w.Decoding.GetCandidates(), Bugs: withoutLabels(a.open),
	}
	return model.Generate(ctx, request, func(r *pb.GenerateResponse) error {
		if r.Recording != nil {
			a.recordings = append(a.recordings, Recording{r.Recording.Name, r.Recording.Bugs})
			return nil
		}
		c := &Candidates{Bug: r.Bug, Unrecorded: r.Unrecorded, Outputs: []Output{}}
		if r.Unrecorded && len(r.Candidates) > 0 {
			return fmt.Errorf("model %s says that nothing was recorded for bug %s, and gives candidates", w.Network.Model.Name, r.Bug)
		}
		for i, g := range r.Candidates {
			if i == int(w.Decoding.GetCandidates()) {
				break
			}
			c.Outputs = append(c.Outputs, Output{Text: g.Output, Published: g.PublishedVerdict, Patch: patchOf(g.Patch)})
			if (g.Patch == nil) != (r.Candidates[0].Patch == nil) {
				return fmt.Errorf("model %s says of some candidates of bug %s what they patch, and not of others", w.Network.Model.Name, r.Bug)
			}
		}
		return a.take(c)
	})
}

// Attempt is what is known of asking a model about a bug.
type Attempt struct {
	Refused string // why it is not asked; empty: it is
	Tokens  int    // of its prompt; 0: not known
}

// Attempts says of each bug whether the model is asked about it, and how long its
// prompt is. Checkpoint is the folder with the tokenizer; without it, empty, only
// what the family itself refuses is known.
func (w Generate) Attempts(ctx context.Context, env *Env, checkpoint string, built *pb.BuildResponse, bugs []*pb.Bug) ([]Attempt, error) {
	model, err := env.Plugins.Model(ctx, w.Network.Model.Name)
	if err != nil {
		return nil, err
	}
	prompts, err := w.Prompts(ctx, model, bugs)
	if err != nil {
		return nil, err
	}
	net := &network{built: built}
	if checkpoint != "" {
		if net.tokenizer, err = tokenizer.Load(checkpoint); err != nil {
			return nil, err
		}
	}
	attempts := make([]Attempt, len(bugs))
	for i, p := range prompts {
		attempts[i].Refused = p.GetRefused()
		if net.tokenizer == nil || p.GetRefused() != "" {
			continue
		}
		ids := net.promptIDs(p.GetText(), p.GetRest())
		attempts[i] = Attempt{w.refusal(p, ids, net), len(ids)}
	}
	return attempts, nil
}

// decode lets the engine generate.
func (w Generate) decode(ctx context.Context, env *Env, a *answers) error {
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	if w.Weights != "" {
		if net.state.Trained, err = trainedBy(env.Results, w.Weights); err != nil {
			return err
		}
	}
	bugs := a.open
	prompts, err := w.Prompts(ctx, net.model, bugs)
	if err != nil {
		return err
	}
	request := &pb.DecodeRequest{Model: net.state, Decoding: w.Decoding, Eos: net.built.Eos, Pad: net.built.Pad}
	stops := map[string][]string{} // by bug
	for i, p := range prompts {
		ids := net.promptIDs(p.GetText(), p.GetRest())
		if refused := w.refusal(p, ids, net); refused != "" {
			if err := a.take(&Candidates{Bug: bugs[i].Id, Refused: refused, Outputs: []Output{}}); err != nil {
				return err
			}
			continue
		}
		stops[bugs[i].Id] = p.GetStop()
		prompt := &pb.TokenPrompt{Id: bugs[i].Id, Ids: ids}
		if len(p.GetStop()) > 0 && !w.IgnoreStops {
			prompt.Stop = p.Stop
			if request.TokenTexts == nil {
				request.TokenTexts = tokenTexts(net)
			}
		}
		request.Prompts = append(request.Prompts, prompt)
	}
	if len(request.Prompts) == 0 {
		return nil
	}
	engine, err := env.engine(ctx, *w.Engine)
	if err != nil {
		return err
	}
	return engine.Decode(ctx, request, func(r *pb.DecodeResponse) error {
		c := &Candidates{Bug: r.Id, Outputs: []Output{}}
		for _, t := range r.Candidates {
			c.Outputs = append(c.Outputs, Output{Text: net.outputText(t.Ids, stops[r.Id]), Score: t.Score, Tokens: len(t.Ids)})
		}
		return a.take(c)
	})
}

// Prompter writes the prompts of a model family; model plugins do.
type Prompter interface {
	Prompt(context.Context, *pb.PromptRequest) (*pb.PromptResponse, error)
}

// Prompts asks the family for a prompt of each bug, or why there is none.
func (w Generate) Prompts(ctx context.Context, model Prompter, bugs []*pb.Bug) ([]*pb.Prompt, error) {
	response, err := model.Prompt(ctx, &pb.PromptRequest{Config: w.Network.Model.Config, Options: w.Options.message(), Bugs: withoutLabels(bugs)})
	if err != nil {
		return nil, err
	}
	if len(response.Prompts) != len(bugs) {
		return nil, fmt.Errorf("model %s wrote %d prompts for %d bugs", w.Network.Model.Name, len(response.Prompts), len(bugs))
	}
	return response.Prompts, nil
}

// withoutLabels gives bugs as models see them: without labels, some of which describe the
// fix.
func withoutLabels(bugs []*pb.Bug) []*pb.Bug {
	var bare []*pb.Bug
	for _, b := range bugs {
		one := proto.Clone(b).(*pb.Bug)
		one.Labels = nil
		bare = append(bare, one)
	}
	return bare
}

// tokenTexts are what the network's tokens add to a text, in which the engine
// looks for stop strings.
func tokenTexts(net *network) [][]byte {
	texts := make([][]byte, net.built.GetVocabulary())
	for id := range texts {
		texts[id] = net.tokenizer.TokenBytes(int32(id))
	}
	return texts
}

// refusal says why a prompt cannot be answered, or nothing.
func (w Generate) refusal(p *pb.Prompt, ids []int32, net *network) string {
	limit, grow := int(net.built.MaxPositions), int(w.Decoding.GetMaxNewTokens())
	switch {
	case p.GetRefused() != "":
		return p.Refused
	case len(ids) == 0:
		return "the prompt is empty"
	case w.MaxPromptLength > 0 && len(ids) > w.MaxPromptLength:
		return fmt.Sprintf("a prompt of %d tokens is longer than the study allows, %d", len(ids), w.MaxPromptLength)
	case net.built.Graph.GetEncoder() != nil: // prompt and answer have positions of their own
		if limit > 0 && max(len(ids), grow) > limit {
			return fmt.Sprintf("a prompt of %d tokens and %d new ones exceed the model's %d positions each", len(ids), grow, limit)
		}
	case limit > 0 && len(ids)+grow > limit:
		return fmt.Sprintf("a prompt of %d tokens leaves no room for %d new ones within the model's %d positions", len(ids), grow, limit)
	}
	return ""
}
