package gen

import (
	"iter"
	"slices"
	"testing"

	"harness/core/needs"
	"harness/core/similarity"
	"harness/plugins/benchmarks/microbugs/bugs"
	"harness/plugins/benchmarks/microbugs/likeness"
)

// What the studies draw. A study that draws more has to raise these.
const (
	studiedSeed     = 1
	studiedPairs    = 6000
	studiedTexts    = 60000
	studiedHoles    = 30000
	cleanSimilarity = 0.8 // of a dataset block, by default
	mostAlike       = 0.94
	uninteresting   = 0.88 // not worth the comparison
)

// TestBenchmarkIsHeldApart compares every generated pair, and the first
// documents of pretraining, with every method of microbugs.
func TestBenchmarkIsHeldApart(t *testing.T) { heldApart(t, studiedPairs, 1500, 1500) }

// TestSlowPretrainingIsHeldApart compares all documents that the shipped
// checkpoints were pretrained on.
func TestSlowPretrainingIsHeldApart(t *testing.T) {
	needs.Slow(t)
	heldApart(t, 0, studiedTexts, studiedHoles)
}

// heldApart compares methods as the benchmark compares its own: none, wrong or
// right, may be the same as one of the benchmark but for names, numbers and
// layout, nor nearly so.
func heldApart(t *testing.T, pairs, texts, holes int) {
	held := benchmarkMethods(t)
	seen := map[string]bool{}
	for text := range methods(pairs, texts, holes) {
		m := likeness.Of(text)
		if seen[m.Key()] {
			continue
		}
		seen[m.Key()] = true
		for i := range held {
			h := &held[i]
			if alike := h.Alike(m, max(h.closest, uninteresting)); alike > h.closest {
				h.closest, h.closestText = alike, text
			}
		}
	}
	most := held[0]
	for _, h := range held {
		if h.closest >= mostAlike {
			t.Errorf("%s is %.3f alike, want less than %.2f:\n%s", h.name, h.closest, mostAlike, h.closestText)
		}
		if h.closest > most.closest {
			most = h
		}
	}
	t.Logf("%d methods that differ; the closest is %.3f like %s:\n%s", len(seen), most.closest, most.name, most.closestText)
}

// TestPretrainingHoldsNoBenchmarkMethod looks for the benchmark's methods as the
// step clean does in what a study fine-tunes on: none of the first documents of
// pretraining equals, contains or nearly equals one, nor does any of their
// methods, new or old.
func TestPretrainingHoldsNoBenchmarkMethod(t *testing.T) { clean(t, 3000, 3000) }

// TestSlowPretrainingHoldsNoBenchmarkMethod looks at all documents.
func TestSlowPretrainingHoldsNoBenchmarkMethod(t *testing.T) {
	needs.Slow(t)
	clean(t, studiedTexts, studiedHoles)
}

func clean(t *testing.T, texts, holes int) {
	held := benchmarkMethods(t)
	index := similarity.New(cleanSimilarity)
	for _, h := range held {
		index.Add(h.text)
	}
	found := 0
	seen := map[string]bool{}
	look := func(text string) {
		if seen[text] {
			return
		}
		seen[text] = true
		if match, ok := index.Find(text); ok {
			if found++; found <= 10 {
				t.Errorf("%s %s (%.2f):\n%s", match.Relation, held[match.Text].name, match.Jaccard, text)
			}
		}
	}
	for d := range documents(studiedSeed, texts, holes) {
		look(d.text())
	}
	for text := range methods(0, texts, holes) {
		look(text)
	}
	t.Logf("%d of %d documents and methods are like a method of the %d bugs", found, len(seen), len(held)/2)
}

// methods are the generated methods, those of pairs and commits wrong and right.
func methods(pairs, texts, holes int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for p := range Pairs(studiedSeed, pairs) {
			if !yield(p.Before+p.Buggy+p.After) || !yield(p.Before+p.Fixed+p.After) {
				return
			}
		}
		for d := range documents(studiedSeed, texts, holes) {
			for _, method := range slices.Concat(d.methods, d.old) {
				if !yield(method) {
					return
				}
			}
		}
	}
}

// heldMethod is a method of the benchmark.
type heldMethod struct {
	likeness.Method
	name, text  string
	closest     float64 // likeness to the closest generated method
	closestText string
}

func benchmarkMethods(t *testing.T) []heldMethod {
	t.Helper()
	all, err := bugs.All()
	if err != nil {
		t.Fatal(err)
	}
	var out []heldMethod
	for _, bug := range all {
		for kind, text := range map[string]string{"wrong": bug.MethodText(), "fixed": bug.FixedMethodText()} {
			out = append(out, heldMethod{Method: likeness.Of(text), name: kind + " " + bug.ID, text: text})
		}
	}
	return out
}
