package gguf_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/gguf"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// names are those of a llama's tensors, Hugging Face's first; %d is a layer.
var names = map[string]string{
	"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
	"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
	"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
	"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}

// convert writes a llama's checkpoint as llama.cpp's converter does, but for the
// tokenizer.
func convert(t *testing.T, s *snapshot.Snapshot) writer {
	t.Helper()
	var c struct {
		Hidden   int     `json:"hidden_size"`
		FF       int     `json:"intermediate_size"`
		Layers   int     `json:"num_hidden_layers"`
		Heads    int     `json:"num_attention_heads"`
		KeyHeads int     `json:"num_key_value_heads"`
		Eps      float64 `json:"rms_norm_eps"`
		Theta    float64 `json:"rope_theta"`
		Scaling  struct {
			Type   string
			Factor float64
		} `json:"rope_scaling"`
		Rope struct { // as newer configurations spell it
			Theta float64 `json:"rope_theta"`
		} `json:"rope_parameters"`
		Positions int `json:"max_position_embeddings"`
	}
	if err := json.Unmarshal(s.Config(), &c); err != nil {
		t.Fatal(err)
	}
	c.Theta = max(c.Theta, c.Rope.Theta)
	w := writer{metadata: map[string]any{
		"general.architecture": "llama", "llama.embedding_length": c.Hidden, "llama.feed_forward_length": c.FF, "llama.block_count": c.Layers,
		"llama.attention.head_count": c.Heads, "llama.attention.head_count_kv": c.KeyHeads, "llama.attention.layer_norm_rms_epsilon": c.Eps,
		"llama.rope.freq_base": c.Theta, "llama.context_length": c.Positions,
	}}
	if c.Scaling.Type != "" {
		w.metadata["llama.rope.scaling.type"] = c.Scaling.Type
		w.metadata["llama.rope.scaling.factor"] = c.Scaling.Factor
	}
	for _, name := range s.Names() {
		x, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		module, kind := name[:strings.LastIndex(name, ".")], name[strings.LastIndex(name, "."):]
		prefix := ""
		if rest, ok := strings.CutPrefix(module, "model.layers."); ok {
			layer, rest, _ := strings.Cut(rest, ".")
			prefix, module = "blk."+layer+".", rest
		}
		data := x.Data
		switch module {
		case "self_attn.q_proj":
			data = permuted(x, c.Heads)
		case "self_attn.k_proj":
			data = permuted(x, c.KeyHeads)
		}
		number := map[safetensors.DType]uint32{safetensors.F32: 0, safetensors.F16: 1, safetensors.BF16: 30}[x.DType]
		w.tensors = append(w.tensors, stored{prefix + names[module] + kind, number, x.Shape, data})
	}
	return w
}

// write puts a file into a folder of its own.
func write(t *testing.T, w writer) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model.gguf"), w.bytes(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// llamas lists the fixtures of llama's architecture.
func llamas(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, dir := range needs.Checkpoints(t, "config.json") {
		text, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"LlamaForCausalLM"`) {
			out = append(out, dir)
		}
	}
	return out
}

// A converted llama reads as the checkpoint that it was.
func TestParityLlama(t *testing.T) {
	for _, dir := range llamas(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			original, err := snapshot.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer original.Close()
			converted := write(t, convert(t, original))
			s, err := snapshot.Open(converted)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			want, err := safetensors.ReadAll(original)
			if err != nil {
				t.Fatal(err)
			}
			got, err := safetensors.ReadAll(s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(original.Names(), s.Names()); diff != "" {
				t.Error(diff)
			}
			for name, x := range want {
				if !cmp.Equal(got[name], x) {
					t.Errorf("tensor %q differs", name)
				}
				err := safetensors.View(s, name, func(seen safetensors.Tensor) error {
					if !cmp.Equal(seen, x) {
						t.Errorf("a view of tensor %q differs", name)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			var wanted, config map[string]any
			if err := json.Unmarshal(original.Config(), &wanted); err != nil {
				t.Fatal(err)
			}
			summary, err := snapshot.Summarize(converted)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(summary.Config, &config); err != nil {
				t.Fatal(err)
			}
			if rope, ok := wanted["rope_parameters"].(map[string]any); ok {
				wanted["rope_theta"] = rope["rope_theta"]
			}
			for _, key := range []string{
				"model_type", "architectures", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
				"rms_norm_eps", "rope_theta", "max_position_embeddings", "vocab_size", "tie_word_embeddings", "hidden_act",
			} {
				if diff := cmp.Diff(wanted[key], config[key]); diff != "" {
					t.Errorf("%s: %s", key, diff)
				}
			}
			scaling, _ := wanted["rope_scaling"].(map[string]any)
			found, _ := config["rope_scaling"].(map[string]any)
			if scaling["factor"] != found["factor"] || scaling["type"] != found["type"] {
				t.Errorf("rope_scaling is %v, want %v", found, scaling)
			}
		})
	}
}

// tiny is a llama of one layer.
func tiny() writer {
	zeros := func(name string, shape ...int) stored {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return stored{name, 0, shape, make([]byte, 4*n)}
	}
	return writer{
		metadata: map[string]any{
			"general.architecture": "llama", "llama.embedding_length": 4, "llama.feed_forward_length": 6, "llama.block_count": 1,
			"llama.attention.head_count": 2, "llama.attention.head_count_kv": 1, "llama.attention.layer_norm_rms_epsilon": 1e-5,
			"llama.context_length": 64, "llama.rope.dimension_count": 2,
			"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": []string{"<unk>", "<s>", "</s>", "a", "b", "ab", "▁", "▁a"},
			"tokenizer.ggml.token_type": []int{2, 3, 3, 1, 1, 1, 1, 1}, "tokenizer.ggml.scores": []float64{0, 0, 0, -5, -6, -1, -3, -2},
			"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
		},
		tensors: []stored{
			zeros("token_embd.weight", 8, 4), zeros("output_norm.weight", 4), zeros("blk.0.attn_norm.weight", 4), zeros("blk.0.ffn_norm.weight", 4),
			zeros("blk.0.attn_q.weight", 4, 4), zeros("blk.0.attn_k.weight", 2, 4), zeros("blk.0.attn_v.weight", 2, 4), zeros("blk.0.attn_output.weight", 4, 4),
			zeros("blk.0.ffn_gate.weight", 6, 4), zeros("blk.0.ffn_up.weight", 6, 4), zeros("blk.0.ffn_down.weight", 4, 6),
		},
	}
}

func open(t *testing.T, w writer) (*gguf.Checkpoint, error) {
	t.Helper()
	f, err := newFile(w.bytes(t))
	if err != nil {
		t.Fatal(err)
	}
	return gguf.NewCheckpoint(f)
}

func TestConfiguration(t *testing.T) {
	// Llama 3's factors for heads of 8 and theta 500000, from its definition.
	llama3 := []float32{1, 1, 1, 0}
	for i := range llama3 {
		wavelength := 2 * math.Pi * math.Pow(500000, float64(i)/4)
		switch {
		case wavelength > 8192:
			llama3[i] = 32
		case wavelength > 2048:
			smooth := (8192/wavelength - 1) / 3
			llama3[i] = float32(1 / ((1-smooth)/32 + smooth))
		}
	}
	tests := map[string]struct {
		change func(*writer)
		want   map[string]any
	}{
		"as it is": {func(*writer) {}, map[string]any{
			"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "vocab_size": 8.0, "head_dim": 2.0, "num_key_value_heads": 1.0,
			"bos_token_id": 1.0, "eos_token_id": 2.0, "attention_bias": false, "rope_scaling": nil,
		}},
		"head of its own": {
			func(w *writer) {
				w.tensors = append(w.tensors, f32("output.weight", []int{8, 4}, make([]float32, 32)...))
			},
			map[string]any{"tie_word_embeddings": false},
		},
		"yarn": {
			func(w *writer) {
				maps.Copy(w.metadata, map[string]any{"llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 4.0, "llama.rope.scaling.original_context_length": 16})
			},
			map[string]any{"rope_scaling": map[string]any{"type": "yarn", "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16.0}},
		},
		"biases": {
			func(w *writer) {
				w.tensors = append(w.tensors, f32("blk.0.attn_q.bias", []int{4}, 1, 2, 3, 4), f32("blk.0.attn_k.bias", []int{2}, 1, 2),
					f32("blk.0.attn_v.bias", []int{2}, 1, 2), f32("blk.0.attn_output.bias", []int{4}, 1, 2, 3, 4))
			},
			map[string]any{"attention_bias": true, "mlp_bias": false},
		},
		"Llama 3's positions": {
			func(w *writer) {
				maps.Copy(w.metadata, map[string]any{"llama.embedding_length": 8, "llama.attention.head_count": 1, "llama.rope.dimension_count": 8, "llama.rope.freq_base": 500000.0})
				w.tensors = []stored{f32("token_embd.weight", []int{1, 8}, make([]float32, 8)...), f32("rope_freqs.weight", []int{4}, llama3...)}
			},
			map[string]any{"rope_scaling": map[string]any{
				"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192.0}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := tiny()
			test.change(&w)
			c, err := open(t, w)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(c.Config(), &got); err != nil {
				t.Fatal(err)
			}
			for key, want := range test.want {
				if diff := cmp.Diff(want, got[key]); diff != "" {
					t.Errorf("%s: %s", key, diff)
				}
			}
		})
	}
}

func TestWhatNoLlamaHasIsRefusedByName(t *testing.T) {
	set := func(key string, value any) func(*writer) { return func(w *writer) { w.metadata[key] = value } }
	without := func(key string) func(*writer) { return func(w *writer) { delete(w.metadata, key) } }
	add := func(x stored) func(*writer) { return func(w *writer) { w.tensors = append(w.tensors, x) } }
	tests := map[string]struct {
		change func(*writer)
		want   string
	}{
		"architecture":          {set("general.architecture", "qwen2"), `"qwen2"`},
		"no architecture":       {without("general.architecture"), "general.architecture: is missing"},
		"one of several":        {set("split.count", 3), "split.count"},
		"no layers":             {without("llama.block_count"), "llama.block_count: is missing"},
		"layers beyond":         {set("llama.block_count", 1_000_000), "llama.block_count"},
		"text for a number":     {set("llama.block_count", "1"), "llama.block_count: must be a whole number"},
		"no width":              {set("llama.embedding_length", 0), "llama.embedding_length: is 0"},
		"experts":               {set("llama.expert_count", 8), "llama.expert_count"},
		"window":                {set("llama.attention.sliding_window", 8), "llama.attention.sliding_window"},
		"heads that do not fit": {set("llama.attention.head_count_kv", 3), "head_count"},
		"half rotated":          {set("llama.attention.key_length", 4), "rotated"},
		"scaling":               {set("llama.rope.scaling.type", "longrope"), `"longrope"`},
		"bad scaling":           {set("llama.rope.scaling.factor", -1.0), "llama.rope.scaling.factor"},
		"unknown tensor":        {add(f32("blk.0.attn_q_norm.weight", []int{2}, 1, 1)), `"blk.0.attn_q_norm.weight"`},
		"layer beyond":          {add(f32("blk.1.attn_norm.weight", []int{2}, 1, 1)), `"blk.1.attn_norm.weight"`},
		"some biases":           {add(f32("blk.0.attn_q.bias", []int{4}, 1, 1, 1, 1)), "bias"},
		"other frequencies":     {add(f32("rope_freqs.weight", []int{1}, 3)), "rope_freqs.weight"},
		"rows of other heads":   {func(w *writer) { w.metadata["llama.attention.head_count_kv"] = 2 }, `"blk.0.attn_k.weight"`},
		"no embedding":          {func(w *writer) { w.tensors = w.tensors[1:] }, "token_embd.weight"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := tiny()
			test.change(&w)
			_, err := open(t, w)
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "some.gguf") {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
}
