package step

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"harness/core/ir"
	"harness/core/needs"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/tokenizer"
)

// The goldens' training batches are pairs of texts as transformers tokenizes
// them, the end token behind the targets.
func TestParityExamples(t *testing.T) {
	for _, file := range needs.Goldens(t, "golden/training.json") {
		dir := filepath.Dir(filepath.Dir(file))
		t.Run(filepath.Base(dir), func(t *testing.T) { checkExamples(t, dir, file) })
	}
}

func checkExamples(t *testing.T, dir, file string) {
	var golden struct {
		Setup struct {
			Pairs   [][2]string `json:"pairs"`
			Batches []struct {
				IDs    [][]int32 `json:"input_ids"`
				Mask   [][]int32 `json:"attention_mask"`
				Labels [][]int32 `json:"labels"`
			} `json:"batches"`
		} `json:"setup"`
	}
	var config struct {
		Encodes bool            `json:"is_encoder_decoder"`
		EOS     json.RawMessage `json:"eos_token_id"`
	}
	for path, v := range map[string]any{file: &golden, filepath.Join(dir, "config.json"): &config} {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var eos []int32 // one, or a list whose first ends what is trained
	if err := json.Unmarshal(config.EOS, &eos); err != nil {
		eos = make([]int32, 1)
		if err := json.Unmarshal(config.EOS, &eos[0]); err != nil {
			t.Fatalf("eos_token_id of %s: %v", dir, err)
		}
	}
	if len(golden.Setup.Pairs) == 0 {
		t.Fatalf("%s names no texts", file)
	}
	tok, err := tokenizer.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{tokenizer: tok, built: &pb.BuildResponse{Eos: eos, Graph: &ir.Graph{}}}
	if config.Encodes {
		n.built.Graph.Encoder = &ir.Stack{}
	}
	pair := 0
	for _, b := range golden.Setup.Batches {
		for row := range b.IDs {
			prompt, target := golden.Setup.Pairs[pair][0], golden.Setup.Pairs[pair][1]
			pair++
			if !config.Encodes && !slices.Equal(tok.EncodeNext(target), tok.Encode(target, false)) {
				continue // the goldens put a blank between the two
			}
			length := 0 // without padding
			for _, real := range b.Mask[row] {
				length += int(real)
			}
			want := slices.Clone(b.IDs[row][:length])
			if config.Encodes {
				want = append(want, slices.DeleteFunc(slices.Clone(b.Labels[row]), func(id int32) bool { return id == -100 })...)
			}
			if got := n.tokenize(&pb.Example{Prompt: prompt, Target: target, End: true}); !slices.Equal(got.GetIds(), want) {
				t.Errorf("%q, %q: ids %v, want %v", prompt, target, got.GetIds(), want)
			}
		}
	}
}
