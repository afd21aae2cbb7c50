package gen

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func take[T any](seq iter.Seq[T], n int) []T {
	var out []T
	for x := range seq {
		if len(out) == n {
			break
		}
		out = append(out, x)
	}
	return out
}

func TestPairsAreAFunctionOfTheSeed(t *testing.T) {
	first := slices.Collect(Pairs(3, 200))
	if diff := cmp.Diff(first, slices.Collect(Pairs(3, 200))); diff != "" {
		t.Errorf("the same seed gives other pairs:\n%s", diff)
	}
	if diff := cmp.Diff(first[:50], slices.Collect(Pairs(3, 50))); diff != "" {
		t.Errorf("a shorter sequence is not the beginning of a longer one:\n%s", diff)
	}
	if cmp.Equal(first, slices.Collect(Pairs(4, 200))) {
		t.Error("another seed gives the same pairs")
	}
}

func TestTextsAreAFunctionOfTheSeed(t *testing.T) {
	first := slices.Collect(Texts(3, 200))
	if diff := cmp.Diff(first, take(Texts(3, 1000), 200)); diff != "" {
		t.Errorf("the same seed gives other texts:\n%s", diff)
	}
}

func TestPairIsOneHunkInOneMethod(t *testing.T) {
	ids := map[string]bool{}
	for p := range Pairs(1, 3000) {
		if ids[p.ID] {
			t.Errorf("%s: the id is not unique", p.ID)
		}
		ids[p.ID] = true
		for part, text := range map[string]string{"before": p.Before, "buggy": p.Buggy, "after": p.After, "fixed": p.Fixed} {
			if !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") {
				t.Errorf("%s: %s is not whole lines: %q", p.ID, part, text)
			}
			if strings.Contains(text, "//") || strings.Contains(text, "/*") {
				t.Errorf("%s: %s has a comment: %q", p.ID, part, text)
			}
		}
		if p.Buggy == p.Fixed {
			t.Errorf("%s: the fix changes nothing", p.ID)
		}
		if !strings.HasPrefix(p.Before, "public static ") || !strings.HasSuffix(p.After, "}\n") {
			t.Errorf("%s: not a whole method:\n%s%s%s", p.ID, p.Before, p.Fixed, p.After)
		}
		if n := strings.Count(p.Buggy, "\n"); n > 2 {
			t.Errorf("%s: %d wrong lines", p.ID, n)
		}
	}
}

func TestEveryClassOfBugIsOften(t *testing.T) {
	count := map[Class]int{}
	for p := range Pairs(1, 3000) {
		count[p.Class]++
	}
	for _, share := range shares() {
		if count[share.value] < 30 {
			t.Errorf("%d of 3000 pairs are of class %s", count[share.value], share.value)
		}
	}
}

// A model that has seen the marks of a prompt in pretraining would not be
// the base that a study compares with.
func TestDocumentsHoldNoPromptMarks(t *testing.T) {
	for text := range documents(1, 5000, 5000) {
		if word := regexp.MustCompile("(?i)bug|fix").FindString(text.text()); word != "" {
			t.Errorf("a document with %q, a word that prompts mark bugs with:\n%s", word, text.text())
		}
	}
}

// documents are those that Texts and Holes are made of.
func documents(seed uint64, texts, holes int) iter.Seq[document] {
	return func(yield func(document) bool) {
		for index := range uint64(texts) {
			if !yield(newText(newSource(seed, textStream, index))) {
				return
			}
		}
		for index := range uint64(holes) {
			if !yield(newHole(newSource(seed, holeStream, index))) {
				return
			}
		}
	}
}

func TestHoleIsTheNewVersion(t *testing.T) {
	signs := regexp.MustCompile("(?m)^[-+]")
	for index := range uint64(2000) {
		c := newCommit(newSource(1, holeStream, index))
		d := c.hole()
		got, around := join(d.lines[d.start:d.end]), join(slices.Concat(d.lines[:d.start], d.lines[d.end:]))
		if want := join(c.new()); !strings.Contains(signs.ReplaceAllString(got, ""), want) {
			t.Fatalf("the hole is %q, want %q:\n%s", got, want, d.text())
		}
		if old := join(c.old()); !strings.Contains(signs.ReplaceAllString(around, ""), old) {
			t.Errorf("%q is not around the hole:\n%s", old, d.text())
		}
	}
}

func TestDiffHasBothVersions(t *testing.T) {
	for index := range uint64(500) {
		c := newCommit(newSource(1, textStream, index))
		var old, now []string
		for _, line := range c.diff()[1:] {
			if line[0] != '+' {
				old = append(old, line[1:])
			}
			if line[0] != '-' {
				now = append(now, line[1:])
			}
		}
		if !strings.Contains(join(c.oldLines()), join(old)) || !strings.Contains(c.text(), join(now)) {
			t.Errorf("not a part of the old and the new method:\n%s", join(c.diff()))
		}
	}
}

func TestSiblingMakesAnotherChoice(t *testing.T) {
	found := 0
	for index := range uint64(500) {
		m := write(newSource(1, textStream, index), textMix)
		o, ok := m.sibling()
		if !ok {
			continue
		}
		found++
		if len(o.lines) != len(m.lines) {
			t.Fatalf("%d lines, want %d:\n%s\n%s", len(o.lines), len(m.lines), m.text(), o.text())
		}
		others := 0
		for i := range m.lines[1:] {
			if m.lines[i+1] != o.lines[i+1] {
				others++
			}
		}
		if others < 1 || others > 3 {
			t.Errorf("%d lines below the head differ, want 1 to 3:\n%s\n%s", others, m.text(), o.text())
		}
	}
	if found < 250 {
		t.Errorf("%d of 500 methods have a sibling, want at least half", found)
	}
}

func TestRenameLeavesNoOldName(t *testing.T) {
	for index := range uint64(500) {
		m := newMethod(newSource(1, textStream, index))
		draw(m.source, families(textMix.mixtures))(m)
		old := []string{m.name()}
		for _, v := range m.scope {
			old = append(old, v.name)
		}
		before := m.text()
		m.rename()
		previous := ""
		for _, p := range pieces(m.text()) {
			if p.kind == name && previous != "." && slices.Contains(old, p.text) {
				t.Errorf("%s is left:\n%s\n%s", p.text, before, m.text())
			}
			previous = p.text
		}
		if len(lex(before)) != len(lex(m.text())) {
			t.Errorf("renamed methods have other tokens:\n%s\n%s", before, m.text())
		}
	}
}

func TestRewriteLeavesJavasOwnNames(t *testing.T) {
	got := rewrite("max = Math.max(max, size.size()) + 'max';\n", map[string]string{"max": "k", "size": "q"})
	if want := "k = Math.max(k, q.size()) + 'max';\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMutateBreaksOneLine(t *testing.T) {
	tests := []struct {
		name  string
		scope []variable
		line  string
		want  []string // class: wrong line
	}{
		{"a loop over an array", []variable{{"a", "int[]"}}, "    for (int i = 0; i < a.length; i++) {", []string{
			"off-by-one: for (int i = 1; i < a.length; i++) {",
			"boundary: for (int i = 0; i <= a.length; i++) {",
			"operator: for (int i = 0; i > a.length; i++) {",
			"off-by-one: for (int i = 0; i < a.length - 1; i++) {",
			"off-by-one: for (int i = 0; i < a.length + 1; i++) {",
			"operator: for (int i = 0; i < a.length; i--) {",
		}},
		{"a check for null or nothing", nil, "    if (s == null || s.isEmpty()) {", []string{
			"null: if (s != null || s.isEmpty()) {",
			"operator: if (s == null && s.isEmpty()) {",
			"missing-case: if (s == null) {",
			"null: if (s.isEmpty()) {",
		}},
		{"a variable for another", []variable{{"x", "int"}, {"y", "int"}, {"z", "long"}}, "    return x;", []string{
			"return: return y;", "return: return 0;",
		}},
		{"a literal result", nil, "    return true;", []string{"return: return false;"}},
		{"a negative result", nil, "    return -1;", nil},
		{"text is no number", []variable{{"s", "String"}, {"t", "int"}}, "    return s + t;", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMethod(newSource(1, 1, 1))
			m.scope = test.scope
			m.lines = []string{"public static int f(int x, int y, long z) {", test.line, "}"}
			var got []string
			for _, x := range m.mutations() {
				got = append(got, string(x.class)+": "+strings.TrimSpace(x.wrong[0]))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIntNStaysInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSource(rapid.Uint64().Draw(t, "seed"), 1, rapid.Uint64().Draw(t, "index"))
		n := rapid.IntRange(1, 1<<40).Draw(t, "n")
		if got := s.intN(n); got < 0 || got >= n {
			t.Errorf("intN(%d) = %d", n, got)
		}
	})
}

func FuzzLex(f *testing.F) {
	f.Add("public static int f(int[] a) {\n    return a[0] >>> 1;\n}\n")
	f.Add(`"a \" b" 'c' /* x`)
	f.Add("'\\")
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, p := range pieces(text) {
			if p.text == "" || text[p.start:p.end] != p.text || strings.TrimLeft(text[at:p.start], " \n\t\r") != "" {
				t.Fatalf("token %q at %d of %q", p.text, p.start, text)
			}
			at = p.end
		}
		if strings.TrimLeft(text[at:], " \n\t\r") != "" {
			t.Errorf("the end of %q is in no token", text)
		}
	})
}
