package step

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
	"harness/core/weights/tokenizer"
)

// Init makes a checkpoint from nothing: a byte-level BPE tokenizer trained on
// a data set, and weights drawn from the graph's initializers.
type Init struct {
	Model      Plugin          `json:"model"`
	Config     json.RawMessage `json:"config"` // config.json, without what the tokenizer decides
	Dataset    ID              `json:"-"`
	Vocabulary int             `json:"vocabulary"`
	// Tokens are the special ones, the first ids in this order.
	Tokens []string `json:"tokens"`
	// EndToken ends texts; BeginToken and PadToken may be empty: what begins
	// is the end token then, and the config says no padding.
	EndToken   string `json:"end_token"`
	BeginToken string `json:"begin_token,omitempty"`
	PadToken   string `json:"pad_token,omitempty"`
	Seed       uint64 `json:"seed"`
}

func (Init) Kind() string       { return "init" }
func (Init) Version() int       { return 3 }
func (w Init) Inputs() []Input  { return []Input{{"samples", w.Dataset, SamplesPart}} }
func (Init) Resource() Resource { return IO }

func (w Init) Run(ctx context.Context, env *Env, dir string) error {
	var readErr error
	vocabulary, err := tokenizer.TrainBPE(w.texts(env, &readErr), w.Vocabulary, w.Tokens)
	if err := errors.Join(readErr, err); err != nil {
		return fmt.Errorf("train tokenizer: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), vocabulary, 0o644); err != nil {
		return err
	}
	if err := writeJSON(dir, "tokenizer_config.json", w.roles()); err != nil {
		return err
	}
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return err
	}
	config, err := w.config(tok)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644); err != nil {
		return err
	}
	model, err := env.Plugins.Model(ctx, w.Model.Name)
	if err != nil {
		return err
	}
	built, err := model.Build(ctx, &pb.BuildRequest{Config: w.Model.Config, CheckpointConfig: config})
	if err != nil {
		return err
	}
	tensors, err := initialWeights(built.Graph, w.Seed)
	if err != nil {
		return err
	}
	return safetensors.Write(filepath.Join(dir, "model.safetensors"), tensors, map[string]string{"format": "pt"})
}

// texts yields every text of the training split, whatever the shape of its
// samples: a tokenizer sees all that the model will.
func (w Init) texts(env *Env, failed *error) iter.Seq[string] {
	return func(yield func(string) bool) {
		err := readLines(env.Results, w.Dataset, "samples.jsonl", func(s *pb.Sample) error {
			if s.Split != "train" {
				return nil
			}
			text := s.GetText()
			if p := s.GetPair(); p != nil {
				text = p.Before + p.Buggy + p.After + p.Fixed
			}
			if !yield(text) {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			*failed = err
		}
	}
}

// roles is tokenizer_config.json: what transformers' AutoTokenizer needs beside
// tokenizer.json.
func (w Init) roles() map[string]any {
	roles := map[string]any{
		"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": w.EndToken, "bos_token": cmp.Or(w.BeginToken, w.EndToken),
		// Older versions of transformers would otherwise give a model
		// token_type_ids, and take blanks before full stops out of its texts.
		"model_input_names": []string{"input_ids", "attention_mask"}, "clean_up_tokenization_spaces": false,
	}
	if w.PadToken != "" {
		roles["pad_token"] = w.PadToken
	}
	return roles
}

// floats are the keys of config.json whose values transformers 5 refuses where
// they are written as whole numbers. A study's numbers have no such difference.
func floats() []string {
	return []string{"initializer_factor", "initializer_range", "layer_norm_epsilon", "norm_epsilon", "rms_norm_eps"}
}

// Draft is config.json as it will be, but that the tokenizer may turn out
// smaller: enough for the shape of the network.
func (w Init) Draft() ([]byte, error) {
	return w.configWith(w.Vocabulary, func(content string) (int32, bool) {
		at := slices.Index(w.Tokens, content)
		return int32(at), at >= 0
	})
}

func (w Init) config(tok *tokenizer.Tokenizer) ([]byte, error) {
	return w.configWith(tok.VocabSize(), tok.TokenID)
}

func (w Init) configWith(vocabulary int, tokenID func(string) (int32, bool)) ([]byte, error) {
	config := map[string]any{}
	if err := json.Unmarshal(w.Config, &config); err != nil {
		return nil, fmt.Errorf("scratch.config: %w", err)
	}
	config["vocab_size"], config["dtype"] = vocabulary, "float32"
	for _, key := range floats() {
		if x, ok := config[key].(float64); ok && x == math.Trunc(x) {
			config[key] = json.RawMessage(strconv.FormatFloat(x, 'f', 1, 64))
		}
	}
	for role, content := range map[string]string{
		"eos_token_id": w.EndToken, "bos_token_id": cmp.Or(w.BeginToken, w.EndToken), "pad_token_id": w.PadToken,
	} {
		if content == "" {
			continue
		}
		id, ok := tokenID(content)
		if !ok {
			return nil, fmt.Errorf("the new tokenizer has no %s", content)
		}
		config[role] = id
	}
	return json.MarshalIndent(config, "", "  ")
}

// initialWeights draws the parameters and names them as a checkpoint would.
func initialWeights(graph *pb.Graph, seed uint64) ([]safetensors.Tensor, error) {
	program, err := ir.Expand(graph)
	if err != nil {
		return nil, err
	}
	var tensors []safetensors.Tensor
	for _, p := range program.Parameters {
		values, err := ir.Initialize(p, seed)
		if err != nil {
			return nil, err
		}
		t, err := checkpointTensor(p, values)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// checkpointTensor stores a parameter's values as its checkpoint names and
// lays them out.
func checkpointTensor(p ir.Param, values []float32) (safetensors.Tensor, error) {
	if len(p.Tensors) == 0 {
		return safetensors.Tensor{}, fmt.Errorf("parameter %s names no checkpoint tensor: it cannot be saved in a checkpoint", p.Name)
	}
	shape := p.Shape
	if p.Transpose {
		values, shape = transposed(values, shape)
	}
	return safetensors.FromFloat32(p.Tensors[0], shape, values), nil
}

// transposed swaps the axes of a matrix [rows, columns], row-major.
func transposed(values []float32, shape []int64) ([]float32, []int64) {
	rows, columns := int(shape[0]), int(shape[1])
	out := make([]float32, len(values))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = values[r*columns+c]
		}
	}
	return out, []int64{shape[1], shape[0]}
}
