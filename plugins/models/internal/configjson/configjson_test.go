package configjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
)

// settings has a field of each kind.
type settings struct {
	Width    int64    `json:"width"`
	Inner    *int64   `json:"inner"`
	Rate     float64  `json:"rate"`
	Biased   bool     `json:"biased"`
	Function string   `json:"function"`
	Kinds    []string `json:"kinds"`
	Block    block    `json:"block"`
	Other    *block   `json:"other"`
	configjson.Roles
}

type block struct {
	Theta *float64 `json:"theta"`
}

func rules() configjson.Rules {
	return configjson.Rules{
		ModelType: "small", Architectures: []string{"SmallForCausalLM", "SmallModel"},
		Names:  map[string]string{"hidden_size": "width"},
		Fixed:  map[string][]string{"scale": {"1", `"one"`}, "window": nil},
		Unread: []string{"seq_length"},
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`"width": 8, "inner": 3, "rate": 0.5, "biased": true, "function": "relu", "kinds": ["a"], "eos_token_id": [1, 2]`, ""},
		{`"inner": null, "kinds": null, "eos_token_id": null, "pad_token_id": null`, ""},
		{`"hidden_size": 8`, ""},
		{`"hidden_size": 8, "width": 8`, ""},
		{`"hidden_size": 8, "width": 9`, "another name of the same"},
		{`"width": null`, "width is null, expected a whole number"},
		{`"rate": null`, "rate is null, expected a number"},
		{`"biased": null`, "biased is null, expected true or false"},
		{`"function": null`, "function is null, expected a text"},
		{`"width": "8"`, `width is "8", expected a whole number`},
		{`"width": 8.5`, "width is 8.5, expected a whole number"},
		{`"width": 1e40`, "width is 1e40"},
		{`"width": true`, "width is true"},
		{`"inner": "x"`, `inner is "x", expected a whole number or null`},
		{`"rate": "x"`, "expected a number"},
		{`"biased": 1`, "biased is 1, expected true or false"},
		{`"function": 1`, "function is 1, expected a text"},
		{`"kinds": "a"`, "expected a list of texts"},
		{`"kinds": [null]`, "kinds is [null], expected a list of texts"},
		{`"eos_token_id": [null]`, "eos_token_id is [null], expected a token id or a list of them"},
		{`"eos_token_id": "x"`, "expected a token id or a list of them"},
		{`"pad_token_id": 0.5`, "pad_token_id is 0.5"},
		{`"block": {"theta": 2}`, ""},
		{`"block": {"theta": 2, "factor": null}`, ""},
		{`"block": {"theta": 2, "factor": 4}`, "block.factor is 4"},
		{`"block": {"theta": "x"}`, "block.theta is"},
		{`"other": null`, ""},
		{`"other": {"theta": 2}`, ""},
		{`"other": {"factor": 4}`, "other.factor is 4"},
		{`"block": 5`, "block is 5, expected an object"},
		{`"scale": 1.0`, ""},
		{`"scale": "one"`, ""},
		{`"scale": 2`, `scale is 2, but this family supports only 1 or "one"`},
		{`"scale": null`, "scale is null"},
		{`"window": null`, ""},
		{`"window": 4`, "window is 4"},
		{`"seq_length": {"any": "thing"}`, ""},
		{`"Width": 8`, "Width is 8: this setting is not known here"},
		{`"sequence": 5`, "sequence is 5: this setting is not known here"},
		{`"a": 1, "b": 2`, "b is 2"},
		{`"architectures": ["SmallModel"]`, ""},
		{`"architectures": null`, ""},
		{`"architectures": ["SmallForSequenceClassification"]`, `"SmallForSequenceClassification"`},
		{`"architectures": "SmallModel"`, "architectures is"},
		{`"model_type": "other"`, `model_type is "other"`},
		{`"model_type": null`, "model_type is null"},
		{`"auto_map": {"AutoModel": "modeling.Small"}`, "auto_map is"},
		{`"quantization_config": {"bits": 4}`, "quantization_config is"},
		{`"quantization_config": null`, ""},
		{`"per_layer_config": {"0": {"width": 4}}`, "per_layer_config is"},
		{`"pruned_heads": {}`, ""},
		{`"pruned_heads": {"0": [1]}`, "pruned_heads is"},
		{`"is_encoder_decoder": true`, "is_encoder_decoder is true"},
		{`"_name_or_path": "x", "torch_dtype": "float16", "dtype": "x", "transformers_version": "4", "use_cache": false, "id2label": {}`, ""},
		{`"do_sample": true, "top_k": 5, "repetition_penalty": 3, "max_length": 20`, ""}, // generation's: see below
	} {
		t.Run(c.text, func(t *testing.T) {
			text := `{"model_type": "small", ` + c.text + "}"
			if strings.Contains(c.text, "model_type") {
				text = "{" + c.text + "}"
			}
			var s settings
			p, err := configjson.Read([]byte(text), &s, rules())
			if err == nil {
				err = p.Err()
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	for _, text := range []string{"[]", "null", "5", "{", ""} {
		if _, err := configjson.Read([]byte(text), &settings{}, rules()); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestReadKeepsDefaults(t *testing.T) {
	s := settings{Width: 4, Inner: new(int64(5)), Roles: configjson.Roles{EOS: configjson.TokenIDs{7}}}
	p, err := configjson.Read([]byte(`{"model_type": "small", "hidden_size": null, "inner": null, "rate": 2, "eos_token_id": 9}`), &s, rules())
	if err != nil || p.Err() != nil {
		t.Fatal(err, p.Err())
	}
	want := settings{Width: 4, Rate: 2, Roles: configjson.Roles{EOS: configjson.TokenIDs{9}}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

// Goldens: transformers 5.24's generation_config after from_pretrained, and
// eos_token_id of _prepare_generation_config.
func TestGeneratingGoesByTheFileThatGenerateReads(t *testing.T) {
	config := configjson.Roles{EOS: configjson.TokenIDs{9}, Pad: new(int32(4)), Start: new(int32(0))}
	for _, c := range []struct {
		name, config, generation string
		eos                      []int32
		start                    int32
		want                     string
	}{
		{name: "no file", eos: []int32{9}},
		{name: "a list", generation: `{"eos_token_id": [5, 6]}`, eos: []int32{5, 6}, start: -1},
		{name: "one", generation: `{"eos_token_id": 7, "decoder_start_token_id": 0, "bos_token_id": 2}`, eos: []int32{7}},
		{name: "no end token", generation: `{"bos_token_id": 1}`, start: 1},
		{name: "null", generation: `{"eos_token_id": null}`, start: -1},
		{name: "config.json's goes first", generation: `{"eos_token_id": [5, 9, 6]}`, eos: []int32{9, 5, 6}, start: -1},
		{name: "what a study decides", generation: `{"do_sample": true, "temperature": 0.2, "top_p": 0.95, "max_length": 20, "num_beams": 4, "_from_model_config": true, "transformers_version": "4"}`, start: -1},
		{name: "neutral", generation: `{"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "suppress_tokens": [], "min_length": 0, "bad_words_ids": null}`, start: -1},
		{name: "penalty", generation: `{"repetition_penalty": 1.3}`, want: "generation_config.json: repetition_penalty is 1.3"},
		{name: "forced", generation: `{"forced_bos_token_id": 5}`, want: "forced_bos_token_id is 5"},
		{name: "suppressed", generation: `{"suppress_tokens": [1, 2]}`, want: "suppress_tokens is [1,2]"},
		{name: "unknown", generation: `{"mind_the_gap": 1}`, want: "mind_the_gap is 1: this setting is not known here"},
		{name: "outside", generation: `{"eos_token_id": [5, 50]}`, want: "eos_token_id is 50, outside the vocabulary of 50"},
		{name: "no id", generation: `{"eos_token_id": "x"}`, want: "eos_token_id is"},
		{name: "not an object", generation: `[]`, want: "generation_config.json"},
		{name: "penalty of config.json", config: `{"repetition_penalty": 1.7}`, want: "config.json: repetition_penalty is 1.7"},
		{name: "penalty of config.json that a file replaces", config: `{"repetition_penalty": 1.7}`, generation: `{"eos_token_id": 2}`, eos: []int32{2}, start: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := &model.BuildRequest{CheckpointConfig: []byte("{}"), GenerationConfig: []byte(c.generation)}
			if c.config != "" {
				request.CheckpointConfig = []byte(c.config)
			}
			got, err := config.Generating(request, 50)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(configjson.TokenIDs(c.eos), got.EOS); diff != "" {
				t.Error(diff)
			}
			start := int32(-1)
			if got.Start != nil {
				start = *got.Start
			}
			if start != c.start || got.Padding(50) != 4 {
				t.Errorf("start %d, pad %d", start, got.Padding(50))
			}
		})
	}
}

func TestPadding(t *testing.T) {
	for _, c := range []struct {
		roles configjson.Roles
		want  int32
	}{
		{configjson.Roles{Pad: new(int32(3)), EOS: configjson.TokenIDs{1}}, 3},
		{configjson.Roles{Pad: new(int32(-1)), EOS: configjson.TokenIDs{1, 2}}, 1},
		{configjson.Roles{Pad: new(int32(50)), EOS: configjson.TokenIDs{1}}, 1},
		{configjson.Roles{}, 0},
	} {
		if got := c.roles.Padding(50); got != c.want {
			t.Errorf("%+v is padded with %d", c.roles, got)
		}
	}
}

func TestTied(t *testing.T) {
	tensor := func(name, same string) *model.CheckpointTensor {
		return &model.CheckpointTensor{Name: name, SameAs: same}
	}
	for _, c := range []struct {
		name    string
		tied    bool
		tensors []*model.CheckpointTensor
		want    bool
	}{
		{"not known, tied", true, nil, true},
		{"not known, apart", false, nil, false},
		{"table only", true, []*model.CheckpointTensor{tensor("table", "")}, true},
		{"head only", true, []*model.CheckpointTensor{tensor("head", "")}, true},
		{"equal", true, []*model.CheckpointTensor{tensor("head", ""), tensor("table", "head")}, true},
		{"both equal to a third", true, []*model.CheckpointTensor{tensor("a", ""), tensor("head", "a"), tensor("old.table", "a")}, true},
		{"different", true, []*model.CheckpointTensor{tensor("head", ""), tensor("table", "")}, false},
		{"different, other name", true, []*model.CheckpointTensor{tensor("head", ""), tensor("old.table", "")}, false},
		{"apart though equal", false, []*model.CheckpointTensor{tensor("head", ""), tensor("table", "head")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := configjson.Tied(&model.BuildRequest{Tensors: c.tensors}, c.tied, "head", "table", "old.table"); got != c.want {
				t.Errorf("tied: %t", got)
			}
		})
	}
}

func FuzzTokenIDs(f *testing.F) {
	for _, seed := range []string{"2", "[2, 3]", "null", "[]", `"x"`, "2.5", "1e99", "[null]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ids configjson.TokenIDs
		if json.Unmarshal([]byte(text), &ids) != nil && len(ids) > 0 {
			t.Errorf("%q fails and gives %v", text, ids)
		}
	})
}

// What is read has no setting that the rules leave out.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"model_type": "small", "width": 8, "hidden_size": 8, "block": {"theta": 2}, "scale": 1, "seq_length": 1}`))
	f.Add([]byte(`{"model_type": "small", "repetition_penalty": 1.5, "eos_token_id": [1]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := configjson.Read(text, &settings{}, rules())
		if err == nil && p.Err() == nil {
			_, _ = configjson.Roles{}.Generating(&model.BuildRequest{CheckpointConfig: text, GenerationConfig: text}, 50)
		}
	})
}
