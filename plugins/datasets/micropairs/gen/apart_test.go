package gen

import (
	"testing"

	"harness/core/similarity"
	"harness/plugins/benchmarks/microbugs/bugs"
	"harness/plugins/benchmarks/microbugs/likeness"
)

// What the studies draw. A study that draws more has to raise these.
const (
	studiedPairSeed = 1
	studiedPairs    = 6000
	studiedTextSeed = 1
	studiedTexts    = 60000
	studiedHoles    = 60000
	cleanSimilarity = 0.8 // of a dataset block, by default
	mostAlike       = 0.94
	uninteresting   = 0.88 // not worth the comparison
)

// TestBenchmarkIsHeldApart compares every generated method, wrong and right,
// with every method of microbugs, wrong and right. None may be the same but for
// names, numbers and layout, nor nearly so: their likeness stays below 0.94.
func TestBenchmarkIsHeldApart(t *testing.T) {
	held := benchmarkMethods(t)
	seen := map[string]bool{}
	compare := func(text string) {
		m := likeness.Of(text)
		if seen[m.Key()] {
			return
		}
		seen[m.Key()] = true
		for i := range held {
			h := &held[i]
			if alike := h.Alike(m, max(h.closest, uninteresting)); alike > h.closest {
				h.closest, h.closestText = alike, text
			}
		}
	}
	for p := range Pairs(studiedPairSeed, studiedPairs) {
		compare(p.Before + p.Buggy + p.After)
		compare(p.Before + p.Fixed + p.After)
	}
	for text := range Texts(studiedTextSeed, studiedTexts) {
		for _, method := range methodsOf(text) {
			compare(method)
		}
	}
	for h := range Holes(studiedTextSeed, studiedHoles) {
		for _, method := range methodsOf(h.Before + h.Lines + h.After) {
			compare(method)
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
// step clean does in what a study fine-tunes on: none of the documents that the
// checkpoints are pretrained on equals, contains or nearly equals one, nor does
// any of their methods by itself.
func TestPretrainingHoldsNoBenchmarkMethod(t *testing.T) {
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
	document := func(text string) {
		look(text)
		for _, method := range methodsOf(text) {
			look(method)
		}
	}
	for text := range Texts(studiedTextSeed, studiedTexts) {
		document(text)
	}
	for h := range Holes(studiedTextSeed, studiedHoles) {
		document(h.Before + h.Lines + h.After)
	}
	t.Logf("%d of %d documents and methods are like a method of the %d bugs", found, len(seen), len(held)/2)
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
