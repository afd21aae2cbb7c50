package programs

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDerive(t *testing.T) {
	const head = "package java_programs;\nimport java_programs.Node;\n\nclass C {\n    int f(int a) {\n"
	const correctHead = "package correct_java_programs;\n// the correct one\nclass C {\n    int f(int a) {\n"
	for name, test := range map[string]struct {
		buggy, correct string
		want           []Hunk
	}{
		"changed line": {
			head + "        int b = 1;\n        return a;\n    }\n}\n",
			correctHead + "    int b = 1; // one\n\n        return a + b;\n    }\n}\n",
			[]Hunk{{7, 8, "        return a + b;\n"}},
		},
		"missing line takes the next along": {
			head + "        return a;\n    }\n}\n",
			correctHead + "        a++;\n        return a;\n    }\n}\n",
			[]Hunk{{6, 7, "        a++;\n        return a;\n"}},
		},
		"line too many": {
			head + "        a++;\n        return a;\n    }\n}\n",
			correctHead + "        return a;\n    }\n}\n",
			[]Hunk{{6, 7, ""}},
		},
		"far apart": {
			head + "        a = 1;\n" + strings.Repeat("        a++;\n", 7) + "        return a;\n    }\n}\n",
			correctHead + "        a = 2;\n" + strings.Repeat("        a++;\n", 7) + "        return 0;\n    }\n}\n",
			[]Hunk{{6, 7, "        a = 2;\n"}, {14, 15, "        return 0;\n"}},
		},
		"close together": {
			head + "        a = 1;\n        a++;\n        return a;\n    }\n}\n",
			correctHead + "        a = 2;\n        a++;\n        return 0;\n    }\n}\n",
			[]Hunk{{6, 9, "        a = 2;\n        a++;\n        return 0;\n"}},
		},
		"a method that only the buggy one has": {
			head + "        return a;\n    }\n    int g() {\n        return 7;\n    }\n}\n",
			correctHead + "        return 1;\n    }\n}\n",
			[]Hunk{{6, 7, "        return 1;\n"}},
		},
		"no line end at the end": {
			"class C { int f() {\nreturn 1; } }", "class C { int f() {\nreturn 2; } }",
			[]Hunk{{2, 3, "return 2; } }"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Derive(test.buggy, test.correct)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := Derive(head+"return a; // 1\n}\n}\n", head+"\treturn  a;\n}\n}\n"); !errors.Is(err, ErrSameCode) {
		t.Errorf("equal code gave %v", err)
	}
}

func FuzzDerive(f *testing.F) {
	f.Add("class C {\n int f() {\n return 1;\n }\n}\n", "class C {\n int f() {\n return 2;\n }\n}\n")
	f.Add("a\nb\nc\n", "a\nc")
	f.Fuzz(func(t *testing.T, buggy, correct string) {
		if len(buggy)+len(correct) > 4000 {
			return
		}
		hunks, err := Derive(buggy, correct)
		if err != nil {
			return
		}
		lines, last := len(rawLines(buggy)), 1
		for _, h := range hunks {
			if h.Start < last || h.End <= h.Start || h.End > lines+1 {
				t.Fatalf("hunk %v of %d lines", h, lines)
			}
			last = h.End
		}
		Apply(buggy, hunks)
	})
}
