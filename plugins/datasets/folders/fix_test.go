package main

import (
	"strings"
	"testing"

	"harness/core/sdk/dataset"
	"harness/core/sdk/javasource"
)

const wrong = `package p;

// A counter.
class Counter {
    private int n; // since the start

    @SuppressWarnings({"a", "b"})
    int next(int step,
             int most) {
        /* Counts,
           but not too far. */
        if (n < most) {
            n += step; // by a step

            return n;
        }
        return /* the end */ most;
    }

    int again() { return n; }
}
`

func TestFix(t *testing.T) {
	for name, test := range map[string]struct {
		from, to string // a change of wrong
		want     *dataset.Pair
		reason   string
	}{
		"a line": {
			from: "if (n < most) {", to: "if (n + step <= most) {",
			want: &dataset.Pair{
				Before: "@SuppressWarnings({\"a\", \"b\"})\nint next(int step,\n         int most) {\n",
				Buggy:  "    if (n < most) {\n", After: "        n += step;\n        return n;\n    }\n    return most;\n}\n",
				Fixed: "    if (n + step <= most) {\n",
			},
		},
		"lines, and comments elsewhere": {
			from: "n += step; // by a step\n\n            return n;\n        }\n        return /* the end */ most;",
			to:   "n += step; // so\n            return n;\n        }\n        log();\n        // stop\n\n        return 0;",
			want: &dataset.Pair{
				Before: "@SuppressWarnings({\"a\", \"b\"})\nint next(int step,\n         int most) {\n    if (n < most) {\n        n += step;\n        return n;\n    }\n",
				Buggy:  "    return most;\n", After: "}\n", Fixed: "    log();\n    return 0;\n",
			},
		},
		"lines that come": {
			from: "            n += step;", to: "            check(step);\n            n += step;",
			want: &dataset.Pair{
				Before: "@SuppressWarnings({\"a\", \"b\"})\nint next(int step,\n         int most) {\n    if (n < most) {\n",
				After:  "        n += step;\n        return n;\n    }\n    return most;\n}\n",
				Fixed:  "        check(step);\n",
			},
		},
		"lines that go": {
			from: "            n += step; // by a step\n", to: "",
			want: &dataset.Pair{
				Before: "@SuppressWarnings({\"a\", \"b\"})\nint next(int step,\n         int most) {\n    if (n < most) {\n",
				Buggy:  "        n += step;\n", After: "        return n;\n    }\n    return most;\n}\n",
			},
		},
		"no change":                {reason: "differs only in comments and white space"},
		"a comment":                {from: "by a step", to: "ahead", reason: "differs only in comments and white space"},
		"another indentation":      {from: "\n    ", to: "\n\t", reason: "differs only in comments and white space"},
		"two places":               {from: "n", to: "m", reason: "differs in more than one place"},
		"a field":                  {from: "private int n", to: "private long n", reason: "differs outside a method"},
		"a method that comes":      {from: "    int again() {", to: "    int more() {\n        return 1;\n    }\n\n    int again() {", reason: "differs outside a method"},
		"a head":                   {from: "int most) {", to: "long most) {", reason: "differs outside a method's body"},
		"a whole method in a line": {from: "{ return n; }", to: "{ return n + 1; }", reason: "differs outside a method's body"},
		"a method cut in two":      {from: "n += step;", to: "n++; } return n; } int rest() { { n++;", reason: "differs in where a method begins or ends"},
		"lines between methods":    {from: "        return /* the end */ most;", to: "    }\n    int rest() {\n        return 0;", reason: "differs outside a method"},
		"a text block":             {from: "return /* the end */ most;", to: "return \"\"\"\n            a\n\n            b\"\"\".length();", reason: "has a text block"},
		"all of it":                {from: wrong, to: "nothing\n", reason: "differs outside a method"},
	} {
		t.Run(name, func(t *testing.T) {
			right := strings.ReplaceAll(wrong, test.from, test.to)
			if test.from == "" {
				right = wrong
			}
			pair, reason := fix(wrong, right)
			if reason != test.reason {
				t.Fatalf("the reason is %q, want %q; got %v", reason, test.reason, pair)
			}
			if reason == "" && (pair.Before != test.want.Before || pair.Buggy != test.want.Buggy || pair.After != test.want.After || pair.Fixed != test.want.Fixed) {
				t.Errorf("got\n%s--\n%s--\n%s--\n%s", pair.Before, pair.Buggy, pair.After, pair.Fixed)
			}
		})
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"  a /* x */ + b\r\n\n\tc //":    "1:  a + b|3:\tc",
		"a/* x */b":                      "1:a b",
		"  /* x */ a":                    "1:  a",
		"/* x\n y */  a /* z\n */ b":     "2:a|3:b",
		"s = \"/* no */ // no\"; // yes": "1:s = \"/* no */ // no\";",
		"/* never closed\n a":            "",
	} {
		var got []string
		for _, l := range lines(text) {
			got = append(got, string(rune('0'+l.number))+":"+l.code)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: got %q, want %q", text, strings.Join(got, "|"), want)
		}
	}
}

// FuzzFix: a pair is a part of both files, comments and white space aside.
func FuzzFix(f *testing.F) {
	f.Add(wrong, strings.Replace(wrong, "n < most", "n <= most", 1))
	f.Add(wrong, strings.Replace(wrong, "n += step;", "", 1))
	f.Add("class A { void f() {\n'\n}}", "class A { void f() {\n\"\n}}")
	f.Add("", "}{")
	f.Fuzz(func(t *testing.T, wrong, right string) {
		pair, reason := fix(wrong, right)
		if (pair == nil) == (reason == "") {
			t.Fatalf("got %v and the reason %q", pair, reason)
		}
		if pair == nil {
			return
		}
		for _, part := range []string{pair.Before, pair.Buggy, pair.After, pair.Fixed} {
			if part != "" && !strings.HasSuffix(part, "\n") {
				t.Errorf("a part without a line end: %q", part)
			}
		}
		if pair.Before == "" || pair.After == "" || pair.Buggy == pair.Fixed {
			t.Errorf("no fix within a method: %v", pair)
		}
		for whole, parts := range map[string]string{wrong: pair.Before + pair.Buggy + pair.After, right: pair.Before + pair.Fixed + pair.After} {
			if !strings.Contains(squeezed(whole), strings.Join(strings.Fields(parts), "")) {
				t.Errorf("%q is not in %q", parts, whole)
			}
		}
	})
}

// squeezed returns a text without comments and white space.
func squeezed(text string) string {
	var b strings.Builder
	for _, t := range javasource.Lex(text) {
		if t.Kind != javasource.Comment {
			b.WriteString(strings.Join(strings.Fields(text[t.Start:t.End]), ""))
		}
	}
	return b.String()
}
