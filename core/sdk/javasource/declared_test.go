package javasource_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/javasource"
)

func TestDeclaredMethodsBeginWithTheirDeclaration(t *testing.T) {
	const body = " { return 1; }"
	for name, c := range map[string]struct {
		before, declaration, called string
	}{
		"nothing in front":             {"", "int f(int a)", "f"},
		"a sentence":                   {"Here is the fixed code:\n\n", "public static int f(int a)", "f"},
		"a sentence without a mark":    {"The fix is as follows\n", "public int f(int a)", "f"},
		"a sentence on the line":       {"Fixed: ", "int f(int a)", "f"},
		"an apostrophe":                {"Here's what I'd do:\n", "int[] f(int a)", "f"},
		"parentheses":                  {"The loop (see above) is wrong (:\n\n", "static int f()", "f"},
		"a method before":              {"int g() { return 0; }\n\nand then\n", "private long f()", "f"},
		"a comment":                    {"/** int g() { } */\n// f\n", "long f()", "f"},
		"annotations":                  {"Try\n", "@Override\n@SuppressWarnings({\"unchecked\", \"}\"})\npublic java.util.List<String>[] f()", "f"},
		"an annotation with a package": {"Try\n", "@java.lang.Deprecated protected abstract int f()", "f"},
		"type parameters":              {"it is\n", "public static <T extends Comparable<T>> Map<String, List<T>> f(T... t) throws IOException", "f"},
		"type parameters alone":        {"it is:\n", "<T> T f(T t)", "f"},
		"a nested type":                {"it is:\n", "Outer<A>.Inner<B> f()", "f"},
		"a constructor":                {"the constructor is\n", "public Node(int value)", "Node"},
		"a generic constructor":        {"the constructor is\n", "public <T> Node(T value)", "Node"},
		"an array behind":              {"", "int f()[]", "f"},
		"letters of other scripts":     {"so:\n", "public Größe f()", "f"},
		"lines of the declaration":     {"so:\n", "public\nstatic int\nf(int a,\n  int b)\n", "f"},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.before + c.declaration + body + "\nIt returns 1.\n"
			var got javasource.Method
			for _, m := range javasource.Declared(text) {
				if m.Name == c.called {
					got = m
				}
			}
			if diff := cmp.Diff(c.declaration+body, text[got.Start:got.End]); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", got, diff)
			}
		})
	}
}

func TestDeclaredMethodsAreWhole(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"There is no bug.":                      "",
		"int f() { if (a) { return 1; }":        "",
		"int f() { return 1; } int g() { }":     "f g",
		"class A { int f() { } }":               "f",
		"if (a) { } while (b) { }":              "",
		"int f() { new A() { void g() { } }; }": "f g",
		"} } int f() { }":                       "f",
		"{ int f() { }":                         "f",
		"return x;":                             "",
		"record P(int x) { }":                   "",
	} {
		var names []string
		for _, m := range javasource.Declared(text) {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q declares %q, want %q", text, got, want)
		}
	}
}

// Both find the same methods, whatever the text.
func FuzzDeclared(f *testing.F) {
	for _, text := range []string{program, "Fixed: int f() { }", "@A(@B(\n@C({\"{\"})", "f(){}", "a<b>.c f ( ) [ ] {}", "} ) > f() {}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		declared := javasource.Declared(text)
		if n := len(javasource.Methods(text)); n != len(declared) {
			t.Fatalf("%d methods, %d declared", n, len(declared))
		}
		for _, m := range declared {
			if m.Start < 0 || m.Start >= m.End || m.End > len(text) || !strings.HasSuffix(text[m.Start:m.End], "}") || m.Name == "" {
				t.Fatalf("%q: %+v", text, m)
			}
		}
	})
}
