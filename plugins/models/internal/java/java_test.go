package java_test

import (
	"strings"
	"testing"

	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
)

const file = `package p;

/** A class { with a brace. */
class A {
    // before
    @Tag({"x"})
    static int f(int n) { // trailing
        String s = "// no comment \" {";
        /* a
           b */ char c = '"';

        int a/*x*/= 1;
        String t = """
            // content {

            """;
        return n +/**/c;
    }
}
`

func bugAt(start, end int32) *model.Bug {
	return &model.Bug{
		Language: "java", Text: file,
		Hunks:    []*model.Span{{Start: start, End: end}},
		Function: &model.Span{Start: 6, End: 19},
	}
}

func TestMethodLosesCommentsBlankLinesAndIndentation(t *testing.T) {
	m, err := java.Find(bugAt(12, 13))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, got, want string }{
		{"before", java.Text(m.Before), "@Tag({\"x\"})\nstatic int f(int n) {\n    String s = \"// no comment \\\" {\";\n       char c = '\"';\n"},
		{"buggy", java.Text(m.Buggy), "    int a = 1;\n"},
		{"after", java.Text(m.After), "    String t = \"\"\"\n            // content {\n\n            \"\"\";\n    return n + c;\n}\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.what, c.got, c.want)
		}
	}
}

func TestReplacementKeepsTheFilesIndentation(t *testing.T) {
	m, err := java.Find(bugAt(12, 13))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, output, want string }{
		{"one line", "  int a = 2;\n", "        int a = 2;\n"},
		{"several lines", "if (n > 0)\n        n--;\n    int a = 2;", "        if (n > 0)\n            n--;\n        int a = 2;\n"},
		{"nothing deletes", " \n", ""},
		{"a last comment does not swallow the next line", "int a = 2; // c", "        int a = 2; // c\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := m.ReplaceHunk(c.output)
			if e := p.GetEdits(); len(e) != 1 || e[0].GetStart() != 12 || e[0].GetEnd() != 13 || e[0].GetText() != c.want {
				t.Errorf("got %v, want lines 12 to 12 replaced by %q", p, c.want)
			}
		})
	}
}

func TestMethodEndsAtItsBrace(t *testing.T) {
	m, err := java.Find(bugAt(12, 13))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, output, end string }{
		{"plain", "    return 1;\n}\n}\nclass B {}", "        return 1;\n    }\n"},
		{"nested", "    if (n > 0) { return 1; }\n    return \"}\".length();\n}\nint g() {", "        return \"}\".length();\n    }\n"},
		{"comments are dropped", "    // }\n    /* } */\n    return 2;\n}", "        return 2;\n    }\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := m.ReplaceMethod(c.output)
			if e := p.GetEdits(); len(e) != 1 || e[0].GetStart() != 6 || e[0].GetEnd() != 19 || !strings.HasSuffix(e[0].GetText(), c.end) {
				t.Errorf("got %v, want an end of %q", p, c.end)
			}
		})
	}
	if p := m.ReplaceMethod("    if (n > 0) {\n"); p.GetNone() == "" || len(p.GetEdits()) != 0 {
		t.Errorf("an open brace gives %v, want no patch", p)
	}
}

func TestBugsWithoutOneHoleAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*model.Bug)
		want   string
	}{
		{"two hunks", func(b *model.Bug) { b.Hunks = append(b.Hunks, b.Hunks[0]) }, "2 hunks"},
		{"no hunk", func(b *model.Bug) { b.Hunks = nil }, "no hunk"},
		{"no method", func(b *model.Bug) { b.Function = nil }, "no method"},
		{"hunk outside", func(b *model.Bug) { b.Hunks[0].End = 20 }, "not within its method"},
		{"end before start", func(b *model.Bug) { b.Hunks[0].End = 2 }, "not within its method"},
		{"method beyond the file", func(b *model.Bug) { b.Function.End = 1 << 30 }, "no method"},
		{"another language", func(b *model.Bug) { b.Language = "python" }, `"python"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bug := bugAt(12, 13)
			c.change(bug)
			if _, err := java.Find(bug); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestPairsLookLikeBugs(t *testing.T) {
	p := java.OfPair(&model.Pair{
		Before: "    /* doc */\n    int f() {\n",
		Buggy:  "        return 1; // wrong\n",
		After:  "\n    }\n",
		Fixed:  "        // better\n        return 2;\n",
	})
	want := java.Parts{Before: "int f() {\n", Buggy: "    return 1;\n", After: "}\n", Fixed: "    return 2;\n"}
	if p != want {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

func FuzzOutput(f *testing.F) {
	f.Add(file, "return 1; }", int32(12), int32(13), int32(6), int32(18))
	f.Add("/*", "\"\"\"\\", int32(1), int32(1), int32(1), int32(2))
	f.Add("'\\\n{\"", "}", int32(1), int32(2), int32(1), int32(3))
	f.Fuzz(func(t *testing.T, text, output string, hunkStart, hunkEnd, start, end int32) {
		m, err := java.Find(&model.Bug{
			Language: "java", Text: text,
			Hunks: []*model.Span{{Start: hunkStart, End: hunkEnd}}, Function: &model.Span{Start: start, End: end},
		})
		if err != nil {
			return
		}
		for _, p := range []*model.Patch{m.ReplaceHunk(output), m.ReplaceMethod(output)} {
			for _, e := range p.GetEdits() {
				if e.GetText() != "" && !strings.HasSuffix(e.GetText(), "\n") {
					t.Errorf("replacement %q does not end in a newline", e.GetText())
				}
			}
		}
	})
}

func TestCleanFollowsTheLanguage(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"comments before CR LF", "// a\r\nint b; // c\r\n", "int b;\n"},
		{"an escaped quote that closes a literal", "s = \"a\\u0022; // b\n", "s = \"a\\u0022;\n"},
		{"an apostrophe in a comment", "/* it's */ int a; // don't\n", "int a;\n"},
	} {
		if got := java.Text(java.Clean(c.text)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
