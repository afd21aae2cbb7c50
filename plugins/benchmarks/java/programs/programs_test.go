package programs_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/java/programs"
	"harness/plugins/benchmarks/java/programs/programstest"
)

func small() benchmark.Benchmark {
	return programs.New(programs.Definition{
		Name: "small", Title: "Small", Version: "1", Summary: "Small programs.",
		Upstream: "https://example.org/small@0123456789abcdef0123456789abcdef01234567",
		Layout: programs.Layout{
			Buggy: "buggy", Correct: "correct", Tests: "tests",
			Tested: func(class string) (string, bool) { return strings.CutSuffix(class, "Test") },
		},
		Licence: "MIT",
		Needs:   map[string]programs.Needs{"ADD": {HeapMiB: 100, Classpath: []string{"/usr/share/java/x.jar"}}},
	})
}

const (
	add  = "package buggy;\nclass ADD {\n    static int add(int a, int b) {\n        return a - b;\n    }\n}\n"
	test = "package tests;\nclass ADDTest { Helper h; }\n"
)

// bug is a line of the portable form, changed.
func bug(change func(map[string]any)) string {
	b := map[string]any{
		"id": "ADD", "path": "buggy/ADD.java", "file": add,
		"hunks":        []any{map[string]any{"start": 4, "end": 5, "fixed": "        return a + b;\n"}},
		"tests":        []any{map[string]any{"path": "tests/ADDTest.java", "text": test}},
		"test_classes": []any{"tests.ADDTest"}, "support": []any{"helper"}, "labels": map[string]any{"class": "operator"},
		"licence": "BSD", "source": map[string]any{"repo": "me/small", "commit": "0123", "path": "ADD.java"},
		"notes": []any{1, 2}, // not a field of the form
	}
	if change != nil {
		change(b)
	}
	line, err := json.Marshal(b)
	if err != nil {
		panic(err) // a map of plain values always encodes
	}
	return string(line)
}

const helper = `{"name": "helper", "path": "buggy/Helper.java", "text": "package buggy;\nclass Helper { Deeper d; }\n"}`

func TestPortableForm(t *testing.T) {
	dir := t.TempDir()
	other := bug(func(b map[string]any) {
		b["id"] = "ADAM"
		delete(b, "support")
		delete(b, "source")
		delete(b, "labels")
	})
	programstest.Write(t, dir, "small.jsonl", bug(nil)+"\n\n"+other)
	programstest.Write(t, dir, "small_support.jsonl", helper)
	programstest.Write(t, dir, "README.md", "notes")
	f, err := programstest.Fetch(t, small(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	all := plugintest.Bugs(t, f.Benchmark, f.Config, f.Dir)
	if len(all) != 2 || all[0].Bug.Id != "ADAM" || all[0].Origin != dir+", buggy/ADD.java" {
		t.Errorf("got %v", all)
	}
	r := f.Records(t)["ADD"]
	want := map[string]string{"class": "operator"}
	if r.Bug.Function.Start != 3 || r.Bug.Function.End != 6 || r.Licence != "BSD" || r.Origin != "me/small@0123, ADD.java" || !maps.Equal(r.Bug.Labels, want) {
		t.Errorf("got %v", r)
	}
	asked := f.Question(t, &benchmark.CheckRequest{Bug: "ADD", Patched: "class ADD {}", LimitMs: 1500})
	files := []string{"buggy/Helper.java", "tests/ADDTest.java"}
	if diff := cmp.Diff(files, slices.Sorted(maps.Keys(asked.Files))); diff != "" || asked.HeapMiB != 100 || asked.WallMillis != 1500 || !slices.Equal(asked.Classpath, []string{"/usr/share/java/x.jar"}) {
		t.Errorf("%s, %v", diff, asked)
	}
	resolve := func() string {
		r, err := f.Resolve(t.Context(), &sdk.ResolveRequest{Config: f.Config})
		if err != nil {
			t.Fatal(err)
		}
		return r.Identity
	}
	before := resolve()
	if programstest.Write(t, dir, "README.md", "more notes"); resolve() != before {
		t.Error("a file that does not count changes the identity")
	}
	if programstest.Write(t, dir, "small_support.jsonl", helper+"\n"); resolve() == before {
		t.Error("a changed helper does not change the identity")
	}
}

func TestPortableMistakes(t *testing.T) {
	set := func(key string, value any) string { return bug(func(b map[string]any) { b[key] = value }) }
	hunk := func(start, end int, fixed any) string {
		return set("hunks", []any{map[string]any{"start": start, "end": end, "fixed": fixed}})
	}
	for line, want := range map[string]string{
		"":                                "small.jsonl is empty",
		"{":                               "small.jsonl:1: this is not JSON",
		bug(nil) + "\n" + bug(nil):        "the bug ADD appears twice",
		set("id", ""):                     `the field "id" is missing`,
		set("id", 3):                      `the field "id" holds a number`,
		set("path", "../ADD.java"):        `"../ADD.java" is not a relative path of a Java file`,
		set("path", "/etc/ADD.java"):      "is not a relative path of a Java file",
		set("file", ""):                   "buggy/ADD.java is empty",
		set("hunks", nil):                 `"hunks", "tests" and "test_classes" must not be empty`,
		set("tests", nil):                 `"hunks", "tests" and "test_classes" must not be empty`,
		set("support", []any{"no"}):       `unknown helper "no"`,
		set("fixed_file", add):            `the hunks do not turn "file" into "fixed_file"`,
		hunk(4, 9, ""):                    "does not fit the file of 6 lines",
		hunk(0, 1, ""):                    "does not fit the file of 6 lines",
		hunk(4, 3, ""):                    "does not fit the file of 6 lines",
		hunk(4, 5, nil):                   `lacks "fixed"`,
		hunk(4, 4, ""):                    "the fix of lines 4 to 4 changes nothing",
		hunk(1, 2, "package other;\n"):    "no method contains all hunks",
		set("function", map[string]any{}): "does not contain the hunks",
		set("tests", []any{map[string]any{"path": "tests/x.sh", "text": "x"}}): `"tests/x.sh" is not a relative path of a Java file`,
	} {
		dir := t.TempDir()
		programstest.Write(t, dir, "small.jsonl", line)
		programstest.Write(t, dir, "small_support.jsonl", helper)
		if _, err := programstest.Fetch(t, small(), dir, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s:\ngot  %v\nwant %s", line, err, want)
		}
	}
}

func TestSourceMistakes(t *testing.T) {
	empty := t.TempDir()
	same := t.TempDir()
	for _, folder := range []string{"buggy", "correct"} {
		programstest.Write(t, same, folder+"/ADD.java", add)
	}
	programstest.Write(t, same, "tests/ADDTest.java", test)
	unpaired := t.TempDir()
	for _, name := range []string{"buggy/ADD.java", "correct/ADD.java", "tests/SUBTest.java"} {
		programstest.Write(t, unpaired, name, add)
	}
	outside := t.TempDir()
	programstest.Write(t, outside, "buggy/ADD.java", "class ADD { int a = 1; }\n")
	programstest.Write(t, outside, "correct/ADD.java", "class ADD { int a = 2; }\n")
	programstest.Write(t, outside, "tests/ADDTest.java", test)
	for source, want := range map[string]string{
		"missing":               "there is no folder",
		empty:                   "the folder buggy is missing",
		same:                    "buggy/ADD.java: the buggy and the correct program have the same code",
		unpaired:                "no program in buggy has a correct version in correct and a test in tests",
		outside:                 "no method contains all differences",
		"https://example.org/x": "no commit is named",
	} {
		if _, err := programstest.Fetch(t, small(), source, empty); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}

// Any line is either refused or becomes a sound bug.
func FuzzPortableForm(f *testing.F) {
	f.Add(bug(nil), helper)
	f.Add(bug(func(b map[string]any) { b["function"] = map[string]any{"start": 3, "end": 6} }), "")
	f.Add(`{"id":"x","path":"a.java","file":"a","hunks":[{"start":1,"end":1,"fixed":""}],"tests":[{"path":"b.java","text":"b"}],"test_classes":["b"]}`, "")
	f.Fuzz(func(t *testing.T, line, support string) {
		dir := t.TempDir()
		programstest.Write(t, dir, "small.jsonl", line)
		programstest.Write(t, dir, "small_support.jsonl", support)
		fetched, err := programstest.Fetch(t, small(), dir, "")
		if err != nil {
			return
		}
		for id, r := range fetched.Records(t) { // which checks them
			if _, err := fetched.Check(t.Context(), &benchmark.CheckRequest{Config: fetched.Config, Dir: fetched.Dir, Bug: id, Patched: r.Bug.Text}); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}
