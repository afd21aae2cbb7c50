package programs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/benchmark"
)

func TestMethods(t *testing.T) {
	const (
		class = "class C {\n    int n = 1;\n\n"                                                                                                          // lines 1 to 3
		add   = "    int add(int a) {\n        return a;\n    }\n"                                                                                       // 4 to 6
		task  = "    void run() {\n        go(new Task() {\n            public void run() {\n                go();\n            }\n        });\n    }\n" // 7 to 13
		one   = "    int one() { return 2; }\n"                                                                                                          // 14
		buggy = class + add + task + one + "}\n"
	)
	with := func(text, old, new string) string { return strings.Replace(text, old, new, 1) }
	sub := with(add, "add", "sub")
	for name, test := range map[string]struct {
		hunks []Hunk
		want  [][2]string // method before and after
	}{
		"a line in each of two methods": {
			[]Hunk{{5, 6, "        a++;\n        return a + n;\n"}, {14, 15, "    int one() { return 1; }\n"}},
			[][2]string{{add, with(add, "return a", "a++;\n        return a + n")}, {one, with(one, "2", "1")}},
		},
		"two lines in one": {
			[]Hunk{{5, 5, "        a++;\n"}, {6, 6, "        // done\n"}},
			[][2]string{{add, with(with(add, "return", "a++;\n        return"), "    }", "        // done\n    }")}},
		},
		"all of one": {
			[]Hunk{{4, 7, sub}}, [][2]string{{add, sub}},
		},
		"the innermost": {
			[]Hunk{{10, 11, "                stop();\n"}},
			[][2]string{{"            public void run() {\n                go();\n            }\n", "            public void run() {\n                stop();\n            }\n"}},
		},
		"a method within another is gone": {
			[]Hunk{{9, 12, ""}},
			[][2]string{
				{"            public void run() {\n                go();\n            }\n", ""},
				{task, with(task, "            public void run() {\n                go();\n            }\n", "")},
			},
		},
		"a new method": {[]Hunk{{7, 7, sub}}, [][2]string{{"", sub}}},
		"a method that is gone, and its comment": {
			[]Hunk{{3, 7, ""}}, [][2]string{{add, ""}},
		},
		"a new method takes the place of two": {
			[]Hunk{{4, 14, sub}}, [][2]string{{add, ""}, {task, ""}, {"", sub}},
		},
		"an annotation": {
			[]Hunk{{4, 4, "    @Override\n"}}, [][2]string{{add, "    @Override\n" + add}},
		},
		"a header": {
			[]Hunk{{4, 5, "    long add(int a) {\n"}}, [][2]string{{add, with(add, "int add", "long add")}},
		},
		"the end of one and the begin of another": {
			[]Hunk{{5, 8, "        return 0;\n    }\n    void walk() {\n"}},
			[][2]string{{add, with(add, "return a", "return 0")}, {task, with(task, "run", "walk")}},
		},
		"a field": {[]Hunk{{2, 3, "    int n = 2;\n"}}, nil},
		"a field and a method": {
			[]Hunk{{2, 3, "    int n = 2, m;\n    int k;\n"}, {5, 6, "        return n;\n"}},
			[][2]string{{add, with(add, "return a", "return n")}},
		},
		"a comment in a method, and one above": {[]Hunk{{5, 6, "        return a; // it\n"}, {7, 7, "    // runs\n"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][2]string
			for _, m := range Methods(buggy, Apply(buggy, test.hunks), test.hunks) {
				got = append(got, [2]string{m.Buggy, m.Fixed})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	newFile := class + add + "}\n"
	if got := Methods("", newFile, []Hunk{{1, 1, newFile}}); len(got) != 1 || got[0].Buggy != "" || got[0].Fixed != add {
		t.Errorf("a new file: got %v", got)
	}
}

// For any texts, the returned methods are parts of them.
func FuzzMethods(f *testing.F) {
	f.Add("class C {\n int f() {\n return 1;\n }\n}\n", "class C {\n int f() {\n return 2;\n }\n}\n")
	f.Add("int f() { }}", "int f() {\n}int g() {} }")
	f.Fuzz(func(t *testing.T, buggy, correct string) {
		if len(buggy)+len(correct) > 4000 {
			return
		}
		hunks, err := Derive(buggy, correct)
		if err != nil {
			return
		}
		fixed := Apply(buggy, hunks)
		for _, m := range Methods(buggy, fixed, hunks) {
			if !strings.Contains(buggy, m.Buggy) || !strings.Contains(fixed, m.Fixed) || m.Buggy == m.Fixed {
				t.Fatalf("got %v", []*benchmark.Method{m})
			}
		}
	})
}
