package javasource_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/sdk/javasource"
)

func TestSkeleton(t *testing.T) {
	for text, want := range map[string]string{
		"a // }\nb":                 "a     \nb",
		"a /* } \n */ b":            "a      \n    b",
		`s = "}\"{" + '{';`:         `s = "    " + ' ';`,
		"s = \"\"\"\n}\"x\n\"\"\";": "s = \"\"\"\n   \n\"\"\";",
		`s = "open` + "\n}":         `s = "    ` + "\n}",
		"/* never closed }":         "                 ",
		`c = '\`:                    `c = ' `,
	} {
		got := javasource.Skeleton(text)
		if got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

const program = `package p;
import java.util.*;
/** } */
public class C {
    static int[] x = { 1, 2 };
    // a comment
    @Override
    public int f(Map<String, int[]> m)
            throws Exception {
        if (m == null) { return 1; }
        Runnable r = () -> { run(); };
        Object o = new Object() {
            public String toString() {
                return "}{";
            }
        };
        for (int i = 0; i < 3; i++) { x[0]++; }
        return 2;
    }
    C(int a) { super(); }
    abstract void g();
    static { x[1] = 0; }
    enum E { A, B }
    class D { <T extends Comparable<T>> T h(T... t) { try { return t[0]; } catch (Exception e) { throw e; } } }
}
`

func TestMethods(t *testing.T) {
	want := []javasource.Span{{7, 20}, {13, 16}, {20, 21}, {24, 25}}
	if diff := cmp.Diff(want, javasource.Methods(program)); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct{ of, want javasource.Span }{
		{javasource.Span{Start: 14, End: 15}, javasource.Span{Start: 13, End: 16}},
		{javasource.Span{Start: 10, End: 15}, javasource.Span{Start: 7, End: 20}},
		{javasource.Span{Start: 5, End: 6}, javasource.Span{}},
		{javasource.Span{Start: 8, End: 8}, javasource.Span{Start: 7, End: 20}},
		{javasource.Span{Start: 7, End: 7}, javasource.Span{}},
		{javasource.Span{Start: 16, End: 16}, javasource.Span{Start: 7, End: 20}},
	} {
		if got, _ := javasource.Innermost(program, test.of); got != test.want {
			t.Errorf("around %v: %v, want %v", test.of, got, test.want)
		}
	}
}

// What stands in parentheses before a method, or around one, is not its own. Each
// text is the inside of a class; the spans count its lines.
func TestMethodsBetweenParentheses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []javasource.Span
	}{
		{"an annotation with arguments", "@SuppressWarnings(\"unchecked\") public static <T> T f(Object o) {\n}", []javasource.Span{{1, 3}}},
		{"on a line of its own", "@Test(timeout = 5)\nvoid f() throws E<A, B> {\n}", []javasource.Span{{1, 4}}},
		{"with strings that look like code", "@A(x = \")};{\", y = ')')\nvoid f() {\n}", []javasource.Span{{1, 4}}},
		{"with a list", "@SuppressWarnings({\n\"a\",\n\"b\"})\nvoid f() {\n}", []javasource.Span{{1, 6}}},
		{"with annotations in it", "@p.A(value = {@B(1), @B(2)}, of = C.class)\n@D\nint[] f() {\n}", []javasource.Span{{1, 5}}},
		{"of a parameter and of a constructor", "@Inject(1) C(@A(\"x\") final int a,\n\t@B int b) {\n}", []javasource.Span{{1, 4}}},
		{"of a field and of a class", "@A(1) int a = 2;\n@A({1, 2}) class D { @A(3) int b; }", nil},
		{"the end of a loop's header", "void f() {\nfor (I i = g(); i.hasNext(); step(i)) {\n}\n}", []javasource.Span{{1, 5}}},
		{"an object as an argument", "void f() {\nsubmit(a, new B(1) {\nvoid g() {\n}\n});\n}", []javasource.Span{{1, 7}, {3, 5}}},
		{"annotations side by side", "@A(x = 1) @B C(@D(2) int a) throws E {\n}\n", []javasource.Span{{1, 3}}},
		{"calls in headers", "void f() {\n for (int i : all(1)) {\n }\n if (a(b) && (c)) {\n }\n}\n", []javasource.Span{{1, 7}}},
		{"a block that waits", "int f()[] {\n synchronized (a()) {\n }\n}\n", []javasource.Span{{1, 5}}},
		{"an old way to write arrays", "int f(int[] a)[] {\n}", []javasource.Span{{1, 3}}},
		{"arguments that never end", "@A(\nvoid f() {\n}\nvoid g() {\n}", []javasource.Span{{1, 4}, {4, 6}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, javasource.Methods(tt.text)); diff != "" {
				t.Errorf("methods of\n%s\n(-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestFind(t *testing.T) {
	fragment := "public String toString(){ // other\n\n return \"}{\";}"
	if diff := cmp.Diff([]javasource.Span{{Start: 13, End: 16}}, javasource.Find(program, fragment)); diff != "" {
		t.Error(diff)
	}
	if got := javasource.Find(program, "if (m == null)"); got != nil {
		t.Errorf("a part of a line was found at %v", got)
	}
	if got := javasource.Find(program, " // nothing"); got != nil {
		t.Errorf("nothing was found at %v", got)
	}
}

// The 203 recorded bugs name the method around each hunk.
func TestInnermostOfRecordedBugs(t *testing.T) {
	for _, name := range []string{"quixbugs.jsonl", "humanevaljava.jsonl"} {
		f, err := os.Open(needs.Shared(t, "benchmarks", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var bug struct {
				ID       string
				File     string
				Function struct{ Start, End int }
				Hunks    []struct{ Start, End int }
			}
			if err := json.Unmarshal(lines.Bytes(), &bug); err != nil {
				t.Fatal(err)
			}
			want := javasource.Span(bug.Function)
			got, ok := javasource.Innermost(bug.File, javasource.Span(bug.Hunks[0]))
			if !ok || got != want {
				t.Errorf("%s: %v, want %v", bug.ID, got, want)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzMethods(f *testing.F) {
	f.Add(program)
	f.Add("f() {{{")
	f.Add("}}}'\\\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		lines := 1 + strings.Count(text, "\n")
		for _, m := range javasource.Methods(text) {
			if m.Start < 1 || m.End <= m.Start || m.End > lines+1 {
				t.Errorf("a method at %v of %d lines", m, lines)
			}
		}
		for _, s := range javasource.Find(text, text) {
			if s.Start < 1 || s.End > lines+1 {
				t.Errorf("found at %v of %d lines", s, lines)
			}
		}
	})
}
