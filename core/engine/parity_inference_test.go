package engine_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// logitTolerance is the goldens' (fixtures/README.md); 2e-6 is expected.
const logitTolerance = 1e-4

func TestParityLogits(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Logits struct {
				IDs     [][]int32 `json:"input_ids"`
				Decoder [][]int32 `json:"decoder_input_ids"`
			} `json:"logits"`
			Hidden input `json:"hidden"`
		}
		tensors := f.golden(t, "inference", &g)
		inputs := make([]input, len(g.Logits.IDs))
		for i, ids := range g.Logits.IDs {
			inputs[i].IDs = ids
			if g.Logits.Decoder != nil {
				inputs[i].Decoder = g.Logits.Decoder[i]
			}
		}

		t.Run("single", func(t *testing.T) {
			for i, in := range inputs {
				name := fmt.Sprintf("logits.single.%d", i)
				closeTo(t, name, f.forward(t, f.model(), in)[0], floats(t, tensors, name), logitTolerance)
			}
		})
		t.Run("batch", func(t *testing.T) {
			info, _ := tensors.Info("logits.batch")
			longest, v := info.Shape[1], info.Shape[2]
			want := floats(t, tensors, "logits.batch")
			for i, got := range f.forward(t, f.model(), inputs...) {
				// The golden is padded on the left.
				skip := longest - len(got)/v
				row := want[i*longest*v:][:longest*v]
				closeTo(t, fmt.Sprintf("row %d", i), got, row[skip*v:], logitTolerance)
			}
		})
		t.Run("long", func(t *testing.T) {
			want := floats(t, tensors, "hidden.last_logits")
			got := f.forward(t, f.model(), g.Hidden)[0]
			closeTo(t, "last logits", got[len(got)-len(want):], want, logitTolerance)
		})
	})
}

// A stack's hidden states are, as in transformers, what enters its first
// layer, what leaves each, and for the last layer what the norm behind it makes
// of that.
func TestParityHidden(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Hidden input `json:"hidden"`
		}
		tensors := f.golden(t, "inference", &g)
		program, err := ir.Expand(f.built.GetGraph())
		if err != nil {
			t.Fatal(err)
		}
		golden := map[string]string{} // our node → the golden's name
		hidden := func(s *ir.Sequence, prefix string) {
			golden[s.Layers[0].Entering[0]] = prefix + "0"
			last := s.Layers[len(s.Layers)-1]
			for i, layer := range s.Layers[:len(s.Layers)-1] {
				golden[layer.Leaving[0]] = prefix + strconv.Itoa(i+1)
			}
			for _, st := range s.Steps[last.End:] {
				if st.GetLayerNorm() != nil || st.GetRmsNorm() != nil {
					golden[st.Name] = prefix + strconv.Itoa(len(s.Layers))
					return
				}
			}
			t.Fatal("no norm behind the last layer")
		}
		if program.Encoder != nil {
			hidden(program.Encoder, "hidden.encoder.")
			hidden(program.Decoder, "hidden.decoder.")
		} else {
			hidden(program.Decoder, "hidden.")
		}
		r := &harnesspb.ForwardRequest{
			Model: f.model(), Values: slices.Sorted(maps.Keys(golden)),
			Sequences: []*harnesspb.TokenPrompt{{Ids: g.Hidden.IDs, DecoderIds: g.Hidden.Decoder}},
		}
		got, err := f.engine.Forward(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for node, name := range golden {
			closeTo(t, fmt.Sprintf("%s (%s)", name, node), got.GetValues()[node].GetNumbers(), floats(t, tensors, name), logitTolerance)
		}
	})
}

// Adapters that PEFT saved, each with its configuration as PEFT wrote it.
func TestParityAdapterLogits(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			AdapterLogits input `json:"adapter_logits"`
		}
		tensors := f.golden(t, "training", &g)
		for _, c := range []struct{ kind, which, golden string }{
			{"lora", "random", "adapter.lora.random.logits"},
			{"lora", "final", "adapter.lora.final.merged_logits"},
			{"ia3", "random", "adapter.ia3.random.logits"},
			{"dora", "random", "adapter.dora.random.logits"},
		} {
			m, _ := f.adapted(t, c.kind, c.which)
			closeTo(t, c.golden, f.forward(t, m, g.AdapterLogits)[0], floats(t, tensors, c.golden), logitTolerance)
		}
	})
}

// What a block without targets attaches is what PEFT attaches by default, and
// is counted as PEFT counts it.
func TestParityAdapterDefaults(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g goldenTraining
		f.golden(t, "training", &g)
		const lowRank = `{"rank": %d, "alpha": %v, "rslora": %v}`
		for kind, config := range map[string]string{"lora": lowRank, "dora": lowRank, "ia3": `{}`} {
			var c struct {
				Rank   int     `json:"r"`
				Alpha  float64 `json:"lora_alpha"`
				RSLoRA bool    `json:"use_rslora"`
			}
			if err := json.Unmarshal(readFile(t, filepath.Join(f.dir, "adapters", kind, "initial", "adapter_config.json")), &c); err != nil {
				t.Fatal(err)
			}
			if kind != "ia3" {
				config = fmt.Sprintf(config, c.Rank, c.Alpha, c.RSLoRA)
			}
			r := f.attach(t, kind, config)
			if _, saved := f.adapted(t, kind, "initial"); !proto.Equal(r.GetRewrite(), saved.GetRewrite()) {
				t.Errorf("%s: the block's rewrite is not that of PEFT's file", kind)
			}
			want := g.Methods[kind+"_adamw"]
			got, err := ir.Count(f.built.GetGraph(), r.GetRewrite())
			if err != nil {
				t.Fatal(err)
			}
			if got.Trainable != want.Trainable || got.All != want.All {
				t.Errorf("%s: trains %d of %d parameters, want %d of %d", kind, got.Trainable, got.All, want.Trainable, want.All)
			}
		}
	})
}

// Merged weights alone must give what weights and adapter gave.
func TestParityMerged(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			AdapterLogits input `json:"adapter_logits"`
		}
		tensors := f.golden(t, "training", &g)
		for _, c := range []struct{ kind, which, golden string }{
			{"lora", "final", "adapter.lora.final.merged_logits"},
			{"lora", "random", "adapter.lora.random.logits"},
			{"ia3", "random", "adapter.ia3.random.logits"},
			{"dora", "random", "adapter.dora.random.logits"},
		} {
			m, _ := f.adapted(t, c.kind, c.which)
			out := filepath.Join(t.TempDir(), "merged.safetensors")
			if _, err := f.engine.Merge(t.Context(), &harnesspb.MergeRequest{Model: m, Out: out}); err != nil {
				t.Fatalf("%s %s: %v", c.kind, c.which, err)
			}
			plain := f.model()
			plain.Trained = out
			closeTo(t, c.golden, f.forward(t, plain, g.AdapterLogits)[0], floats(t, tensors, c.golden), logitTolerance)
		}
	})
}

// decode answers prompts in the order given.
func (f fixture) decode(t testing.TB, m *harnesspb.ModelState, d *harnesspb.Decoding, eos []int32, prompts ...[]int32) [][]*harnesspb.TokenCandidate {
	t.Helper()
	r := &harnesspb.DecodeRequest{Model: m, Decoding: d, Eos: eos}
	for i, ids := range prompts {
		r.Prompts = append(r.Prompts, &harnesspb.TokenPrompt{Id: fmt.Sprint(i), Ids: ids})
	}
	out := make([][]*harnesspb.TokenCandidate, len(prompts))
	err := f.engine.Decode(t.Context(), r, func(a *harnesspb.DecodeResponse) error {
		i, err := strconv.Atoi(a.GetId())
		if err != nil || out[i] != nil {
			return fmt.Errorf("answer to %q: unknown or second", a.GetId())
		}
		out[i] = a.GetCandidates()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestParityGreedy(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Greedy struct {
				MaxNewTokens int32 `json:"max_new_tokens"`
				EOS          int32 `json:"eos_token_id"`
				Cases        []struct {
					InputIDs []int32 `json:"input_ids"`
					NewIDs   []int32 `json:"new_ids"`
				} `json:"cases"`
				OtherEOS struct {
					EOS    int32     `json:"eos_token_id"`
					NewIDs [][]int32 `json:"new_ids"`
				} `json:"other_eos"`
			} `json:"greedy"`
		}
		f.golden(t, "inference", &g)
		d := &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: g.Greedy.MaxNewTokens}
		eos := []int32{g.Greedy.EOS}
		var prompts [][]int32
		for i, c := range g.Greedy.Cases {
			prompts = append(prompts, c.InputIDs)
			alone := f.decode(t, f.model(), d, eos, c.InputIDs)[0][0].GetIds()
			sameIDs(t, fmt.Sprintf("case %d alone", i), alone, c.NewIDs)
		}
		for i, got := range f.decode(t, f.model(), d, eos, prompts...) {
			sameIDs(t, fmt.Sprintf("case %d together", i), got[0].GetIds(), g.Greedy.Cases[i].NewIDs)
		}
		for i, got := range f.decode(t, f.model(), d, []int32{g.Greedy.OtherEOS.EOS}, prompts...) {
			sameIDs(t, fmt.Sprintf("case %d with another end token", i), got[0].GetIds(), g.Greedy.OtherEOS.NewIDs[i])
		}
	})
}

func TestParityBeam(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Beam struct {
				Cases []struct {
					InputIDs      [][]int32   `json:"input_ids"`
					Beams         int32       `json:"num_beams"`
					Return        int32       `json:"num_return_sequences"`
					MaxNewTokens  int32       `json:"max_new_tokens"`
					LengthPenalty float64     `json:"length_penalty"`
					EarlyStopping any         `json:"early_stopping"`
					EOS           int32       `json:"eos_token_id"`
					Sequences     [][][]int32 `json:"sequences"`
					Scores        [][]float64 `json:"sequences_scores"`
				} `json:"cases"`
			} `json:"beam"`
		}
		f.golden(t, "inference", &g)
		for i, c := range g.Beam.Cases {
			d := &harnesspb.Decoding{
				Decode: "beam", Beams: c.Beams, Candidates: c.Return, MaxNewTokens: c.MaxNewTokens,
				LengthPenalty: c.LengthPenalty, EarlyStopping: fmt.Sprint(c.EarlyStopping),
			}
			for j, got := range f.decode(t, f.model(), d, []int32{c.EOS}, c.InputIDs...) {
				if len(got) != len(c.Sequences[j]) {
					t.Errorf("case %d prompt %d: %d candidates, want %d", i, j, len(got), len(c.Sequences[j]))
					continue
				}
				for rank, candidate := range got {
					what := fmt.Sprintf("case %d prompt %d rank %d", i, j, rank)
					sameIDs(t, what, candidate.GetIds(), c.Sequences[j][rank])
					if want := c.Scores[j][rank]; !(math.Abs(candidate.GetScore()-want) <= 1e-4) {
						t.Errorf("%s: score %v, want %v", what, candidate.GetScore(), want)
					}
				}
			}
		}
	})
}

func sameIDs(t testing.TB, what string, got, want []int32) {
	t.Helper()
	if !slices.Equal(got, want) {
		record(t, 1)
		t.Errorf("%s: ids %v, want %v", what, got, want)
		return
	}
	record(t, 0)
}
