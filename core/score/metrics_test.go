package score_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"harness/core/score"
)

func TestMetrics(t *testing.T) {
	const p, f, u, e = score.Passed, score.Failed, score.Uncompilable, score.Error
	tests := []struct {
		name     string
		outcomes []score.Outcome
		want     map[string]float64
	}{
		{
			name: "no bugs have no shares",
			want: map[string]float64{"bugs": 0, "attempted": 0, "refused": 0, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0},
		},
		{
			name: "bugs fixed at the first and at a later rank",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p, f, f, f, f, f}, ExactMatch: []bool{true, false, false, false, false, false}}),
				of(ranked{Bug: "b", Verdicts: []string{f, f, f, p, f, f}, ExactMatch: []bool{false, false, false, true, false, false}}),
				of(ranked{Bug: "c", Verdicts: []string{u, u, u, u, u, p}, ExactMatch: []bool{false, false, false, false, false, false}}),
				of(ranked{Bug: "d", Verdicts: []string{u, score.Timeout, score.Crashed, f, f, f}, ExactMatch: make([]bool, 6)}),
			},
			want: map[string]float64{
				"bugs": 4, "attempted": 4, "refused": 0, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0,
				"pass@1": 0.25, "fixed@1": 1, "judged@1": 4,
				"pass@5": 0.5, "fixed@5": 2, "judged@5": 4,
				"pass@6": 0.75, "fixed@6": 3, "judged@6": 4,
				"exact_match@1": 0.25, "compile_rate": 18.0 / 24,
			},
		},
		{
			name: "a refused bug is not fixed",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p}, ExactMatch: []bool{true}}),
				{Bug: "b", Refused: "prompt too long"},
			},
			want: map[string]float64{
				"bugs": 2, "attempted": 1, "refused": 1, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0,
				"pass@1": 0.5, "fixed@1": 1, "judged@1": 2, "exact_match@1": 0.5, "compile_rate": 1,
			},
		},
		{
			name:     "all bugs refused is 0, not nothing",
			outcomes: []score.Outcome{{Bug: "a", Refused: "prompt too long"}},
			want:     map[string]float64{"bugs": 1, "attempted": 0, "refused": 1, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0, "pass@1": 0, "fixed@1": 0, "judged@1": 1},
		},
		{
			name: "an error that may hide a pass makes its bug undecided",
			outcomes: []score.Outcome{
				of(ranked{Bug: "hidden at 1, not at 2", Verdicts: []string{e, p}}),
				of(ranked{Bug: "hidden at 2, not at 1", Verdicts: []string{f, e}}),
				of(ranked{Bug: "error after the pass", Verdicts: []string{p, e}}),
				of(ranked{Bug: "plain", Verdicts: []string{f, f}}),
				of(ranked{Bug: "word from elsewhere", Verdicts: []string{"exploded", f}}),
			},
			want: map[string]float64{
				"bugs": 5, "attempted": 5, "refused": 0, "unsound": 0, "errors": 3, "platform": 0, "unrecorded": 0,
				"pass@1": 1.0 / 3, "fixed@1": 1, "judged@1": 3,
				"pass@2": 2.0 / 3, "fixed@2": 2, "judged@2": 3,
				"compile_rate": 1,
			},
		},
		{
			name: "unsound bugs count only where others judged",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p, f}, Published: []string{score.Plausible, score.Wrong}}),
				of(ranked{Bug: "b", Verdicts: []string{e, e}, Published: []string{score.Wrong, score.Plausible}, ExactMatch: []bool{true, false}, Unsound: "its buggy version passes here"}),
				{Bug: "c", Refused: "prompt too long", Unsound: "its reference fix does not pass here: failed"},
			},
			want: map[string]float64{
				"bugs": 3, "attempted": 1, "refused": 0, "unsound": 2, "errors": 0, "platform": 0, "unrecorded": 0,
				"pass@1": 1, "fixed@1": 1, "judged@1": 1, "pass@2": 1, "fixed@2": 1, "judged@2": 1, "compile_rate": 1,
				"published.bugs": 2, "published.pass@1": 0.5, "published.fixed@1": 1, "published.judged@1": 2,
				"published.pass@2": 1, "published.fixed@2": 2, "published.judged@2": 2,
			},
		},
		{
			name: "what another platform may pass is undecided, and no error; an uncertain pass is none",
			outcomes: []score.Outcome{
				{Bug: "a", Candidates: []score.Candidate{{Verdict: u, Reason: score.ReasonPlatform}, {Verdict: p}}},
				{Bug: "b", Candidates: []score.Candidate{{Verdict: f}, {Verdict: u, Reason: score.ReasonPlatform}}},
				{Bug: "c", Candidates: []score.Candidate{{Verdict: score.Flaky}, {Verdict: f}}},
				{Bug: "d", Candidates: []score.Candidate{{Verdict: u, Reason: score.ReasonPlatform}, {Verdict: e}}},
			},
			want: map[string]float64{
				"bugs": 4, "attempted": 4, "refused": 0, "unsound": 0, "errors": 1, "platform": 2, "unrecorded": 0,
				"pass@1": 0, "fixed@1": 0, "judged@1": 2, "pass@2": 0.5, "fixed@2": 1, "judged@2": 2, "compile_rate": 1,
			},
		},
		{
			name: "a candidate that cannot be placed is no exact match, and no other candidate",
			outcomes: []score.Outcome{
				{Bug: "a", Candidates: []score.Candidate{{Verdict: e, Reason: score.ReasonUnplaced, ExactMatch: new(bool)}}},
				of(ranked{Bug: "b", Verdicts: []string{p}, ExactMatch: []bool{true}}),
			},
			want: map[string]float64{
				"bugs": 2, "attempted": 2, "refused": 0, "unsound": 0, "errors": 1, "platform": 0, "unrecorded": 0,
				"pass@1": 1, "fixed@1": 1, "judged@1": 1, "exact_match@1": 1, "compile_rate": 1,
			},
		},
		{
			name:     "only errors leave no share",
			outcomes: []score.Outcome{of(ranked{Bug: "a", Verdicts: []string{e}})},
			want:     map[string]float64{"bugs": 1, "attempted": 1, "refused": 0, "unsound": 0, "errors": 1, "platform": 0, "unrecorded": 0, "fixed@1": 0, "judged@1": 0},
		},
		{
			name: "published verdicts count beside ours, over the bugs that have them",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p, f}, Published: []string{score.Wrong, score.Plausible}}),
				of(ranked{Bug: "b", Verdicts: []string{f, f}, Published: []string{score.Plausible, score.Timeout}}),
				of(ranked{Bug: "c", Verdicts: []string{f, f}, Published: []string{"", score.Uncompilable}}),
				of(ranked{Bug: "d", Verdicts: []string{f, f}}),
			},
			want: map[string]float64{
				"bugs": 4, "attempted": 4, "refused": 0, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0,
				"pass@1": 0.25, "fixed@1": 1, "judged@1": 4, "pass@2": 0.25, "fixed@2": 1, "judged@2": 4, "compile_rate": 1,
				"published.bugs": 3, "published.pass@1": 0.5, "published.fixed@1": 1, "published.judged@1": 2,
				"published.pass@2": 1, "published.fixed@2": 2, "published.judged@2": 2,
			},
		},
		{
			name: "a candidate without a published verdict is undecided there, and a bug with none has no published share",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p, f}, Published: []string{score.Wrong, ""}}),
				of(ranked{Bug: "b", Verdicts: []string{f, f}, Published: []string{score.Plausible, ""}}),
				of(ranked{Bug: "c", Verdicts: []string{f, f}, Published: []string{score.Wrong, score.Wrong}}),
				of(ranked{Bug: "d", Verdicts: []string{p, p}}),
			},
			want: map[string]float64{
				"bugs": 4, "attempted": 4, "refused": 0, "unsound": 0, "errors": 0, "platform": 0, "unrecorded": 0,
				"pass@1": 0.5, "fixed@1": 2, "judged@1": 4, "pass@2": 0.5, "fixed@2": 2, "judged@2": 4, "compile_rate": 1,
				"published.bugs": 3, "published.pass@1": 1.0 / 3, "published.fixed@1": 1, "published.judged@1": 3,
				"published.pass@2": 0.5, "published.fixed@2": 1, "published.judged@2": 2,
			},
		},
		{
			name: "a bug for which nothing is recorded has no share",
			outcomes: []score.Outcome{
				of(ranked{Bug: "a", Verdicts: []string{p}}),
				{Bug: "b", Unrecorded: true},
				{Bug: "c", Unrecorded: true, Unsound: "its buggy version passes here"},
				{Bug: "d"},
			},
			want: map[string]float64{
				"bugs": 4, "attempted": 1, "refused": 0, "unsound": 1, "errors": 0, "platform": 0, "unrecorded": 1,
				"pass@1": 0.5, "fixed@1": 1, "judged@1": 2, "compile_rate": 1,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, score.Metrics(tt.outcomes), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMetricsLadder(t *testing.T) {
	verdicts := make([]string, 30)
	for i := range verdicts {
		verdicts[i] = score.Failed
	}
	verdicts[24] = score.Passed
	m := score.Metrics([]score.Outcome{of(ranked{Bug: "a", Verdicts: verdicts})})
	for name, want := range map[string]float64{"pass@1": 0, "pass@5": 0, "pass@10": 0, "pass@20": 0, "pass@30": 1} {
		if got, ok := m[name]; !ok || got != want {
			t.Errorf("%s = %v (present: %t), want %v", name, got, ok, want)
		}
	}
}

func TestShare(t *testing.T) {
	outcomes := []score.Outcome{
		of(ranked{Bug: "a", Verdicts: []string{score.Failed, score.Passed, score.Failed}}),
		of(ranked{Bug: "b", Verdicts: []string{score.Failed, score.Failed, score.Uncompilable}}),
	}
	tests := []struct {
		metric string
		want   score.Proportion
		ok     bool
	}{
		{"pass@1", score.Proportion{Successes: 0, Total: 2}, true},
		{"pass@2", score.Proportion{Successes: 1, Total: 2}, true},
		{"pass@3", score.Proportion{Successes: 1, Total: 2}, true},
		{"pass@4", score.Proportion{}, false},
		{"pass@0", score.Proportion{}, false},
		{"pass@+1", score.Proportion{}, false},
		{"pass@", score.Proportion{}, false},
		{"compile_rate", score.Proportion{Successes: 5, Total: 6}, true},
		{"exact_match@1", score.Proportion{}, false},
		{"published.pass@1", score.Proportion{}, false},
		{"published.compile_rate", score.Proportion{}, false},
		{"fixed@1", score.Proportion{}, false},
		{"validation.loss", score.Proportion{}, false},
	}
	for _, tt := range tests {
		got, ok := score.Share(outcomes, tt.metric)
		if got != tt.want || ok != tt.ok {
			t.Errorf("Share(%q) = %v, %t; want %v, %t", tt.metric, got, ok, tt.want, tt.ok)
		}
	}
}

// The expected ends are those of SciPy 1.17.1: binomtest(k, n).proportion_ci(confidence, method="wilson").
func TestWilson(t *testing.T) {
	tests := []struct {
		p          score.Proportion
		confidence float64
		low, high  float64
	}{
		{score.Proportion{Successes: 13, Total: 40}, 0.95, 0.200845022318, 0.479822538101},
		{score.Proportion{Successes: 1, Total: 400}, 0.95, 0.000441447787, 0.014023285076},
		{score.Proportion{Successes: 7, Total: 10}, 0.99, 0.320024679201, 0.920433683477},
		{score.Proportion{Successes: 0, Total: 40}, 0.95, 0.000000000000, 0.087621601197},
		{score.Proportion{Successes: 40, Total: 40}, 0.95, 0.912378398803, 1.000000000000},
		{score.Proportion{}, 0.95, 0, 1},
		{score.Proportion{Successes: 1, Total: 2}, 1, 0, 1},
		{score.Proportion{Successes: 1, Total: 2}, math.NaN(), 0, 1},
	}
	for _, tt := range tests {
		low, high := tt.p.Wilson(tt.confidence)
		if math.Abs(low-tt.low) > 1e-9 || math.Abs(high-tt.high) > 1e-9 {
			t.Errorf("%v at %v: [%.12f, %.12f], want [%.12f, %.12f]", tt.p, tt.confidence, low, high, tt.low, tt.high)
		}
	}
}

func TestWilsonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100_000).Draw(t, "total")
		k := rapid.IntRange(0, n).Draw(t, "successes")
		p := score.Proportion{Successes: k, Total: n}
		low, high := p.Wilson(0.95)
		if !(0 <= low && low <= p.Share() && p.Share() <= high && high <= 1) {
			t.Fatalf("%d of %d: share %v is not inside [%v, %v]", k, n, p.Share(), low, high)
		}
		mirrorLow, mirrorHigh := score.Proportion{Successes: n - k, Total: n}.Wilson(0.95)
		if math.Abs(low-(1-mirrorHigh)) > 1e-9 || math.Abs(high-(1-mirrorLow)) > 1e-9 {
			t.Fatalf("%d of %d is not the mirror of %d of %d", k, n, n-k, n)
		}
	})
}

func TestMetricsProperties(t *testing.T) {
	words := []string{score.Passed, score.Failed, score.Uncompilable, score.Timeout, score.Crashed, score.Error}
	rapid.Check(t, func(t *rapid.T) {
		var outcomes []score.Outcome
		for range rapid.IntRange(0, 8).Draw(t, "bugs") {
			outcomes = append(outcomes, of(ranked{Verdicts: rapid.SliceOfN(rapid.SampledFrom(words), 0, 12).Draw(t, "verdicts")}))
		}
		m := score.Metrics(outcomes)
		fixed := 0.0
		for _, k := range []string{"1", "5", "10"} {
			f, ok := m["fixed@"+k]
			if !ok {
				continue
			}
			if f < fixed {
				t.Fatalf("fixed@%s = %v is less than at a smaller k (%v)", k, f, fixed)
			}
			fixed = f
			if judged := m["judged@"+k]; judged > m["bugs"] || judged < m["bugs"]-m["errors"] {
				t.Fatalf("judged@%s = %v does not fit %v bugs and %v errors", k, judged, m["bugs"], m["errors"])
			}
			if share, ok := m["pass@"+k]; ok && share != f/m["judged@"+k] {
				t.Fatalf("pass@%s = %v, but fixed / judged = %v", k, share, f/m["judged@"+k])
			}
		}
		for name, v := range m {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%s is %v", name, v)
			}
		}
	})
}

func TestExactMatch(t *testing.T) {
	tests := []struct {
		name           string
		patched, fixed string
		want           bool
	}{
		{"the same text", "return a;", "return a;", true},
		{"other layout", "if(a){\n\treturn b ;\r\n}", "if (a) {\n    return b;\n}\n", true},
		{"nothing at all", "", " \n", true},
		{"two words are not one", "return x;", "returnx;", false},
		{"words stay words over lines", "return\nx;", "return x;", true},
		{"letters of any alphabet are words", "int größe", "int gr öße", false},
		{"plus plus is not plus and plus", "a + +b", "a ++b", false},
		{"minus minus is not minus and minus", "a - -b", "a--b", false},
		{"generics may be closed apart", "List<List<X> >", "List<List<X>>", true},
		{"other text", "return a;", "return b;", false},
		{"invalid UTF-8 is text too", "a\xff b", "a\xff  b", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := score.ExactMatch(tt.patched, tt.fixed); got != tt.want {
				t.Errorf("ExactMatch(%q, %q) = %t", tt.patched, tt.fixed, got)
			}
			if got := score.ExactMatch(tt.fixed, tt.patched); got != tt.want {
				t.Errorf("ExactMatch(%q, %q) = %t", tt.fixed, tt.patched, got)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	if score.Digest("a = b;\n  c") != score.Digest(" a = b;\r\nc ") {
		t.Error("texts that differ in layout have different digests")
	}
	if score.Digest("a=b;") == score.Digest("a = b;") {
		t.Error("texts that differ in where blanks are share a digest")
	}
	if d := score.Digest(""); len(d) != 64 {
		t.Errorf("digest of an empty file is %q", d)
	}
}

func TestTrialString(t *testing.T) {
	trial := score.Trial{Labels: map[string]string{"zeta": "1", "prompt": "with", "alpha": "2", "model": "m", "benchmark": "b", "adapter": "lora"}}
	if got, want := trial.String(), "model=m, adapter=lora, benchmark=b, prompt=with, alpha=2, zeta=1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
