package step

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	pb "harness/core/protocol/harnesspb"
)

// Examples turns samples into token ids, once for all epochs, rates and
// adapters. It leaves examples.jsonl, a TokenExample a line, and
// examples.json, an ExamplesSummary. Plain text is joined end to end and cut
// into chunks of one length, as is usual in pretraining.
type Examples struct {
	Model    Plugin  `json:"model"`
	Snapshot ID      `json:"-"` // the checkpoint, whose tokenizer it is
	Dataset  ID      `json:"-"`
	Options  Options `json:"options"`
	Lengths  Lengths `json:"lengths"`
	// Choice says that one of several trainings is to be chosen, which takes
	// validation examples.
	Choice bool `json:"-"`
}

// Lengths bound examples in tokens; 0: not. Longer pairs are dropped, and plain
// text is cut into chunks of Max tokens.
type Lengths struct {
	Max       int `json:"max_length,omitempty"`
	MaxPrompt int `json:"max_prompt_length,omitempty"`
	MaxTarget int `json:"max_target_length,omitempty"`
}

// TokenExample is a line of examples.jsonl. The first Prompt of the ids are the
// prompt, on which nothing is learnt.
type TokenExample struct {
	Split  string  `json:"split"` // train, validation
	Prompt int     `json:"prompt,omitempty"`
	IDs    []int32 `json:"ids"`
}

// ExamplesSummary is examples.json.
type ExamplesSummary struct {
	Samples    int `json:"samples"` // that were read
	Train      int `json:"train"`
	Validation int `json:"validation"`
	// TooLong counts the samples that the recipe's lengths leave out, and Beyond
	// those of the others that are longer than the network has positions.
	TooLong int `json:"too_long"`
	Beyond  int `json:"beyond_positions"`
	// Positions of the network; 0: it has no limit.
	Positions int `json:"positions,omitempty"`
	// Tokens of the training examples, and the most of one example: of all its
	// tokens, and of those to learn.
	Tokens     int64 `json:"tokens"`
	Longest    int   `json:"longest"`
	MostLabels int   `json:"most_labels"`
}

func (Examples) Kind() string       { return "examples" }
func (Examples) Version() int       { return 2 }
func (Examples) Resource() Resource { return IO }

func (w Examples) Inputs() []Input {
	return inputs(Network{Snapshot: w.Snapshot}.input(), Input{"samples", w.Dataset, SamplesPart})
}

// TokensPart is the part of an examples step that is trained on.
const TokensPart = "tokens"

const examplesFile = "examples.jsonl"

// Parts implements [Divisible].
func (Examples) Parts(dir string) (map[string]string, error) {
	return fileParts(dir, map[string]string{TokensPart: examplesFile})
}

func (w Examples) Run(ctx context.Context, env *Env, dir string) (err error) {
	net, err := Network{Model: w.Model, Snapshot: w.Snapshot}.open(ctx, env)
	if err != nil {
		return err
	}
	positions := int(net.built.MaxPositions)
	out, err := createLines(dir, examplesFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	t := &tokenizing{Examples: w, net: net, out: out, text: map[string]*packer{"train": {length: w.Lengths.Max}, "validation": {length: w.Lengths.Max}}}
	t.sum.Positions = positions
	err = readLines(env.Results, w.Dataset, "samples.jsonl", func(s *pb.Sample) error {
		if t.samples = append(t.samples, s); len(t.samples) == samplesPerMessage {
			env.Progress(int64(t.sum.Samples), 0, "samples")
			return t.flush(ctx)
		}
		return nil
	})
	if err == nil {
		err = t.flush(ctx)
	}
	if err != nil {
		return err
	}
	for _, split := range []string{"train", "validation"} {
		for _, chunk := range t.text[split].chunks {
			if err := t.keep(split, chunk); err != nil {
				return err
			}
		}
	}
	if t.sum.Train == 0 {
		return fmt.Errorf("no training examples: of %d samples %d are longer than the recipe allows (max_length, max_prompt_length, max_target_length) and %d longer than the network's %d positions",
			t.sum.Samples, t.sum.TooLong, t.sum.Beyond, positions)
	}
	if w.Choice && t.sum.Validation == 0 {
		return errNoValidation
	}
	return writeJSON(dir, "examples.json", t.sum)
}

// errNoValidation is the mistake of a grid of several points on data without a
// validation split: found before anything is trained.
var errNoValidation = errors.New("the grid has several points and there are no validation examples to choose among them: set some apart, such as split = { validation = 0.05 }")

// samplesPerMessage keeps a message to a model plugin at a few megabytes.
const samplesPerMessage = 512

// tokenizing is the state of a running Examples step.
type tokenizing struct {
	Examples
	net     *network
	out     *lineWriter
	samples []*pb.Sample       // not yet tokenized
	text    map[string]*packer // by split
	sum     ExamplesSummary
}

func (t *tokenizing) flush(ctx context.Context) error {
	if len(t.samples) == 0 {
		return nil
	}
	model := t.Model
	answer, err := t.net.model.Example(ctx, &pb.ExampleRequest{Config: model.Config, Options: t.Options.message(), Samples: t.samples})
	if err != nil {
		return err
	}
	if len(answer.Examples) != len(t.samples) {
		return fmt.Errorf("model %s made %d examples of %d samples", model.Name, len(answer.Examples), len(t.samples))
	}
	for i, e := range answer.Examples {
		t.sum.Samples++
		example, split := t.net.tokenize(e), t.samples[i].Split
		_, plain := t.samples[i].Content.(*pb.Sample_Text)
		switch {
		case plain && t.sum.Positions > 0 && t.Lengths.Max > t.sum.Positions && !t.net.encodes():
			return fmt.Errorf("plain text is cut into chunks of max_length = %d tokens, and the network has %d positions: lower max_length", t.Lengths.Max, t.sum.Positions)
		case plain && t.Lengths.Max > 0:
			t.text[split].add(example)
		case t.Lengths.exceededBy(example):
			t.sum.TooLong++
		case t.beyondPositions(example):
			t.sum.Beyond++
		default:
			if err := t.keep(split, example); err != nil {
				return err
			}
		}
	}
	t.samples = t.samples[:0]
	return nil
}

func (t *tokenizing) keep(split string, e *pb.TokenExample) error {
	if split == "validation" {
		t.sum.Validation++
	} else {
		t.sum.Train++
		t.sum.Tokens += int64(len(e.Ids))
		t.sum.Longest = max(t.sum.Longest, len(e.Ids))
		t.sum.MostLabels = max(t.sum.MostLabels, len(e.Ids)-int(e.PromptLength))
	}
	return t.out.write(TokenExample{split, int(e.PromptLength), e.Ids})
}

// beyondPositions reports whether the network has no positions for an example.
// Where an encoder reads the prompt, both parts have positions of their own.
func (t *tokenizing) beyondPositions(e *pb.TokenExample) bool {
	length := len(e.Ids)
	if t.net.encodes() {
		length = max(int(e.PromptLength), length-int(e.PromptLength))
	}
	return t.sum.Positions > 0 && length > t.sum.Positions
}

// exceededBy reports whether an example is dropped.
func (l Lengths) exceededBy(e *pb.TokenExample) bool {
	exceeds := func(n, limit int) bool { return limit > 0 && n > limit }
	prompt := int(e.PromptLength)
	return exceeds(len(e.Ids), l.Max) || exceeds(prompt, l.MaxPrompt) || exceeds(len(e.Ids)-prompt, l.MaxTarget)
}

// packer cuts a stream of texts into chunks of length tokens; what is left
// over at the end is not used.
type packer struct {
	length int
	stream []int32
	chunks []*pb.TokenExample
}

func (p *packer) add(e *pb.TokenExample) {
	p.stream = append(p.stream, e.Ids...)
	for len(p.stream) >= p.length {
		p.chunks = append(p.chunks, &pb.TokenExample{Ids: slices.Clone(p.stream[:p.length])})
		p.stream = p.stream[p.length:]
	}
}

// tokenExamples are the examples of a finished step.
type tokenExamples struct {
	sum               ExamplesSummary
	train, validation []*pb.TokenExample
}

func readExamples(r *Results, id ID) (*tokenExamples, error) {
	out := &tokenExamples{}
	if err := r.ReadJSON(id, "examples.json", &out.sum); err != nil {
		return nil, err
	}
	err := readLines(r, id, examplesFile, func(e *TokenExample) error {
		example := &pb.TokenExample{Ids: e.IDs, PromptLength: int32(e.Prompt)}
		if e.Split == "validation" {
			out.validation = append(out.validation, example)
		} else {
			out.train = append(out.train, example)
		}
		return nil
	})
	return out, err
}

// trainedFile is where train and import steps leave their parameters.
const trainedFile = "trained.safetensors"

func trainedPath(dir string) string { return filepath.Join(dir, trainedFile) }
