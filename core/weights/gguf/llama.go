package gguf

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"harness/core/weights/safetensors"
)

const architecture = "llama"

// llamaConfig is the config.json of a LlamaForCausalLM.
type llamaConfig struct {
	Architectures []string       `json:"architectures"`
	ModelType     string         `json:"model_type"`
	Activation    string         `json:"hidden_act"`
	Hidden        int64          `json:"hidden_size"`
	Intermediate  int64          `json:"intermediate_size"`
	Layers        int64          `json:"num_hidden_layers"`
	Heads         int64          `json:"num_attention_heads"`
	KeyHeads      int64          `json:"num_key_value_heads"`
	HeadDim       int64          `json:"head_dim"`
	Eps           float64        `json:"rms_norm_eps"`
	Theta         float64        `json:"rope_theta"`
	Scaling       map[string]any `json:"rope_scaling"`
	Positions     int64          `json:"max_position_embeddings"`
	Vocab         int64          `json:"vocab_size"`
	Tied          bool           `json:"tie_word_embeddings"`
	AttentionBias bool           `json:"attention_bias"`
	MLPBias       bool           `json:"mlp_bias"`
	BOS           *int64         `json:"bos_token_id,omitempty"`
	EOS           *int64         `json:"eos_token_id,omitempty"`
	PAD           *int64         `json:"pad_token_id,omitempty"`
}

// llama reads the metadata of a llama and finds its tensors.
func (c *Checkpoint) llama() ([]byte, error) {
	m := metadata{values: c.file.metadata}
	if got := m.text("general.architecture"); m.err == nil && got != architecture {
		return nil, fmt.Errorf("general.architecture is %q; only %q is read", got, architecture)
	}
	if n := m.optional("split.count", 0); n > 1 {
		return nil, fmt.Errorf("is one of %d files (split.count): merge them first", n)
	}
	config := llamaConfig{
		Architectures: []string{"LlamaForCausalLM"}, ModelType: "llama", Activation: "silu",
		Hidden:       m.whole("llama.embedding_length"),
		Intermediate: m.whole("llama.feed_forward_length"),
		Layers:       m.whole("llama.block_count"),
		Heads:        m.whole("llama.attention.head_count"),
		Eps:          m.real("llama.attention.layer_norm_rms_epsilon"),
		Positions:    m.whole("llama.context_length"),
		Theta:        m.optionalReal("llama.rope.freq_base", 10000),
		BOS:          m.id("tokenizer.ggml.bos_token_id"),
		EOS:          m.id("tokenizer.ggml.eos_token_id"),
		PAD:          m.id("tokenizer.ggml.padding_token_id"),
	}
	config.KeyHeads = m.optional("llama.attention.head_count_kv", config.Heads)
	if m.err != nil {
		return nil, m.err
	}
	// Every layer has tensors, so a file with fewer tensors than layers is wrong.
	if config.Layers > int64(len(c.file.names)) {
		return nil, fmt.Errorf("llama.block_count is %d, the file has %d tensors", config.Layers, len(c.file.names))
	}
	if err := config.heads(&m); err != nil {
		return nil, err
	}
	if err := c.findTensors(&config); err != nil {
		return nil, err
	}
	if err := config.rope(&m, c.file); err != nil {
		return nil, err
	}
	if err := m.nothingElse("llama."); err != nil {
		return nil, err
	}
	return json.MarshalIndent(config, "", "  ")
}

// heads checks the numbers that the order of rows depends on.
func (config *llamaConfig) heads(m *metadata) error {
	if config.Heads < 1 || config.KeyHeads < 1 || config.Heads%config.KeyHeads != 0 || config.Heads > 1<<20 {
		return fmt.Errorf("%d heads (llama.attention.head_count) with %d of keys (head_count_kv)", config.Heads, config.KeyHeads)
	}
	width := config.Hidden / config.Heads
	config.HeadDim = m.optional("llama.attention.key_length", m.optional("llama.rope.dimension_count", width))
	values := m.optional("llama.attention.value_length", config.HeadDim)
	rotated := m.optional("llama.rope.dimension_count", config.HeadDim)
	if m.err != nil {
		return m.err
	}
	if config.HeadDim < 2 || config.HeadDim%2 != 0 || values != config.HeadDim || rotated != config.HeadDim {
		return fmt.Errorf("heads of %d, values of %d, %d of them rotated: these must be equal and even", config.HeadDim, values, rotated)
	}
	return nil
}

// rope reads the scaling of positions.
func (config *llamaConfig) rope(m *metadata, f *File) error {
	kind := m.optionalText("llama.rope.scaling.type", "none")
	factor := m.optionalReal("llama.rope.scaling.factor", m.optionalReal("llama.rope.scale_linear", 1))
	original := m.optional("llama.rope.scaling.original_context_length", 0)
	m.known("llama.rope.scaling.finetuned")
	if m.err != nil {
		return m.err
	}
	_, table := f.entries["rope_freqs.weight"]
	switch {
	case table && kind != "none":
		return fmt.Errorf("rope scaling %q and the tensor rope_freqs.weight: only one can be read", kind)
	case table:
		return config.ropeTable(f)
	case kind == "none" && factor != 1:
		// Older files have no kind; then only linear scaling existed.
		kind = "linear"
	}
	switch kind {
	case "none":
	case "linear":
		config.Scaling = map[string]any{"type": kind, "rope_type": kind, "factor": factor}
	case "yarn":
		config.Scaling = map[string]any{"type": kind, "rope_type": kind, "factor": factor}
		if original > 0 {
			config.Scaling["original_max_position_embeddings"] = original
		}
	default:
		return fmt.Errorf("llama.rope.scaling.type %q is not read, only none, linear and yarn are", kind)
	}
	return nil
}

// ropeTable recognises Llama 3's scaling, which files store as a table of divisors of
// the frequencies.
func (config *llamaConfig) ropeTable(f *File) error {
	t, err := f.Tensor("rope_freqs.weight")
	if err != nil {
		return err
	}
	factors, err := t.Float32()
	if err != nil {
		return err
	}
	if int64(len(factors)) != config.HeadDim/2 || !(slices.Max(factors) < 1<<20) {
		return fmt.Errorf("tensor rope_freqs.weight has %d factors, heads of %d need %d finite ones", len(factors), config.HeadDim, config.HeadDim/2)
	}
	const low, high, original = 1, 4, 8192
	factor := float64(slices.Max(factors))
	for i, got := range factors {
		wavelength := 2 * math.Pi * math.Pow(config.Theta, 2*float64(i)/float64(config.HeadDim))
		want := 1.0
		if wavelength > original/low {
			want = factor
		} else if wavelength > original/high {
			smooth := (original/wavelength - low) / (high - low)
			want = 1 / ((1-smooth)/factor + smooth)
		}
		if !(math.Abs(want-float64(got)) <= 1e-4*want) {
			return errors.New("tensor rope_freqs.weight holds other factors than Llama 3's scaling (8192 positions, 1 to 4) gives; put the model's safetensors there instead")
		}
	}
	config.Scaling = map[string]any{
		"rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high, "original_max_position_embeddings": original,
	}
	return nil
}

// findTensors names the file's tensors as Hugging Face does and checks their
// shapes against the configuration.
func (c *Checkpoint) findTensors(config *llamaConfig) error {
	attention, mlp := biases{}, biases{}
	for _, name := range c.file.names {
		if name == "rope_freqs.weight" {
			continue
		}
		as, ok := tensorName(name, config.Layers)
		if !ok {
			return fmt.Errorf("tensor %q does not belong to a llama of %d layers", name, config.Layers)
		}
		from := origin{name: name}
		switch {
		case strings.HasSuffix(as, ".q_proj.weight"), strings.HasSuffix(as, ".q_proj.bias"):
			from.heads = int(config.Heads)
		case strings.HasSuffix(as, ".k_proj.weight"), strings.HasSuffix(as, ".k_proj.bias"):
			from.heads = int(config.KeyHeads)
		}
		if err := checkRows(c.file.entries[name].info, from.heads, config.HeadDim); err != nil {
			return err
		}
		attention.count(as, ".self_attn.")
		mlp.count(as, ".mlp.")
		c.tensors[as] = from
	}
	embedding, ok := c.tensors["model.embed_tokens.weight"]
	shape := c.file.entries[embedding.name].info.Shape
	if !ok || len(shape) != 2 || int64(shape[1]) != config.Hidden {
		return fmt.Errorf("tensor token_embd.weight has the shape %v, llama.embedding_length is %d", shape, config.Hidden)
	}
	config.Vocab = int64(shape[0])
	_, head := c.tensors["lm_head.weight"]
	config.Tied = !head
	var err error
	if config.AttentionBias, err = attention.all("attention"); err != nil {
		return err
	}
	config.MLPBias, err = mlp.all("feed-forward")
	return err
}

// checkRows checks that the order of rows can be restored.
func checkRows(info safetensors.Info, heads int, headDim int64) error {
	if heads > 0 && (len(info.Shape) == 0 || int64(info.Shape[0]) != int64(heads)*headDim) {
		return fmt.Errorf("tensor %q has the shape %v, %d heads of %d need %d rows", info.Name, info.Shape, heads, headDim, int64(heads)*headDim)
	}
	return nil
}

// biases counts a group's modules with and without biases.
type biases struct{ weights, biases int }

func (b *biases) count(name, group string) {
	switch {
	case !strings.Contains(name, group):
	case strings.HasSuffix(name, ".bias"):
		b.biases++
	default:
		b.weights++
	}
}

// all reports whether every module has a bias. It fails if only some have one,
// because the configuration cannot express that.
func (b biases) all(what string) (bool, error) {
	if b.biases != 0 && b.biases != b.weights {
		return false, fmt.Errorf("%d of %d %s modules have a bias: a llama's configuration cannot express that", b.biases, b.weights, what)
	}
	return b.biases > 0, nil
}

// tensorName turns a file's name into Hugging Face's.
func tensorName(name string, layers int64) (string, bool) {
	switch name {
	case "token_embd.weight":
		return "model.embed_tokens.weight", true
	case "output_norm.weight":
		return "model.norm.weight", true
	case "output.weight":
		return "lm_head.weight", true
	}
	rest, ok := strings.CutPrefix(name, "blk.")
	number, rest, dotted := strings.Cut(rest, ".")
	module, kind, also := strings.Cut(rest, ".")
	layer, err := strconv.ParseInt(number, 10, 32)
	if !ok || !dotted || !also || err != nil || layer < 0 || layer >= layers || strconv.FormatInt(layer, 10) != number {
		return "", false
	}
	as, ok := map[string]string{
		"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
		"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
		"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
	}[module]
	norm := strings.HasSuffix(as, "layernorm")
	if !ok || kind != "weight" && (kind != "bias" || norm) {
		return "", false
	}
	return fmt.Sprintf("model.layers.%d.%s.%s", layer, as, kind), true
}
