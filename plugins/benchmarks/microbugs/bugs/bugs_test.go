package bugs

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestBenchmarkHasEnoughBugsOfEachClass(t *testing.T) {
	bugs := all(t)
	if len(bugs) < 44 {
		t.Errorf("%d bugs, want at least 44", len(bugs))
	}
	count := map[Class]int{}
	for _, bug := range bugs {
		count[bug.Class]++
	}
	for _, class := range Classes() {
		if count[class] < 4 {
			t.Errorf("%d bugs of class %s, want at least 4", count[class], class)
		}
	}
}

func TestBugsAreSmall(t *testing.T) {
	for _, bug := range all(t) {
		if n := bug.Method.End - bug.Method.Start; n > 18 {
			t.Errorf("%s: method of %d lines", bug.ID, n)
		}
		if n := bug.Hunk.End - bug.Hunk.Start; n > 2 {
			t.Errorf("%s: hunk of %d lines", bug.ID, n)
		}
		if n := strings.Count(bug.Test, "@Test"); n < 3 || n > 8 {
			t.Errorf("%s: %d tests, want 3 to 8", bug.ID, n)
		}
		if strings.Count(bug.Test, "@Test") != strings.Count(bug.Test, "@Test(timeout = 1000)") {
			t.Errorf("%s: a test without a time limit", bug.ID)
		}
		for i, c := range []byte(bug.Source + bug.Test + bug.Fixed) {
			if c > 126 || c < 32 && c != '\n' {
				t.Errorf("%s: byte %d at %d is not plain ASCII", bug.ID, c, i)
				break
			}
		}
	}
}

func TestFixChangesOnlyTheHunk(t *testing.T) {
	for _, bug := range all(t) {
		if got := bug.Patched(bug.cut(bug.Hunk)); got != bug.Source {
			t.Errorf("%s: the wrong lines put back give another file", bug.ID)
		}
		if !strings.Contains(bug.FixedSource(), bug.FixedMethodText()) {
			t.Errorf("%s: the fixed method is not in the fixed file", bug.ID)
		}
		if bug.MethodText() == bug.FixedMethodText() {
			t.Errorf("%s: the fix changes nothing", bug.ID)
		}
	}
}

func TestLoadNamesEveryMistake(t *testing.T) {
	const java = "package micro;\n\npublic class A {\n    int f() {\n        return 1;\n    }\n}\n"
	good := `{"id":"A","class":"return","path":"A/A.java","hunk":{"start":5,"end":6},"method":{"start":4,"end":7},"fixed":"        return 2;\n"}`
	tests := []struct {
		name     string
		old, new string // replaced in bug.json
		drop     string // file left out
		want     string // in the error; empty: none
	}{
		{name: "a right folder loads"},
		{name: "another id", old: `"id":"A"`, new: `"id":"B"`, want: `id is "B"`},
		{name: "a path that leaves the folder", old: `A/A.java`, new: `../A.java`, want: "path is"},
		{name: "an unknown class", old: `"return"`, new: `"typo"`, want: `class is "typo"`},
		{name: "a hunk outside the file", old: `"start":5,"end":6`, new: `"start":50,"end":60`, want: "hunk is lines 50 to 60"},
		{name: "a hunk that is the signature", old: `"start":5,"end":6`, new: `"start":4,"end":6`, want: "hunk is lines 4 to 6"},
		{name: "an empty hunk", old: `"start":5,"end":6`, new: `"start":5,"end":5`, want: "hunk is lines 5 to 5"},
		{name: "a negative line", old: `"start":4,"end":7`, new: `"start":-4,"end":7`, want: "method is lines -4 to 7"},
		{name: "a method beyond the file", old: `"start":4,"end":7`, new: `"start":4,"end":9000000`, want: "of a file of 7"},
		{name: "a fix that is no fix", old: "return 2;", new: "return 1;", want: "same as the wrong lines"},
		{name: "a fix without a line end", old: `2;\n`, new: `2;`, want: "does not end in a line end"},
		{name: "an unknown field", old: `"id"`, new: `"name":"x","id"`, want: "unknown field"},
		{name: "text that is not JSON", old: `{"id"`, new: `"id"`, want: "bug.json"},
		{name: "no test class", drop: "A/ATest.java", want: "ATest.java"},
		{name: "no source", drop: "A/A.java", want: "A.java"},
		{name: "nothing", drop: "A/bug.json", want: "no */bug.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := fstest.MapFS{
				"A/bug.json":   {Data: []byte(strings.Replace(good, test.old, test.new, 1))},
				"A/A.java":     {Data: []byte(java)},
				"A/ATest.java": {Data: []byte("package micro;\n")},
			}
			delete(tree, test.drop)
			_, err := Load(tree)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	data, err := fs.ReadFile(files, "Gcd/bug.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"hunk":{"start":-1,"end":99999999999}}`))
	f.Add([]byte("null"))
	gcd, err := fs.Sub(files, "Gcd")
	if err != nil {
		f.Fatal(err)
	}
	java, err := fs.ReadFile(gcd, "Gcd.java")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		bugs, err := Load(fstest.MapFS{
			"Gcd/bug.json": {Data: data}, "Gcd/Gcd.java": {Data: java}, "Gcd/GcdTest.java": {Data: java},
		})
		if err != nil {
			return
		}
		if bugs[0].FixedSource() == bugs[0].Source {
			t.Error("a bug whose fix changes nothing was let in")
		}
	})
}

func all(t *testing.T) []Bug {
	t.Helper()
	bugs, err := All()
	if err != nil {
		t.Fatal(err)
	}
	return bugs
}
