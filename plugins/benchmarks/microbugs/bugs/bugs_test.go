package bugs

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"harness/core/sdk/javasource"
)

func TestBenchmarkHasEnoughBugsOfEachClass(t *testing.T) {
	bugs := all(t)
	if len(bugs) < 126 {
		t.Errorf("%d bugs, want at least 126", len(bugs))
	}
	count := map[Class]int{}
	twoPlaces := 0
	for _, bug := range bugs {
		count[bug.Class]++
		if len(bug.Hunks) > 1 {
			twoPlaces++
		}
	}
	for _, class := range Classes() {
		if count[class] < 14 {
			t.Errorf("%d bugs of class %s, want at least 14", count[class], class)
		}
	}
	if twoPlaces < 6 {
		t.Errorf("%d bugs with several hunks, want at least 6", twoPlaces)
	}
	t.Logf("%d bugs, %d with several hunks: %v", len(bugs), twoPlaces, count)
}

func TestIDsAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, bug := range all(t) {
		folded := strings.ToLower(bug.ID) // some file systems ignore case
		if other := seen[folded]; other != "" {
			t.Errorf("%s and %s are one id", bug.ID, other)
		}
		seen[folded] = bug.ID
	}
}

func TestBugsAreSmall(t *testing.T) {
	for _, bug := range all(t) {
		if n := bug.Method.End - bug.Method.Start; n > 20 {
			t.Errorf("%s: method of %d lines", bug.ID, n)
		}
		for _, h := range bug.Hunks {
			if n := h.End - h.Start; n > 3 {
				t.Errorf("%s: hunk of %d lines", bug.ID, n)
			}
		}
		if n := strings.Count(bug.Test, "@Test"); n < 3 || n > 8 {
			t.Errorf("%s: %d tests, want 3 to 8", bug.ID, n)
		}
		if strings.Count(bug.Test, "@Test") != strings.Count(bug.Test, "@Test(timeout = 1000)") {
			t.Errorf("%s: a test without a time limit", bug.ID)
		}
		for i, c := range []byte(bug.Source + bug.Test + bug.FixedSource()) {
			if c > 126 || c < 32 && c != '\n' {
				t.Errorf("%s: byte %d at %d is not plain ASCII", bug.ID, c, i)
				break
			}
		}
	}
}

func TestFixChangesOnlyTheHunks(t *testing.T) {
	for _, bug := range all(t) {
		var wrong []string
		for _, h := range bug.Hunks {
			wrong = append(wrong, bug.cut(h.Span))
		}
		if got := bug.Patched(wrong...); got != bug.Source {
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

func TestPatchedReplacesEachHunk(t *testing.T) {
	const java = "package micro;\n\nclass A {\n    int f() {\n        int a = 1;\n        a++;\n        a++;\n        return a;\n    }\n}\n"
	const record = `{"id":"A","class":"return","path":"A/A.java","method":{"start":4,"end":10},"hunks":[
		{"start":5,"end":6,"fixed":"        int a = 2;\n"},{"start":6,"end":7,"fixed":"        a--;\n"},{"start":8,"end":9,"fixed":"        a = 0;\n        return a;\n"}]}`
	bugs, err := Load(fstest.MapFS{
		"A/bug.json":   {Data: []byte(record)},
		"A/A.java":     {Data: []byte(java)},
		"A/ATest.java": {Data: []byte("package micro;\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	const fixed = "    int f() {\n        int a = 2;\n        a--;\n        a++;\n        a = 0;\n        return a;\n    }\n"
	if got := bugs[0].FixedMethodText(); got != fixed {
		t.Errorf("the fixed method is\n%swant\n%s", got, fixed)
	}
	if got, want := bugs[0].FixedSource(), "package micro;\n\nclass A {\n"+fixed+"}\n"; got != want {
		t.Errorf("the fixed file is\n%swant\n%s", got, want)
	}
	const patched = "package micro;\n\nclass A {\n    int f() {\n        x();\n        a++;\n        y();\n    }\n}\n"
	if got := bugs[0].Patched("        x();\n", "", "        y();\n"); got != patched {
		t.Errorf("the patched file is\n%swant\n%s", got, patched)
	}
}

// TestMethodIsAroundTheHunks compares the method of each bug.json with the one that
// javasource finds.
func TestMethodIsAroundTheHunks(t *testing.T) {
	for _, bug := range all(t) {
		var spans []javasource.Span
		for _, h := range bug.Hunks {
			spans = append(spans, javasource.Span(h.Span))
		}
		got, found := javasource.Innermost(bug.Source, spans...)
		if !found || Span(got) != bug.Method {
			t.Errorf("%s: the method is at lines %d to %d, found is %v", bug.ID, bug.Method.Start, bug.Method.End, got)
		}
	}
}

func TestLoadNamesEveryMistake(t *testing.T) {
	const java = "package micro;\n\npublic class A {\n    int f() {\n        return 1;\n    }\n}\n"
	good := `{"id":"A","class":"return","path":"A/A.java","method":{"start":4,"end":7},"hunks":[{"start":5,"end":6,"fixed":"        return 2;\n"}]}`
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
		{name: "two hunks that overlap", old: `[{`, new: `[{"start":5,"end":6,"fixed":"\n"},{`, want: "after the previous hunk"},
		{name: "no hunk", old: `{"start":5,"end":6,"fixed":"        return 2;\n"}`, want: "hunks is empty"},
		{name: "a negative line", old: `"start":4,"end":7`, new: `"start":-4,"end":7`, want: "method is lines -4 to 7"},
		{name: "a method beyond the file", old: `"start":4,"end":7`, new: `"start":4,"end":9000000`, want: "of a file of 7"},
		{name: "a fix that is no fix", old: "return 2;", new: "return 1;", want: "same as the wrong lines"},
		{name: "a fix without a line end", old: `2;\n`, new: `2;`, want: "lacks a line end"},
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
	f.Add([]byte(`{"hunks":[{"start":-1,"end":99999999999}]}`))
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
