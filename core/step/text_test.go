package step

import (
	"slices"
	"strings"
	"testing"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/tokenizer"
)

// sentencePiece puts "▁" before every text and after every added token.
const sentencePiece = `{"added_tokens": [{"id": 6, "content": "<M>", "special": true}, {"id": 7, "content": "<S>", "special": true}],
	"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
	"decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
	"model": {"type": "BPE", "vocab": {"▁": 0, "a": 1, "b": 2, "▁a": 3, "▁b": 4, "c": 5}, "merges": [["▁", "a"], ["▁", "b"]]}}`

func TestTargetsGoOnWherePromptsEnd(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(sentencePiece))
	if err != nil {
		t.Fatal(err)
	}
	causal := &network{tokenizer: tok, built: &pb.BuildResponse{Eos: []int32{9}, Graph: &ir.Graph{}}}
	encoding := &network{tokenizer: tok, built: &pb.BuildResponse{Eos: []int32{9}, Graph: &ir.Graph{Encoder: &ir.Stack{}}}}
	for _, c := range []struct {
		name    string
		network *network
		example *pb.Example
		prompt  int32
		ids     []int32
	}{
		{"behind text", causal, &pb.Example{Prompt: "a", Target: "b", End: true}, 1, []int32{3, 2, 9}},
		{"a blank is kept", causal, &pb.Example{Prompt: "a", Target: " b"}, 1, []int32{3, 4}},
		{"behind a token", causal, &pb.Example{Prompt: "a<M>", Target: "b"}, 2, []int32{3, 6, 2}},
		{"a prompt in pieces", causal, &pb.Example{Prompt: "a<S>", Rest: []string{"b<M>b", "c"}, Target: "a"}, 6, []int32{3, 7, 2, 6, 4, 5, 1}},
		{"plain text", causal, &pb.Example{Target: "a", End: true}, 0, []int32{3, 9}},
		{"behind an encoder", encoding, &pb.Example{Prompt: "a", Target: "b", End: true}, 1, []int32{3, 4, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.network.tokenize(c.example)
			if got.PromptLength != c.prompt || !slices.Equal(got.Ids, c.ids) {
				t.Errorf("prompt of %d in %v, want %d in %v", got.PromptLength, got.Ids, c.prompt, c.ids)
			}
			if prompt := c.network.promptIDs(c.example.Prompt, c.example.Rest); c.prompt > 0 && !slices.Equal(prompt, c.ids[:c.prompt]) {
				t.Errorf("the prompt alone is %v", prompt)
			}
		})
	}
}

func TestPromptTokensAreReadFromTexts(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(`{"added_tokens": [{"id": 2, "content": "<M>"}], "model": {"type": "BPE", "vocab": {"a": 0, "ab": 1}, "merges": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{"<M>": "", "<S>": "has no token", "ab": "added_tokens"} {
		if err := checkPromptToken(tok, token, "starcoder"); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", token, err, want)
		}
	}
}

func TestOutputText(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(sentencePiece))
	if err != nil {
		t.Fatal(err)
	}
	causal := &network{tokenizer: tok, built: &pb.BuildResponse{Graph: &ir.Graph{}}}
	encoding := &network{tokenizer: tok, built: &pb.BuildResponse{Graph: &ir.Graph{Encoder: &ir.Stack{}}}}
	for _, c := range []struct {
		name    string
		network *network
		ids     []int32
		stops   []string
		want    string
	}{
		{"blanks are kept", causal, []int32{4, 1}, nil, " ba"},
		{"a text of its own", encoding, []int32{4, 1}, nil, "ba"},
		{"special tokens are left out", causal, []int32{1, 6, 2, 7, 5}, []string{"<X>"}, "abc"},
		{"a special stop ends the text", causal, []int32{1, 6, 2, 7, 5}, []string{"<X>", "<S>"}, "ab"},
		{"a stop in the text stays", causal, []int32{1, 2, 5}, []string{"b"}, "abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.network.outputText(c.ids, c.stops); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// roberta puts tokens around every text, as CodeT5's tokenizer does.
const roberta = `{"added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}],
	"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": false},
	"model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "b": 3}, "merges": []}}`

func TestTargetsBesideAnEncoderAreTextsOfTheirOwn(t *testing.T) {
	tok, err := tokenizer.Parse([]byte(roberta))
	if err != nil {
		t.Fatal(err)
	}
	n := &network{tokenizer: tok, built: &pb.BuildResponse{Eos: []int32{1}, Graph: &ir.Graph{Encoder: &ir.Stack{}}}}
	got := n.tokenize(&pb.Example{Prompt: "ab", Target: "b", End: true})
	if want := []int32{0, 2, 3, 1, 0, 3, 1}; got.GetPromptLength() != 4 || !slices.Equal(got.GetIds(), want) {
		t.Errorf("prompt of %d in %v, want 4 in %v", got.GetPromptLength(), got.GetIds(), want)
	}
}
