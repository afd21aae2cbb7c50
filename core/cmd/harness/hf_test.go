package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
)

// Every folder that the program writes opens in transformers and PEFT without a
// warning, and gives there the text that the engine gives.

// families are model plugins by the model_type of config.json.
var families = map[string]string{
	"bloom": "bloom", "codegen": "codegen", "gpt_bigcode": "starcoder", "llama": "llama", "starcoder2": "starcoder", "t5": "codet5",
}

// javaTexts are what both sides go on from.
func javaTexts() []string {
	return []string{
		"public static int clamp(int value, int low, int high) {\n    if (value < low) {\n        return low;\n    }\n",
		"public static boolean has(int[] xs, int x) {\n    for (int y : xs) {\n        if (y ==",
		"int  f ( int x ) . { return \"größer\"; } // über 12345",
	}
}

const hfNewTokens = 24

func TestHFShippedCheckpoints(t *testing.T) {
	hf := newHF(t)
	folders, err := filepath.Glob(filepath.Join(repo, "studies/models/*-micro"))
	if err != nil || len(folders) != 6 {
		t.Fatalf("%d shipped checkpoints (%v), want 6", len(folders), err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { hf.same(t, written{folder: absolute(t, folder)}) })
	}
}

// fromNothing makes a checkpoint of each family and trains all of its weights.
const fromNothing = `
study "new" { seed = 3 }
dataset "micropairs" "fixes" {
  count = 60
}
prompt "with" { buggy_lines = true }
locals {
  gpt = { n_embd = 32, n_layer = 2, n_head = 4, n_positions = 256, layer_norm_epsilon = 1e-5, initializer_range = 0.2 }
  llama = { model_type = "llama", architectures = ["LlamaForCausalLM"], hidden_act = "silu", hidden_size = 32, intermediate_size = 64,
    num_hidden_layers = 2, num_attention_heads = 4, num_key_value_heads = 2, max_position_embeddings = 256, rms_norm_eps = 1e-6,
    initializer_range = 0.2, tie_word_embeddings = false, rope_theta = 10000 }
}
model "codegen" "codegen" {
  scratch {
    dataset    = dataset.micropairs.fixes
    vocabulary = 320
    config     = merge(local.gpt, { model_type = "codegen", architectures = ["CodeGenForCausalLM"], activation_function = "gelu_new",
      n_inner = 64, rotary_dim = 4, n_ctx = 256, attn_pdrop = 0, embd_pdrop = 0, resid_pdrop = 0, tie_word_embeddings = false })
  }
}
model "starcoder" "starcoder" {
  scratch {
    dataset    = dataset.micropairs.fixes
    vocabulary = 320
    config     = merge(local.gpt, { model_type = "gpt_bigcode", architectures = ["GPTBigCodeForCausalLM"], activation_function = "gelu_pytorch_tanh",
      multi_query = true, n_inner = 64, attn_pdrop = 0, embd_pdrop = 0, resid_pdrop = 0 })
  }
}
model "bloom" "bloom" {
  scratch {
    dataset     = dataset.micropairs.fixes
    vocabulary  = 320
    tokens      = ["<unk>", "<s>", "</s>", "<pad>"]
    begin_token = "<s>"
    end_token   = "</s>"
    pad_token   = "<pad>"
    config      = { model_type = "bloom", architectures = ["BloomForCausalLM"], hidden_size = 32, n_layer = 2, n_head = 4,
      layer_norm_epsilon = 1e-5, initializer_range = 1, attention_dropout = 0, hidden_dropout = 0 }
  }
}
model "codet5" "codet5" {
  scratch {
    dataset     = dataset.micropairs.fixes
    vocabulary  = 320
    tokens      = ["<pad>", "<s>", "</s>", "<unk>"]
    begin_token = "<s>"
    end_token   = "</s>"
    pad_token   = "<pad>"
    config      = { model_type = "t5", architectures = ["T5ForConditionalGeneration"], is_encoder_decoder = true, decoder_start_token_id = 0,
      d_model = 32, d_kv = 8, d_ff = 64, num_heads = 4, num_layers = 2, num_decoder_layers = 2, relative_attention_num_buckets = 32,
      feed_forward_proj = "relu", layer_norm_epsilon = 1e-6, initializer_factor = 1, dropout_rate = 0 }
  }
}
model "deepseekcoder" "deepseekcoder" {
  scratch {
    dataset     = dataset.micropairs.fixes
    vocabulary  = 320
    begin_token = "<｜begin▁of▁sentence｜>"
    end_token   = "<｜end▁of▁sentence｜>"
    config      = merge(local.llama, { rope_scaling = { type = "linear", factor = 4 } })
  }
}
model "codellama" "codellama" {
  scratch {
    dataset     = dataset.micropairs.fixes
    vocabulary  = 320
    tokens      = ["<unk>", "<s>", "</s>"]
    begin_token = "<s>"
    end_token   = "</s>"
    config      = local.llama
  }
}
adapter "full" "full" {}
train {
  dataset    = dataset.micropairs.fixes
  batch_size = 16
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
table "loss" {
  rows    = ["model"]
  columns = ["adapter"]
  values  = ["train.loss"]
}
`

// New checkpoints as they are in the store, and with all of their weights
// trained, as export writes them.
func TestHFNewAndFullyTrainedCheckpoints(t *testing.T) {
	hf := newHF(t)
	file, store := study(t, fromNothing), filepath.Join(t.TempDir(), "store")
	harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
	made, err := filepath.Glob(filepath.Join(store, "steps", "init-*"))
	if err != nil || len(made) != 6 {
		t.Fatalf("%d new checkpoints (%v), want 6", len(made), err)
	}
	for _, folder := range made {
		t.Run("new "+modelType(t, folder), func(t *testing.T) { hf.same(t, written{folder: folder}) })
	}
	for _, family := range []string{"bloom", "codegen", "codellama", "codet5", "deepseekcoder", "starcoder"} {
		t.Run("trained "+family, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "exported")
			harness(t, "export", file, "--store", store, "--trial", family+"/full/with", "--to", to).want(t, 0)
			hf.same(t, written{folder: to})
		})
	}
}

// adapting trains adapters on shipped checkpoints.
const adapting = `
study "adapting" { seed = 5 }
%s
dataset "micropairs" "fixes" { count = 60 }
prompt "with" { buggy_lines = true }
train {
  dataset    = dataset.micropairs.fixes
  batch_size = 16
  grid {
    learning_rate = [2e-2]
    epochs        = [1]
  }
}
table "loss" {
  rows    = ["model"]
  columns = ["adapter"]
  values  = ["train.loss"]
}
`

// Adapters of every method, as export writes them, and folded into their
// checkpoints of every family.
func TestHFTrainedAdapters(t *testing.T) {
	hf := newHF(t)
	const (
		small = "{ rank = 4 }"
		vera  = "{ rank = 4\n  initial = 3 }" // so much that a short training changes texts
	)
	for _, c := range []struct {
		families []string
		adapters map[string]string
	}{
		{[]string{"bloom", "codegen", "codellama", "codet5", "deepseekcoder", "starcoder"}, map[string]string{"lora": small, "vera": vera}},
		{[]string{"bloom", "codet5"}, map[string]string{"ia3": "{}", "dora": small}},
		{[]string{"starcoder"}, map[string]string{"prefix": "{ tokens = 4 }", "bitfit": "{}"}},
	} {
		var blocks strings.Builder
		for _, family := range c.families {
			fmt.Fprintf(&blocks, "model %q %q { source = %q }\n", family, family, shipped(t, family))
		}
		for name, body := range c.adapters {
			fmt.Fprintf(&blocks, "adapter %q %q %s\n", name, name, strings.ReplaceAll(strings.ReplaceAll(body, "{ ", "{\n"), " }", "\n}"))
		}
		file, store := study(t, fmt.Sprintf(adapting, &blocks)), filepath.Join(t.TempDir(), "store")
		harness(t, "run", file, "--store", store, "--quiet").want(t, 0)
		for _, family := range c.families {
			for name := range c.adapters {
				trial := family + "/" + name + "/with"
				at := func(t *testing.T, command ...string) string {
					to := filepath.Join(t.TempDir(), "written")
					harness(t, append(command, file, "--store", store, "--trial", trial, "--to", to)...).want(t, 0)
					return to
				}
				if name == "bitfit" { // PEFT has no such method
					t.Run(trial, func(t *testing.T) { hf.same(t, written{folder: at(t, "export")}) })
					continue
				}
				t.Run(trial, func(t *testing.T) {
					hf.same(t, written{base: shipped(t, family), folder: at(t, "export"), method: name, mustDiffer: true})
				})
				if name != "prefix" { // which no weight can express
					t.Run(trial+" merged", func(t *testing.T) { hf.same(t, written{folder: at(t, "adapters", "merge")}) })
				}
			}
		}
	}
}

// Adapters that PEFT saved, as they are loaded here.
func TestHFAdaptersOfPEFT(t *testing.T) {
	hf := newHF(t)
	for _, c := range []struct{ family, method string }{
		{"codegen", "lora"}, {"codet5", "lora"}, {"deepseekcoder", "dora"}, {"bloom", "ia3"}, {"codet5", "vera"}, {"bloom", "vera"}, {"codellama", "prefix"},
	} {
		t.Run(c.family+" "+c.method, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "adapter")
			hf.ask(t, map[string]any{"op": "make_adapter", "base": shipped(t, c.family), "kind": c.method, "to": to, "seed": 1})
			hf.same(t, written{base: shipped(t, c.family), folder: to, method: c.method, mustDiffer: true})
		})
	}
}

// An adapter folded into a GGUF file's weights, with either kind of tokenizer
// that such files have.
func TestHFMergedGGUF(t *testing.T) {
	hf := newHF(t)
	adapter := filepath.Join(t.TempDir(), "adapter")
	hf.ask(t, map[string]any{"op": "make_adapter", "base": shipped(t, "codellama"), "kind": "lora", "to": adapter, "seed": 2})
	for _, kind := range []string{"gpt2", "llama"} {
		t.Run(kind, func(t *testing.T) {
			from, to := filepath.Join(t.TempDir(), "gguf"), filepath.Join(t.TempDir(), "merged")
			hf.ask(t, map[string]any{"op": "make_gguf", "checkpoint": shipped(t, "codellama"), "to": from, "tokenizer": kind, "corpus": strings.Split(corpus(t), "\n")})
			harness(t, "adapters", "merge", "--checkpoint", from, "--adapter", adapter, "--to", to).want(t, 0)
			got := hf.same(t, written{folder: to})
			if kind != "llama" {
				return
			}
			if got.DType != "torch.float16" {
				t.Errorf("the dtype is %s, want that of the file's matrices", got.DType)
			}
			want := hf.ask(t, map[string]any{"op": "sentencepiece_ids", "model": filepath.Join(from, "reference.model"), "texts": javaTexts()})
			if diff := cmp.Diff(want.IDs, got.IDs); diff != "" {
				t.Errorf("ids are not those of SentencePiece (-want +got):\n%s", diff)
			}
		})
	}
}

// Checkpoints with the files that published ones have: tokenizers of their
// family's class, several weight files, pickled ones, bfloat16.
func TestHFMergedGoldenCheckpoints(t *testing.T) {
	needs.Slow(t)
	folders := needs.Checkpoints(t, "adapters/lora/final/adapter_config.json")
	hf := newHF(t)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "merged")
			harness(t, "adapters", "merge", "--checkpoint", folder, "--adapter", filepath.Join(folder, "adapters/lora/final"), "--to", to).want(t, 0)
			hf.same(t, written{folder: to, copied: folder})
			files, err := filepath.Glob(filepath.Join(folder, "*token*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no tokenizer in %s (%v)", folder, err)
			}
			copied := content(t, to)
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if name := filepath.Base(file); copied[name] != string(text) {
					t.Errorf("%s is not the base's", name)
				}
			}
		})
	}
}

// shipped is the folder of a checkpoint that the repository ships.
func shipped(t *testing.T, family string) string {
	t.Helper()
	return absolute(t, filepath.Join(repo, "studies/models", family+"-micro"))
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func modelType(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		ModelType string `json:"model_type"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	return config.ModelType
}

// corpus is the bugs' programs: Java to train a tokenizer with.
func corpus(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repo, "plugins/benchmarks/microbugs/bugs/*/*.java"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Java to train a tokenizer with (%v)", err)
	}
	slices.Sort(files)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
