package similarity_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"harness/core/similarity"
)

// method has 35 tokens and so 33 shingles, all different.
const method = `public static int clamp(int x, int low, int high) {
    if (x < low) return low;
    return Math.min(x, high);
}
`

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		relation similarity.Relation // empty: none
		jaccard  float64
	}{
		"the text itself":              {method, similarity.Equal, 1},
		"another layout":               {strings.ReplaceAll(method, "\n", " \r\n\t"), similarity.Equal, 1},
		"no white space between signs": {strings.NewReplacer(" {", "{", " < ", "<", ", ", ",").Replace(method), similarity.Equal, 1},
		"comments":                     {"/* Clamps.\n * @param x */\n" + strings.ReplaceAll(method, ";\n", "; // so\n"), similarity.Equal, 1},
		"comments of other languages":  {strings.ReplaceAll(method, ";\n", "; # so\n"), similarity.Equal, 1},
		"a comment without an end":     {method + "/* and", similarity.Equal, 1},
		"within a class":               {"class A {\n" + method + "\n}", similarity.Contains, 33. / 37},
		"a word more":                  {"final " + method, similarity.Contains, 33. / 34},
		"another sign":                 {strings.Replace(method, "<", "<=", 1), similarity.Near, 31. / 36},
		"another name, used once":      {strings.Replace(method, "clamp", "limit", 1), similarity.Near, 30. / 36},
		"another name, used thrice":    {strings.ReplaceAll(method, "low", "least"), "", 0},
		"words run together":           {strings.Replace(method, "return low", "returnlow", 1), similarity.Near, 29. / 36},
		"half of it":                   {method[:70], "", 0},
		"something else":               {"static void other() { System.out.println(1); }", "", 0},
		"nothing":                      {"", "", 0},
		"only a comment":               {"// " + strings.ReplaceAll(method, "\n", " "), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			x := similarity.New(0.8)
			x.Add("int first() { return 1; }")
			x.Add(method)
			m, found := x.Find(test.text)
			if !found && test.relation == "" {
				return
			}
			if m.Relation != test.relation || m.Text != 1 {
				t.Fatalf("found %v: %+v, want %q of text 1", found, m, test.relation)
			}
			if math.Abs(m.Jaccard-test.jaccard) > 1e-9 {
				t.Errorf("the Jaccard index is %v, want %v", m.Jaccard, test.jaccard)
			}
		})
	}
}

func TestLiteralsAreTokens(t *testing.T) {
	x := similarity.New(1)
	x.Add(`void f() { print("http://a b"); } // it's`)
	for text, want := range map[string]bool{
		`void f() {print( "http://a b" );}`: true,
		`void f() { print("http://ab"); }`:  false, // blanks are part of a literal
		`void f() { print("http://a c"); }`: false, // no comment begins within one
		`void f() { print("http:// + "); }`: false,
		`void f() { print('http://a b'); }`: false,
		"void f() { print(\"http:\n// a b":  false,
	} {
		if _, found := x.Find(text); found != want {
			t.Errorf("%s: found %v, want %v", text, found, want)
		}
	}
}

func TestTheClosestTextIsFound(t *testing.T) {
	x := similarity.New(0.5)
	texts := []string{
		strings.Replace(method, "low;", "high;", 1), // near
		method,
		method + " ", // equal too, but later
	}
	for _, text := range texts {
		x.Add(text)
	}
	if m, found := x.Find(method); !found || m.Text != 1 || m.Relation != similarity.Equal {
		t.Errorf("got %+v, want text 1", m)
	}
	if m, found := x.Find("class A { " + method + " }"); !found || m.Text != 1 || m.Relation != similarity.Contains {
		t.Errorf("got %+v, want text 1", m)
	}
}

func TestDigest(t *testing.T) {
	same := similarity.Digest("a = 1;\n", "b(); // no")
	for name, test := range map[string]struct {
		parts []string
		equal bool
	}{
		"layout":         {[]string{" a=1 ;", "b ( ) ;"}, true},
		"parts joined":   {[]string{"a = 1; b();"}, false},
		"parts moved":    {[]string{"a = 1; b", "();"}, false},
		"an empty part":  {[]string{"a = 1;", "b();", ""}, false},
		"another token":  {[]string{"a = 2;", "b();"}, false},
		"tokens joined":  {[]string{"a = 1;", "b()\x00;"}, false},
		"another order":  {[]string{"b();", "a = 1;"}, false},
		"only a comment": {[]string{"a = 1; /* x */", "# y\nb();"}, true},
	} {
		if got := similarity.Digest(test.parts...) == same; got != test.equal {
			t.Errorf("%s: equal %v, want %v", name, got, test.equal)
		}
	}
}

// program draws a short text of few different words, so that texts are often
// alike.
func program() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom(strings.Fields("a b c int if return ( ) { } ; = + < 1 2")), 1, 60)
}

// TestFindAgreesWithComparingAll holds the index against the comparison of
// everything with everything.
func TestFindAgreesWithComparingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.Float64Range(0.3, 1).Draw(t, "threshold")
		x := similarity.New(threshold)
		var texts [][]string
		for range rapid.IntRange(1, 8).Draw(t, "texts") {
			text := program().Draw(t, "text")
			texts = append(texts, text)
			x.Add(strings.Join(text, " "))
		}
		query := program().Draw(t, "query")
		if rapid.Bool().Draw(t, "edited") { // one of the texts, with a token changed
			query = append([]string(nil), rapid.SampledFrom(texts).Draw(t, "of")...)
			query[rapid.IntRange(0, len(query)-1).Draw(t, "at")] = "new"
		}
		want := 0.0
		for _, text := range texts {
			want = max(want, exact(text, query))
		}
		m, found := x.Find(strings.Join(query, "\n"))
		switch {
		case found && m.Relation == similarity.Near && math.Abs(m.Jaccard-exact(texts[m.Text], query)) > 1e-12:
			t.Fatalf("the Jaccard index is %v, want %v", m.Jaccard, exact(texts[m.Text], query))
		case found && m.Relation == similarity.Near && m.Jaccard < threshold:
			t.Fatalf("%v is near at the threshold %v", m.Jaccard, threshold)
		case found && m.Relation == similarity.Near && m.Jaccard != want:
			t.Fatalf("found %v, but there is %v", m.Jaccard, want)
		case !found && want >= threshold:
			t.Fatalf("found none, but there is %v at the threshold %v", want, threshold)
		}
	})
}

// exact is the Jaccard index of the runs of three tokens.
func exact(a, b []string) float64 {
	sets := [2]map[string]bool{{}, {}}
	for i, tokens := range [][]string{a, b} {
		if len(tokens) < 3 {
			sets[i][fmt.Sprint(tokens)] = true
		}
		for at := 0; at+3 <= len(tokens); at++ {
			sets[i][fmt.Sprint(tokens[at:at+3])] = true
		}
	}
	common := 0
	for s := range sets[0] {
		if sets[1][s] {
			common++
		}
	}
	return float64(common) / float64(len(sets[0])+len(sets[1])-common)
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{method, `"\`, "'", "/*", "//", "#", "\xff\xfe", "a\u2028b", `"""` + "\n", strings.Repeat("(", 100)} {
		f.Add(seed, method)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x := similarity.New(0.8)
		x.Add(b)
		x.Add(a)
		m, found := x.Find(a)
		if similarity.Digest(a) == similarity.Digest("") {
			if found {
				t.Errorf("%q has no tokens and is like %+v", a, m)
			}
			return
		}
		if !found || m.Relation != similarity.Equal || m.Jaccard != 1 {
			t.Errorf("%q is not found again: %v, %+v", a, found, m)
		}
		// A line end ends every comment but one of /*.
		if !strings.Contains(a, "/*") {
			if m, found := x.Find("\n" + a + "\n// end"); !found || m.Relation != similarity.Equal {
				t.Errorf("%q is not found with a comment behind it: %+v", a, m)
			}
		}
	})
}
