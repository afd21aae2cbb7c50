package javasource_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/javasource"
)

func TestLex(t *testing.T) {
	const open = " (open)"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"words, numbers, operators", "x1+=0x1F-1_000L;", []string{"x1", "+=", "0x1F", "-", "1_000L", ";"}},
		{"floating-point numbers", "1.5e+3f .5 1. 0x1.8p-1 1e5.f", []string{"1.5e+3f", ".5", "1.", "0x1.8p-1", "1e5.f"}},
		{"a sign behind a hexadecimal E is an operator", "0xE+1", []string{"0xE", "+", "1"}},
		{"parameters", "int... a", []string{"int", "...", "a"}},
		{"the longest operator", "a>>>=b>>>c>>d->e::f", []string{"a", ">>>=", "b", ">>>", "c", ">>", "d", "->", "e", "::", "f"}},
		{"type arguments close one by one", "Map<A,List<B[]>>x", []string{"Map", "<", "A", ",", "List", "<", "B", "[", "]", ">", ">", "x"}},
		{"three of them, one with a bound", "A<B<? extends C<D>>>x", []string{"A", "<", "B", "<", "?", "extends", "C", "<", "D", ">", ">", ">", "x"}},
		{"a comparison opens no type arguments", "a<b&&c>>1", []string{"a", "<", "b", "&&", "c", ">>", "1"}},
		{"one bracket is not closed twice", "f(a<b,c>>d)", []string{"f", "(", "a", "<", "b", ",", "c", ">>", "d", ")"}},
		{"strings and characters", `f("a\"//b", '\'', '"')`, []string{"f", "(", `"a\"//b"`, ",", `'\''`, ",", `'"'`, ")"}},
		{"a text block", "s = \"\"\"\r\n  a \"quoted\" \\\"\"\"\r\n  \"\"\";", []string{"s", "=", "\"\"\"\n  a \"quoted\" \\\"\"\"\n  \"\"\"", ";"}},
		{"unicode escapes", `\u0061\uu0062 = "\u0022+\u0022" \\u0041`, []string{"ab", "=", `""`, "+", `""`, `\`, `\`, "u0041"}},
		{"an escaped pair of surrogates, and half of one", `"\uD83D\uDE00" "\uD83D"`, []string{`"😀"`, `"\uD83D"`}},
		{"a comment is no token", "a/* b */c// d\ne", []string{"a", "c", "e"}},
		{"an open comment is", "a /* b", []string{"a", "/* b" + open}},
		{"an open string ends with its line", "\"a\nb'", []string{`"a` + open, "b", "'" + open}},
		{"what is not Java", "a # ` \\ \xff", []string{"a", "#", "`", `\`, "\xff"}},
		{"letters of any alphabet", "größe_$ = 变", []string{"größe_$", "=", "变"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, token := range javasource.Lex(tt.text) {
				if !token.Code() {
					continue
				}
				text := token.Text
				if token.Open {
					text += open
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"layout", "if(a){\n\treturn b ;\r\n}", "if (a) {\n    return b;\n}\n", true},
		{"comments", "a /* x */ = b; // y", "/** z */ a = b;", true},
		{"unicode escapes", `char c = '\u0041';`, "char c = 'A';", true},
		{"an escaped line end ends a line comment", "a; // \\u000a b;", "a; b;", true},
		{"type arguments closed apart", "List<List<X> > y", "List<List<X>> y", true},
		{"line ends in text blocks", "\"\"\"\r\na\"\"\"", "\"\"\"\na\"\"\"", true},
		{"nothing", "", " // nothing", true},

		{"two words are not one", "return x;", "returnx;", false},
		{"signs apart", "a - -b", "a--b", false},
		{"shifts apart", "a >> b", "a > > b", false},
		{"blanks in a string", `"a  b"`, `"a b"`, false},
		{"a comment in a string", `"a /* b */"`, `"a "`, false},
		{"a comment that swallows code", "a; // b;\n", "a; \n b;\n", false},
		{"a comment that is not closed", "a; /* b", "a;", false},
		{"a literal written otherwise", "10", "0xA", false},
		{"redundant parentheses", "return (a);", "return a;", false},
		{"where one token ends", `"a""b"`, `"a" "b"`, true},
		{"tokens that read alike when joined", "a 1", "a1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := javasource.Digest(tt.a) == javasource.Digest(tt.b); same != tt.same {
				t.Errorf("%q and %q are one program: %t, want %t", tt.a, tt.b, same, tt.same)
			}
		})
	}
}

func FuzzLex(f *testing.F) {
	f.Add(program)
	for _, seed := range []string{`\u0022\u005c`, "a<b<c>>>d>>>=e", "\"\"\"\r\n\\\"\"\"\"", "'\\", "/*/", "1.e+f...", "\xff\x00\x1a", `\uD83D\uDE00\uDE00`, `"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		var apart []string
		for _, token := range javasource.Lex(text) {
			if token.Start != at || token.End <= at {
				t.Fatalf("the token %q is bytes %d to %d, behind byte %d", token.Text, token.Start, token.End, at)
			}
			at = token.End
			if token.Code() {
				apart = append(apart, text[token.Start:token.End])
			}
		}
		if at != len(text) {
			t.Fatalf("the tokens end at byte %d of %d", at, len(text))
		}
		if again := strings.Join(apart, "\n"); javasource.Digest(again) != javasource.Digest(text) {
			t.Errorf("%q and its tokens on lines of their own, %q, are not one program", text, again)
		}
		if skeleton := javasource.Skeleton(text); len(skeleton) != len(text) || strings.Count(skeleton, "\n") != strings.Count(text, "\n") {
			t.Errorf("the skeleton of %q is %q, of another shape", text, skeleton)
		}
	})
}
