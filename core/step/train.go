package step

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	pb "harness/core/protocol/harnesspb"
	"harness/core/store"
)

// Options of prompts within a key.
type Options struct {
	BuggyLines bool `json:"buggy_lines"`
	FineTuned  bool `json:"fine_tuned"`
}

func (o Options) message() *pb.PromptOptions {
	return &pb.PromptOptions{BuggyLines: o.BuggyLines, FineTuned: o.FineTuned}
}

// Train runs one epoch segment. It leaves trained.safetensors,
// optimizer.safetensors, train.json, steps.jsonl and, where PEFT knows the
// method, the folder adapter/ in PEFT's format.
type Train struct {
	Engine       Plugin       `json:"engine"`
	Network      Network      `json:"network"`
	Dataset      store.Key    `json:"dataset"`
	Options      Options      `json:"options"`
	Optimization Optimization `json:"optimization"`
	Epoch        int          `json:"epoch"`              // 0-based
	Previous     store.Key    `json:"previous,omitempty"` // the segment before
	// Together is set where trainings are computed side by side.
	Together *Place `json:"together,omitempty"`
}

// TrainResult is train.json.
type TrainResult struct {
	Epoch          int     `json:"epoch"`            // 1-based: how many epochs the weights have seen
	Epochs         int     `json:"epochs,omitempty"` // of the whole run, where its schedule depends on it
	LearningRate   float64 `json:"learning_rate"`
	TrainLoss      float64 `json:"train_loss"`
	ValidationLoss float64 `json:"validation_loss"`
	// ExactMatch is the share of validation examples that greedy decoding
	// would get right to the last token; absent without validation examples.
	ExactMatch *float64 `json:"validation_exact_match,omitempty"`
	Diverged   string   `json:"diverged,omitempty"`
	Examples   int      `json:"examples"`
	Validation int      `json:"validation_examples"`
	Dropped    int      `json:"dropped"` // longer than the recipe allows
	Tokens     int64    `json:"tokens"`
	Longest    int      `json:"longest,omitempty"`     // tokens of an example
	MostLabels int      `json:"most_labels,omitempty"` // of an example
	// Together is how many trainings were computed side by side, this one among
	// them; Seconds is then its share.
	Together   int     `json:"together,omitempty"`
	Seconds    float64 `json:"seconds"`
	Trainable  int64   `json:"trainable_parameters"`
	All        int64   `json:"all_parameters"`
	PeakMemory int64   `json:"peak_memory_bytes,omitempty"`
	// MicroBatch is how many examples were computed at once in the end.
	MicroBatch int `json:"micro_batch,omitempty"`
	// Reduced says that memory allowed fewer at once than the study asks for.
	Reduced bool `json:"micro_batch_reduced,omitempty"`
}

func (Train) Kind() string       { return "train" }
func (Train) Version() int       { return 2 }
func (Train) Resource() Resource { return Device }

func (w Train) Needs() []store.Key {
	needs := []store.Key{w.Network.Snapshot, w.Dataset}
	if w.Previous != "" {
		needs = append(needs, w.Previous)
	}
	return needs
}

func (w Train) Run(ctx context.Context, env *Env, dir string) error {
	return w.RunTogether(ctx, []Part{{w, env, dir}})[0]
}

type trainStep struct {
	Step         int64   `json:"step"`
	Loss         float64 `json:"loss"`
	GradientNorm float64 `json:"gradient_norm"`
	LearningRate float64 `json:"learning_rate"`
	Tokens       int64   `json:"tokens"`
}

// finite makes a number that JSON can say; what it replaces is told in words
// beside it (diverged, no validation examples).
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.MaxFloat64
	}
	return x
}

// known is a number that is there: NaN stands for none.
func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

type tokenExamples struct {
	train, validation []*pb.TokenExample
	dropped           int
}

func (e *tokenExamples) longest() int {
	return e.most(func(x *pb.TokenExample) int { return len(x.Ids) })
}

func (e *tokenExamples) mostLabels() int {
	return e.most(func(x *pb.TokenExample) int { return len(x.Ids) - int(x.PromptLength) })
}

func (e *tokenExamples) most(of func(*pb.TokenExample) int) int {
	n := 0
	for _, x := range e.train {
		n = max(n, of(x))
	}
	return n
}

// examples turns samples into token ids. Plain text is joined end to end and
// cut into pieces of one length, as is usual in pretraining.
func (w Train) examples(ctx context.Context, env *Env, net *network) (*tokenExamples, error) {
	const batch = 512 // a message of a few megabytes at most
	out := &tokenExamples{}
	text := map[string]*packer{"train": {length: w.Optimization.MaxLength}, "validation": {length: w.Optimization.MaxLength}}
	var samples []*pb.Sample
	flush := func() error {
		if len(samples) == 0 {
			return nil
		}
		answer, err := net.model.Example(ctx, &pb.ExampleRequest{Config: w.Network.Model.Config, Options: w.Options.message(), Samples: samples})
		if err != nil {
			return err
		}
		if len(answer.Examples) != len(samples) {
			return fmt.Errorf("model %s made %d examples of %d samples", w.Network.Model.Name, len(answer.Examples), len(samples))
		}
		for i, e := range answer.Examples {
			example := net.tokenize(e)
			if _, plain := samples[i].Content.(*pb.Sample_Text); plain && w.Optimization.MaxLength > 0 {
				text[samples[i].Split].add(example)
				continue
			}
			switch {
			case w.Optimization.tooLong(example):
				out.dropped++
			case samples[i].Split == "validation":
				out.validation = append(out.validation, example)
			default:
				out.train = append(out.train, example)
			}
		}
		samples = samples[:0]
		return nil
	}
	err := readLines(env.Store, w.Dataset, "samples.jsonl", func(s *pb.Sample) error {
		if samples = append(samples, s); len(samples) == batch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return nil, err
	}
	out.train = append(out.train, text["train"].pieces...)
	out.validation = append(out.validation, text["validation"].pieces...)
	if len(out.train) == 0 {
		return nil, fmt.Errorf("no training examples: %d samples are longer than the recipe allows (max_length, max_prompt_length, max_target_length)", out.dropped)
	}
	return out, nil
}

// packer cuts a stream of texts into pieces of length tokens; what is left
// over at the end is not used.
type packer struct {
	length int
	stream []int32
	pieces []*pb.TokenExample
}

func (p *packer) add(e *pb.TokenExample) {
	p.stream = append(p.stream, e.Ids...)
	for len(p.stream) >= p.length {
		p.pieces = append(p.pieces, &pb.TokenExample{Ids: slices.Clone(p.stream[:p.length])})
		p.stream = p.stream[p.length:]
	}
}

// trainedFile is where a train or import step left its parameters.
func trainedFile(s *store.Store, key store.Key) string {
	return filepath.Join(s.Path(key), "trained.safetensors")
}
