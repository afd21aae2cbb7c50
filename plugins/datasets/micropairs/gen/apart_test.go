package gen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"harness/plugins/benchmarks/microbugs/bugs"
)

// What the studies draw. A study that draws more has to raise these.
const (
	studiedPairSeed = 1
	studiedPairs    = 6000
	studiedTextSeed = 1
	studiedTexts    = 60000
	mostAlike       = 0.94
	uninteresting   = 0.88 // not worth the comparison
)

// TestBenchmarkIsHeldApart compares every generated method, wrong and right,
// with every method of microbugs, wrong and right. None may be the same after
// renaming all identifiers and numbers and dropping white space, and none may
// be nearly the same: 2·common/(length+length) of the renamed tokens, with
// common the longest common subsequence, stays below 0.94.
func TestBenchmarkIsHeldApart(t *testing.T) {
	held := benchmarkMethods(t)
	seen := map[string]bool{}
	compare := func(text string) {
		n := normalise(text)
		if seen[n.key] {
			return
		}
		seen[n.key] = true
		for i := range held {
			h := &held[i]
			if alike := h.alike(n, max(h.closest, uninteresting)); alike > h.closest {
				h.closest, h.closestText = alike, text
			}
		}
	}
	for p := range Pairs(studiedPairSeed, studiedPairs) {
		compare(p.Before + p.Buggy + p.After)
		compare(p.Before + p.Fixed + p.After)
	}
	for text := range Texts(studiedTextSeed, studiedTexts) {
		for _, method := range strings.Split(text, "\n\n") {
			compare(method)
		}
	}
	for h := range Holes(studiedTextSeed, studiedTexts) {
		for _, method := range strings.Split(h.Before+h.Lines+h.After, "\n\n") {
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

func TestNormaliseSeesThroughNames(t *testing.T) {
	a := normalise("public static int sum(int[] a) {\n    return a[0] + a[1];\n}\n")
	b := normalise("public static int total(int[] vals) {return vals[ 2 ]+vals[3];}")
	c := normalise("public static int total(int[] vals) {return vals[2] - vals[3];}")
	if a.key != b.key {
		t.Errorf("renamed text differs:\n%s\n%s", a.key, b.key)
	}
	if a.key == c.key || a.alike(c, 0) < 0.9 || a.alike(c, 0) >= 1 {
		t.Errorf("one operator apart is %.3f alike", a.alike(c, 0))
	}
}

func benchmarkMethods(t *testing.T) []normal {
	t.Helper()
	all, err := bugs.All()
	if err != nil {
		t.Fatal(err)
	}
	var out []normal
	for _, bug := range all {
		for kind, text := range map[string]string{"wrong": bug.MethodText(), "fixed": bug.FixedMethodText()} {
			n := normalise(text)
			n.name = kind + " " + bug.ID
			out = append(out, n)
		}
	}
	return out
}

// normal is a method without its names, numbers and white space.
type normal struct {
	name   string
	key    string
	tokens []string
	count  map[string]int

	closest     float64 // likeness to the closest generated method
	closestText string
}

func normalise(text string) normal {
	n := normal{count: map[string]int{}}
	names := map[string]string{}
	for _, t := range lex(text) {
		word := t.text
		switch t.kind {
		case name:
			if names[word] == "" {
				names[word] = fmt.Sprint("v", len(names))
			}
			word = names[word]
		case number:
			word = "0"
		}
		n.tokens = append(n.tokens, word)
		n.count[word]++
	}
	n.key = strings.Join(n.tokens, " ")
	return n
}

// alike is the likeness of two methods, or 0 when it cannot exceed least.
func (n normal) alike(o normal, least float64) float64 {
	total := float64(len(n.tokens) + len(o.tokens))
	if 2*float64(min(len(n.tokens), len(o.tokens)))/total <= least {
		return 0
	}
	common := 0
	for word, count := range n.count {
		common += min(count, o.count[word])
	}
	if 2*float64(common)/total <= least {
		return 0
	}
	// Longest common subsequence, one row at a time.
	row := make([]int, len(o.tokens)+1)
	for _, word := range n.tokens {
		diagonal := 0
		for j, other := range o.tokens {
			above := row[j+1]
			if word == other {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return 2 * float64(slices.Max(row)) / total
}
