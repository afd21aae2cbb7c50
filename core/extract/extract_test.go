package extract_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/extract"
	"harness/core/needs"
	pb "harness/core/protocol/harnesspb"
	"harness/core/sdk/jsonlines"
)

// fenced puts backticks in the place of acute accents, which are easier to read in the tests' texts.
func fenced(text string) string { return strings.ReplaceAll(text, "´", "`") }

func TestBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   []string
	}{
		"code alone":              {"return a + b;\n", nil},
		"prose alone":             {"I can't find a bug in `f`, sorry.", nil},
		"nothing":                 {"", nil},
		"one block":               {"´´´\nreturn a;\n´´´\n", []string{"return a;\n"}},
		"a language":              {"´´´java\nreturn a;\n´´´", []string{"return a;\n"}},
		"words behind the fence":  {"´´´java title=\"A.java\" {1,3}\nreturn a;\n´´´", []string{"return a;\n"}},
		"a blank before them":     {"´´´ java\nreturn a;\n´´´", []string{"return a;\n"}},
		"tildes":                  {"~~~java\nreturn a;\n~~~\n", []string{"return a;\n"}},
		"prose around":            {"Here is the fixed code:\n\n´´´java\nreturn a;\n´´´\n\nThe bug was `b`.\n", []string{"return a;\n"}},
		"several":                 {"Before:\n´´´java\nreturn b;\n´´´\nAfter:\n´´´java\nreturn a;\n´´´\n", []string{"return b;\n", "return a;\n"}},
		"one of each kind":        {"´´´\na\n´´´\n~~~\nb\n~~~\n", []string{"a\n", "b\n"}},
		"not closed":              {"Sure!\n´´´java\nif (a) {\n  return", []string{"if (a) {\n  return"}},
		"last one not closed":     {"´´´\na\n´´´\nor\n´´´\nb", []string{"a\n", "b"}},
		"nothing behind a fence":  {"Sure!\n´´´java", []string{""}},
		"empty block":             {"´´´java\n´´´\n", []string{""}},
		"in a list":               {"1. Fix the loop:\n\n   ´´´java\n   for (;;) {\n     a();\n   }\n   ´´´\n2. Done.\n", []string{"for (;;) {\n  a();\n}\n"}},
		"less indented than that": {"    ´´´\n  a\n      b\n\n    ´´´\n", []string{"a\n  b\n\n"}},
		"indented by tabs":        {"\t´´´\n\ta\n\t´´´\n", []string{"a\n"}},
		"closed further out":      {"  ´´´\n  a\n´´´\nprose", []string{"a\n"}},
		"behind a list's number":  {"1. ´´´java\n   a\n   ´´´\n", []string{"   a\n"}},
		"behind prose":            {"Here is the fix: ´´´java\na\n´´´\n", []string{"a\n"}},
		"closed behind code":      {"´´´java\nint f() {\n}´´´\nThat's it.", []string{"int f() {\n}"}},
		"closed behind a token":   {"´´´java\na\n´´´  \t\r\n<|im_end|>", []string{"a\n"}},
		"on one line":             {"Use ´x´:\n´´´return a;´´´\n", []string{"return a;"}},
		"inline code":             {"Replace ´´´b´´´ by ´´´a´´´ here.\n", nil},
		"line ends of Windows":    {"´´´java\r\na\r\n´´´\r\nb\r\n", []string{"a\r\n"}},
		"longer fence":            {"´´´´markdown\n´´´java\na\n´´´\n´´´´\n", []string{"´´´java\na\n´´´\n"}},
		"longer closing fence":    {"´´´\na\n´´´´´\nb", []string{"a\n"}},
		"tildes within backticks": {"´´´\n~~~\na\n´´´\n", []string{"~~~\na\n"}},
		"backticks in tildes":     {"~~~\na\n´´´\nb´´´\n~~~\n", []string{"a\n´´´\nb´´´\n"}},
		"two backticks":           {"´´\na\n´´\n", nil},
		"HTML's characters":       {"´´´java\nList&lt;T&gt; a &amp;&amp; b\n´´´\n", []string{"List&lt;T&gt; a &amp;&amp; b\n"}},
		"HTML around it":          {"<pre><code>a</code></pre>\n", nil},
		"a text block of Java":    {"´´´java\nString s = \"\"\"\n  x\n  \"\"\";\n´´´\n", []string{"String s = \"\"\"\n  x\n  \"\"\";\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, block := range c.want {
				want = append(want, fenced(block))
			}
			if diff := cmp.Diff(want, extract.Blocks(fenced(c.answer))); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}

const buggy = `class C {
  int g() { return 1; }
  @Override
  public int f(int a) {
    return a - 1;
  }
}
`

func TestCode(t *testing.T) {
	const none = "\x00" // the answer has no such part
	bug := &pb.Bug{Id: "B", Text: buggy, Language: "java", Function: &pb.Span{Start: 3, End: 7}}
	const f, g = "public int f(int a) {\n  return a + 1;\n}", "static int g() { return 2; }"
	for name, c := range map[string]struct {
		answer                       string
		codeBlock, lastBlock, method string
	}{
		"code alone":               {f, none, none, f},
		"prose and code":           {"Here's the fixed code:\n\n" + f + "\n\nIt adds one.", none, none, f},
		"a block":                  {"Sure:\n´´´java\n" + f + "\n´´´\nIt adds one.", f + "\n", f + "\n", f},
		"a block of lines":         {"´´´java\nreturn a + 1;\n´´´\n", "return a + 1;\n", "return a + 1;\n", none},
		"a helper first":           {"´´´java\n" + g + "\n" + f + "\n´´´\n", g + "\n" + f + "\n", g + "\n" + f + "\n", f},
		"a helper's block first":   {"´´´\n" + g + "\n´´´\n´´´\n" + f + "\n´´´\n", g + "\n", f + "\n", f},
		"another name":             {"´´´\n" + g + "\n´´´", g + "\n", g + "\n", g},
		"another name, two of it":  {g + "\n\n" + strings.ReplaceAll(g, "2", "3"), none, none, g},
		"a class":                  {"´´´\npublic class C {\n  " + f + "\n}\n´´´", "public class C {\n  " + f + "\n}\n", "public class C {\n  " + f + "\n}\n", f},
		"method outside, no block": {f + "\n´´´\nf(1) == 2\n´´´", "f(1) == 2\n", "f(1) == 2\n", f},
		"method in a block counts": {strings.ReplaceAll(f, "+ 1", "+ 2") + "\n´´´\n" + f + "\n´´´", f + "\n", f + "\n", f},
		"cut by the token limit":   {"´´´java\npublic int f(int a) {\n  return", "public int f(int a) {\n  return", "public int f(int a) {\n  return", none},
		"whole before the cut":     {"´´´java\n" + f + "\n\nint g() {", f + "\n\nint g() {", f + "\n\nint g() {", f},
		"a refusal":                {"I'm sorry, I cannot do that.", none, none, none},
		"nothing":                  {"", none, none, none},
	} {
		t.Run(name, func(t *testing.T) {
			answer := fenced(c.answer)
			for rule, want := range map[extract.Rule]string{extract.None: c.answer, extract.CodeBlock: c.codeBlock, extract.LastBlock: c.lastBlock, extract.Method: c.method} {
				got, ok, err := rule.Code(answer, bug)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					got = none
				}
				if diff := cmp.Diff(fenced(want), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", rule, diff)
				}
			}
		})
	}
}

func TestCodeRefusesWhatItDoesNotKnow(t *testing.T) {
	for want, rule := range map[string]extract.Rule{`the language of bug B is "python"`: extract.Method, `there is no rule "all"`: "all", `there is no rule ""`: ""} {
		if _, _, err := rule.Code("x", &pb.Bug{Id: "B", Language: "python"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("rule %q: %v, want %q", rule, err, want)
		}
	}
	// Without the lines of the method any name will do.
	for _, span := range []*pb.Span{nil, {Start: 0, End: 3}, {Start: 5, End: 99}, {Start: 6, End: 2}} {
		code, ok, err := extract.Method.Code("int g() { }", &pb.Bug{Language: "java", Text: buggy, Function: span})
		if code != "int g() { }" || !ok || err != nil {
			t.Errorf("%v: %q, %v, %v", span, code, ok, err)
		}
	}
}

// TestMethodsOfRealPrograms: the buggy methods of published benchmarks are found in answers
// that hold them, with prose around them or a block, and for the bug itself.
func TestMethodsOfRealPrograms(t *testing.T) {
	for _, name := range []string{"quixbugs.jsonl", "humanevaljava.jsonl"} {
		found := 0
		err := jsonlines.Each(t.Context(), needs.Shared(t, "benchmarks", name), func(_ int, data []byte) error {
			var line struct {
				ID       string
				File     string
				Function struct{ Start, End int32 }
			}
			if err := jsonlines.Decode(data, &line); err != nil {
				return err
			}
			bug := &pb.Bug{Id: line.ID, Text: line.File, Language: "java", Function: &pb.Span{Start: line.Function.Start, End: line.Function.End}}
			lines := strings.SplitAfter(line.File, "\n")[line.Function.Start-1 : line.Function.End-1]
			method := strings.TrimSpace(strings.Join(lines, ""))
			for _, answer := range []string{
				method,
				"Here's the corrected method\n\n" + method + "\n\nIt's now (I hope) right: `x`.",
				"static int other(int a) { return a; }\n\n" + method,
				fenced("Sure! I'd write {this}:\n\n´´´java\n" + method + "\n´´´\n\nDone."),
			} {
				code, ok, err := extract.Method.Code(answer, bug)
				if err != nil {
					return err
				}
				if !ok || code != method {
					t.Errorf("%s: in the answer\n%s\nis the method\n%s", line.ID, answer, code)
				}
			}
			found++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found < 40 {
			t.Errorf("%s has %d bugs", name, found)
		}
	}
}

// Ten megabytes of anything are read once: what reads them again for each of their
// characters would not end within the test's limit.
func TestHostileAnswersTakeLinearTime(t *testing.T) {
	bug := &pb.Bug{Id: "B", Text: buggy, Language: "java", Function: &pb.Span{Start: 3, End: 7}}
	for name, part := range map[string]string{
		"backticks":          "´",
		"fences":             "´´´\n",
		"fences with words":  "´´´java\n",
		"growing indents":    "´´´\n  ´´´´\n",
		"inline":             "´´´a´´´ ",
		"tildes":             "~",
		"lines":              "\n",
		"blanks":             " ",
		"annotations":        "@A(",
		"parentheses":        "a(){",
		"methods":            "int f(){}",
		"modifiers":          "public ",
		"brackets":           "a<",
		"closed brackets":    "a>",
		"quotes":             "'\"",
		"comments":           "/*",
		"unicode backslash":  "\\u",
		"letters":            "x",
		"closed parentheses": "f(((a)))",
	} {
		t.Run(name, func(t *testing.T) {
			answer := strings.Repeat(fenced(part), 10<<20/len(fenced(part)))
			for _, rule := range extract.Rules() {
				if rule == string(extract.Method) {
					answer = answer[:len(answer)/10] + "f() {}" // tokens take more than bytes
				}
				if _, _, err := extract.Rule(rule).Code(answer, bug); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// What is extracted from any answer is a part of it, but for indentation.
func FuzzCode(f *testing.F) {
	for _, answer := range []string{"´´´java\nint f() { }\n´´´", "  ´´´\n  a\n  ´´´", "~~~\na", "x: ´´´\na´´´", "´´´a´´´", "Fix: int f() { }", "´´´\n´´´\n´´´"} {
		f.Add(fenced(answer))
	}
	squeeze := strings.NewReplacer(" ", "", "\t", "").Replace
	f.Fuzz(func(t *testing.T, answer string) {
		bug := &pb.Bug{Text: buggy, Language: "java", Function: &pb.Span{Start: 3, End: 7}}
		blocks := extract.Blocks(answer)
		for _, block := range blocks {
			if !strings.Contains(squeeze(answer), squeeze(block)) {
				t.Fatalf("%q is not in %q", block, answer)
			}
		}
		for _, rule := range extract.Rules() {
			code, ok, err := extract.Rule(rule).Code(answer, bug)
			if err != nil || !ok && code != "" {
				t.Fatalf("%s: %q, %v, %v", rule, code, ok, err)
			}
			if fencedRule := rule == "code-block" || rule == "last-block"; fencedRule && ok != (len(blocks) > 0) {
				t.Fatalf("%s finds a block: %v; there are %d", rule, ok, len(blocks))
			}
			if !strings.Contains(squeeze(answer), squeeze(code)) {
				t.Fatalf("%s: %q is not in %q", rule, code, answer)
			}
		}
	})
}
