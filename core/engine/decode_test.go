package engine_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/protocol/harnesspb"
)

// answers decodes prompts, told apart by their ids, in the order given.
func (f fixture) answers(t testing.TB, r *harnesspb.DecodeRequest) map[string][]*harnesspb.TokenCandidate {
	t.Helper()
	out := map[string][]*harnesspb.TokenCandidate{}
	err := f.engine.Decode(t.Context(), r, func(a *harnesspb.DecodeResponse) error {
		if out[a.GetId()] != nil {
			return fmt.Errorf("a second answer to %q", a.GetId())
		}
		out[a.GetId()] = a.GetCandidates()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestParitySamplingDraws draws first tokens and compares their frequencies
// with the goldens' probabilities.
func TestParitySamplingDraws(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Sampling struct {
				Temperature float64 `json:"temperature"`
				TopK        int32   `json:"top_k"`
				TopP        float64 `json:"top_p"`
				Cases       []struct {
					InputIDs []int32 `json:"input_ids"`
				} `json:"cases"`
			} `json:"sampling"`
		}
		golden := f.golden(t, "inference", &g)
		const candidates, prompts = 256, 8
		for i, c := range g.Sampling.Cases {
			r := &harnesspb.DecodeRequest{Model: f.model(), Decoding: &harnesspb.Decoding{
				Decode: "sample", Candidates: candidates, MaxNewTokens: 1, BatchSize: 1, Seed: 7,
				Temperature: g.Sampling.Temperature, TopK: g.Sampling.TopK, TopP: g.Sampling.TopP,
			}}
			for j := range prompts {
				r.Prompts = append(r.Prompts, &harnesspb.TokenPrompt{Id: strconv.Itoa(j), Ids: c.InputIDs})
			}
			want := floats(t, golden, fmt.Sprintf("sampling.%d.probs", i))
			drawn := make([]float64, len(want))
			for _, answer := range f.answers(t, r) {
				for _, candidate := range answer {
					drawn[candidate.GetIds()[0]]++
				}
			}
			n := float64(candidates * prompts)
			for token, p := range want {
				p := float64(p)
				if p == 0 && drawn[token] > 0 {
					t.Errorf("case %d: token %d was drawn, which has no probability", i, token)
				}
				if spread := math.Sqrt(n * p * (1 - p)); math.Abs(drawn[token]-n*p) > 5*spread {
					t.Errorf("case %d: token %d was drawn %v times of %v, its probability is %v", i, token, drawn[token], n, p)
				}
			}
		}
	})
}

// samples asks the small network for three candidates of some prompts.
func samples(f fixture, m *harnesspb.ModelState, ids ...string) *harnesspb.DecodeRequest {
	r := &harnesspb.DecodeRequest{Model: m, Decoding: &harnesspb.Decoding{
		Decode: "sample", Candidates: 3, MaxNewTokens: 20, BatchSize: 2, Seed: 5, TopP: 0.9, Temperature: 1.5,
	}, Eos: []int32{1}}
	for _, id := range ids {
		p := &harnesspb.TokenPrompt{Id: id}
		for _, c := range id {
			p.Ids = append(p.Ids, 2+int32(c)%60)
		}
		r.Prompts = append(r.Prompts, p)
	}
	return r
}

func TestSamplesAreReproducibleAndDiffer(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	first, again := f.answers(t, samples(f, m, "abc", "abd")), f.answers(t, samples(f, m, "abd", "abc"))
	for id, candidates := range first {
		sameCandidates(t, id, again[id], candidates, 0)
	}
	a := first["abc"]
	if slices.Equal(a[0].GetIds(), a[1].GetIds()) || slices.Equal(a[0].GetIds(), first["abd"][0].GetIds()) {
		t.Errorf("candidates or prompts share their random numbers: %v", first)
	}
	other := samples(f, m, "abc")
	other.Decoding.Seed = 6
	if slices.Equal(f.answers(t, other)["abc"][0].GetIds(), a[0].GetIds()) {
		t.Error("another seed drew the same tokens")
	}
	one := samples(f, m, "abc")
	one.Decoding.Candidates = 1
	sameIDs(t, "the first candidate alone", f.answers(t, one)["abc"][0].GetIds(), a[0].GetIds())
}

// TestCandidatesDoNotDependOnTheBatch decodes one prompt alone, among others and
// in other orders. Others end at other times, so that it joins batches that
// are under way.
func TestCandidatesDoNotDependOnTheBatch(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	long := strings.Repeat("long prompt ", 12)
	for _, d := range []*harnesspb.Decoding{
		{Decode: "greedy", MaxNewTokens: 24, BatchSize: 3},
		{Decode: "beam", Beams: 4, Candidates: 4, MaxNewTokens: 24, BatchSize: 3, LengthPenalty: 1},
		{Decode: "sample", Candidates: 3, MaxNewTokens: 24, BatchSize: 3, Seed: 5},
	} {
		t.Run(d.GetDecode(), func(t *testing.T) {
			ask := func(ids ...string) map[string][]*harnesspb.TokenCandidate {
				r := samples(f, m, ids...)
				r.Decoding, r.Eos = d, []int32{1, 7, 13, 21}
				if d.GetDecode() == "beam" {
					r.Eos = r.Eos[:2]
				}
				return f.answers(t, r)
			}
			alone := map[string][]*harnesspb.TokenCandidate{}
			all := []string{"a", "bc", "private int", long, "def", "return x;", "zz"}
			for _, id := range all {
				alone[id] = ask(id)[id]
			}
			for range len(all) {
				all = append(all[1:], all[0])
				for id, candidates := range ask(all...) {
					sameCandidates(t, id, candidates, alone[id], 0)
				}
			}
		})
	}
}

// sameCandidates demands equal ids and scores and log-probabilities within a
// tolerance.
func sameCandidates(t *testing.T, what string, got, want []*harnesspb.TokenCandidate, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d candidates, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		sameIDs(t, fmt.Sprintf("%s candidate %d", what, i), got[i].GetIds(), want[i].GetIds())
		if !(math.Abs(got[i].GetScore()-want[i].GetScore()) <= tolerance) {
			t.Errorf("%s candidate %d: score %v, want %v", what, i, got[i].GetScore(), want[i].GetScore())
		}
		for j, l := range want[i].GetLogProbabilities() {
			if !(math.Abs(float64(got[i].GetLogProbabilities()[j]-l)) <= tolerance) {
				t.Errorf("%s candidate %d token %d: log-probability %v, want %v", what, i, j, got[i].GetLogProbabilities()[j], l)
			}
		}
	}
}

// TestLogProbabilities compares those of cached decoding with the logits of
// the whole text at once.
func TestLogProbabilities(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	for _, d := range []*harnesspb.Decoding{
		{Decode: "greedy", MaxNewTokens: 12},
		{Decode: "beam", Beams: 3, Candidates: 3, MaxNewTokens: 12, LengthPenalty: 1},
		{Decode: "sample", Candidates: 3, MaxNewTokens: 12, Temperature: 0.7, TopK: 10},
	} {
		r := samples(f, m, "some prompt")
		r.Decoding, r.Eos = d, nil
		prompt := r.GetPrompts()[0].GetIds()
		for i, c := range f.answers(t, r)["some prompt"] {
			if len(c.GetLogProbabilities()) != len(c.GetIds()) {
				t.Fatalf("%s candidate %d: %d log-probabilities of %d tokens", d.GetDecode(), i, len(c.GetLogProbabilities()), len(c.GetIds()))
			}
			text := slices.Concat(prompt, c.GetIds())
			logits := f.forward(t, m, input{IDs: text})[0]
			vocabulary, sum := len(logits)/len(text), 0.0
			for j, token := range c.GetIds() {
				row := logits[(len(prompt)+j-1)*vocabulary:][:vocabulary]
				total := 0.0
				for _, l := range row {
					total += math.Exp(float64(l))
				}
				want := float64(row[token]) - math.Log(total)
				sum += want
				if got := float64(c.GetLogProbabilities()[j]); math.Abs(got-want) > 1e-5 {
					t.Errorf("%s candidate %d token %d: log-probability %v, want %v", d.GetDecode(), i, j, got, want)
				}
			}
			if d.GetDecode() == "beam" {
				sum /= float64(len(c.GetIds()))
			}
			if math.Abs(c.GetScore()-sum) > 1e-4 {
				t.Errorf("%s candidate %d: score %v, want %v", d.GetDecode(), i, c.GetScore(), sum)
			}
		}
	}
}

// TestStopStrings ends texts in the middle of what they would have been.
func TestStopStrings(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	// Tokens of one to three bytes, some of them parts of a rune.
	texts := make([][]byte, 60) // the network has more rows
	for i := range texts {
		texts[i] = []byte{byte('a' + i%7), 0xc3, 0xa4}[:1+i%3]
	}
	text := func(ids []int32) string {
		var b strings.Builder
		for _, id := range ids {
			if int(id) < len(texts) {
				b.Write(texts[id])
			}
		}
		return b.String()
	}
	for _, d := range []*harnesspb.Decoding{
		{Decode: "greedy", MaxNewTokens: 30},
		{Decode: "sample", Candidates: 3, MaxNewTokens: 30, Seed: 3},
		{Decode: "beam", Beams: 1, Candidates: 1, MaxNewTokens: 30, EarlyStopping: "true"},
	} {
		free := samples(f, m, "stop")
		free.Decoding, free.Eos = d, nil
		for i, whole := range f.answers(t, free)["stop"] {
			for length := 1; length <= 6; length += 2 {
				all := text(whole.GetIds())
				stop := all[len(all)/2:][:length]
				r := proto.Clone(free).(*harnesspb.DecodeRequest)
				r.TokenTexts = texts
				r.Prompts[0].Stop = []string{"never seen", stop}
				got := f.answers(t, r)["stop"][i].GetIds()
				if !slices.Equal(got, whole.GetIds()[:len(got)]) {
					t.Fatalf("%s candidate %d: stop strings change tokens: %v, without %v", d.GetDecode(), i, got, whole.GetIds())
				}
				if !strings.Contains(text(got), stop) || strings.Contains(text(got[:len(got)-1]), stop) {
					t.Errorf("%s candidate %d: %q does not end with the token that brings %q", d.GetDecode(), i, text(got), stop)
				}
			}
		}
	}
}

// TestBeamsEndAtStopStrings checks that a stop string ends a beam as an end
// token does.
func TestBeamsEndAtStopStrings(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	const token = 9
	texts := make([][]byte, 64)
	for i := range texts {
		texts[i] = []byte("x")
	}
	texts[token] = []byte("end")
	byToken, byText := samples(f, m, "beams"), samples(f, m, "beams")
	byToken.Decoding = &harnesspb.Decoding{Decode: "beam", Beams: 5, Candidates: 5, MaxNewTokens: 16, LengthPenalty: 0.7}
	byText.Decoding = byToken.Decoding
	byToken.Eos = []int32{token}
	byText.Eos = []int32{63} // never likely; as many end tokens keep the ranks alike
	byText.TokenTexts, byText.Prompts[0].Stop = texts, []string{"xend"}
	byText.Prompts[0].Stop = append(byText.Prompts[0].Stop, "end")
	sameCandidates(t, "beams", f.answers(t, byText)["beams"], f.answers(t, byToken)["beams"], 0)
}

func TestDecodingIsRefused(t *testing.T) {
	f := small(t)
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 1}
	for _, c := range []struct {
		name   string
		change func(r *harnesspb.DecodeRequest)
		want   string
	}{
		{"temperature", func(r *harnesspb.DecodeRequest) { r.Decoding.Temperature = math.NaN() }, "temperature"},
		{"top-k", func(r *harnesspb.DecodeRequest) { r.Decoding.TopK = -1 }, "top-k"},
		{"top-p", func(r *harnesspb.DecodeRequest) { r.Decoding.TopP = 1.5 }, "top-p"},
		{"candidates", func(r *harnesspb.DecodeRequest) { r.Decoding.Candidates = 0 }, "candidates"},
		{"method", func(r *harnesspb.DecodeRequest) { r.Decoding.Decode = "guess" }, "guess"},
		{"stop without texts", func(r *harnesspb.DecodeRequest) { r.Prompts[0].Stop = []string{"x"} }, "texts of the tokens"},
		{"empty stop", func(r *harnesspb.DecodeRequest) {
			r.Prompts[0].Stop, r.TokenTexts = []string{""}, [][]byte{{'x'}}
		}, "stop string"},
	} {
		r := samples(f, m, "p")
		c.change(r)
		err := f.engine.Decode(t.Context(), r, func(*harnesspb.DecodeResponse) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
}
