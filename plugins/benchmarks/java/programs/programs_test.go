package programs_test

import (
	"encoding/json"
	"io/fs"
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

func small() benchmark.Benchmark { return programs.New(definition()) }

func definition() programs.Definition {
	return programs.Definition{
		Name: "small", Title: "Small", Version: "1", Summary: "Small programs.",
		Upstream: "https://example.org/small@0123456789abcdef0123456789abcdef01234567",
		Layout: programs.Layout{
			Buggy: "buggy", Correct: "correct", Tests: "tests",
			Tested: func(class string) (string, bool) { return strings.CutSuffix(class, "Test") },
		},
		Licence: "MIT",
		Needs:   map[string]programs.Needs{"ADD": {HeapMiB: 100, Classpath: []string{"/usr/share/java/x.jar"}}},
	}
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

// A bug with a mistake is unsound, with the reason, and the others are as they were.
func TestPortableBugsWithMistakes(t *testing.T) {
	set := func(key string, value any) string { return bug(func(b map[string]any) { b[key] = value }) }
	hunk := func(start, end int, fixed any) string {
		return set("hunks", []any{map[string]any{"start": start, "end": end, "fixed": fixed}})
	}
	good := bug(func(b map[string]any) { b["id"] = "GOOD" })
	for line, want := range map[string]string{
		set("path", "../ADD.java"):        `"../ADD.java" is not a relative path of a Java file`,
		set("path", "/etc/ADD.java"):      "is not a relative path of a Java file",
		set("path", 3):                    `the field "path" holds a number`,
		set("file", ""):                   "buggy/ADD.java is empty",
		set("hunks", nil):                 `it has no fix: "hunks" is empty`,
		set("tests", nil):                 `it has no test: "tests" or "test_classes" is empty`,
		set("test_classes", []any{}):      `it has no test: "tests" or "test_classes" is empty`,
		set("support", []any{"no"}):       `unknown helper "no"`,
		set("support", []any{"broken"}):   `the helper "broken": "../x.java" is not a relative path of a Java file`,
		set("support", []any{"twice"}):    `the helper "twice": it appears twice, with different texts`,
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
		programstest.Write(t, dir, "small.jsonl", line+"\n"+good)
		programstest.Write(t, dir, "small_support.jsonl", strings.Join([]string{
			helper, `{"name": "broken", "path": "../x.java", "text": "x"}`,
			`{"name": "twice", "path": "a.java", "text": "x"}`, `{"name": "twice", "path": "a.java", "text": "y"}`,
		}, "\n"))
		f, err := programstest.Fetch(t, small(), dir, "")
		if err != nil {
			t.Errorf("%.200s: %v", line, err)
			continue
		}
		records := f.Records(t)
		r := records["ADD"]
		if len(records) != 2 || records["GOOD"].GetUnsound() != "" || !strings.Contains(r.GetUnsound(), want) || r.GetBug().GetId() == "" {
			t.Errorf("%.200s:\ngot  %v\nwant %s", line, records, want)
		}
		if _, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: "ADD", Patched: add}); err == nil || !strings.Contains(err.Error(), "bug ADD cannot be judged") {
			t.Errorf("%.200s: a check gave %v", line, err)
		}
	}
}

func TestPortableFormIsRefused(t *testing.T) {
	set := func(key string, value any) string { return bug(func(b map[string]any) { b[key] = value }) }
	for line, want := range map[string]string{
		"":                      "small.jsonl is empty",
		"{":                     "small.jsonl:1: this is not JSON",
		bug(nil) + "\n[]":       "small.jsonl:2: this is a JSON array, not an object",
		set("id", ""):           `the field "id" is missing`,
		set("id", 3):            `the field "id" is not a string`,
		set("tests", []any{}):   "none of its bugs can be judged (1), such as ADD: it has no test",
		bug(nil) + "\n" + `"x"`: "small.jsonl:2: this is a JSON string, not an object",
	} {
		dir := t.TempDir()
		programstest.Write(t, dir, "small.jsonl", line)
		programstest.Write(t, dir, "small_support.jsonl", helper)
		if _, err := programstest.Fetch(t, small(), dir, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s:\ngot  %v\nwant %s", line, err, want)
		}
	}
}

func TestBugsOfOneIDAreOneBug(t *testing.T) {
	other := bug(func(b map[string]any) { b["licence"] = "MIT" })
	for lines, want := range map[string][]string{
		bug(nil):                       nil,
		bug(nil) + "\n" + bug(nil):     {"the bug ADD appears 2 times, the same each time"},
		bug(nil) + "\n" + other:        {"the bug ADD appears 2 times, with different content; the first counts"},
		bug(nil) + "\n" + other + "\n": {"the bug ADD appears 2 times, with different content; the first counts"},
	} {
		dir := t.TempDir()
		programstest.Write(t, dir, "small.jsonl", lines)
		programstest.Write(t, dir, "small_support.jsonl", helper)
		f, err := programstest.Fetch(t, small(), dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Notes); diff != "" {
			t.Error(diff)
		}
		if r := f.Records(t); len(r) != 1 || r["ADD"].Licence != "BSD" {
			t.Errorf("got %v", r)
		}
	}
}

// Every file of upstream's folders belongs to a bug, which may be unsound, or is a helper.
func TestBugsWithoutAFile(t *testing.T) {
	good := map[string]string{"buggy/ADD.java": add, "correct/ADD.java": strings.ReplaceAll(add, "a - b", "a + b"), "tests/ADDTest.java": test}
	named := func(text, id string) string { return strings.ReplaceAll(text, "ADD", id) }
	large := strings.Repeat("// large\n", 200_000)
	for name, c := range map[string]struct {
		files   map[string]string // beside those of ADD
		unsound map[string]string
		notes   []string
	}{
		"a helper":                       {files: map[string]string{"buggy/Node.java": "class Node {}", "tests/Helper.java": "class Helper {}"}},
		"a helper that is correct, too":  {files: map[string]string{"buggy/Node.java": named(add, "Node"), "correct/Node.java": "// the same\n" + named(add, "Node")}},
		"a helper that a program uses":   {files: map[string]string{"buggy/Node.java": named(add, "Node"), "correct/Node.java": "class Node {}", "buggy/Other.java": "class Other { Node n; }"}},
		"a correct version of nothing":   {files: map[string]string{"correct/Node.java": "class Node {}"}},
		"a test of nothing":              {files: map[string]string{"tests/NodeTest.java": "class NodeTest {}"}},
		"a bug without a test":           {map[string]string{"buggy/SUB.java": named(add, "SUB"), "correct/SUB.java": named(good["correct/ADD.java"], "SUB")}, map[string]string{"SUB": "it has no test in tests"}, nil},
		"a bug without a fix":            {map[string]string{"buggy/SUB.java": named(add, "SUB"), "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SUB": "it has no correct version in correct"}, nil},
		"a bug without a program":        {map[string]string{"correct/SUB.java": named(add, "SUB"), "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SUB": "it has no buggy program in buggy"}, nil},
		"a fix that changes nothing":     {map[string]string{"buggy/SUB.java": named(add, "SUB"), "correct/SUB.java": named(add, "SUB"), "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SUB": "the buggy and the correct program have the same code"}, nil},
		"a fix outside of methods":       {map[string]string{"buggy/SUB.java": "class SUB { int a = 1; }\n", "correct/SUB.java": "class SUB { int a = 2; }\n", "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SUB": "no method contains all differences between buggy/SUB.java and correct/SUB.java"}, nil},
		"two fixes":                      {map[string]string{"buggy/SU_B.java": named(add, "SU_B"), "correct/SUB.java": named(add, "SUB"), "correct/S_UB.java": named(add, "S_UB"), "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SU_B": "it has several correct versions, such as correct/SUB.java and correct/S_UB.java"}, nil},
		"a program that is too large":    {map[string]string{"buggy/SUB.java": large, "correct/SUB.java": named(add, "SUB"), "tests/SUBTest.java": named(test, "SUB")}, map[string]string{"SUB": "buggy/SUB.java has 1800000 bytes; the limit is 1048576"}, nil},
		"a known bug's program alone":    {map[string]string{"buggy/KNOWN.java": named(add, "KNOWN")}, map[string]string{"KNOWN": "it has no correct version in correct; it has no test in tests"}, nil},
		"a known bug's test alone":       {map[string]string{"tests/KnownTest.java": "class KnownTest {}"}, map[string]string{"KNOWN": "it has no buggy program in buggy; it has no correct version in correct"}, nil},
		"a known bug without any file":   {notes: []string{"this copy of Small lacks 1 of its 2 bugs: KNOWN"}},
		"a labelled bug's program alone": {map[string]string{"buggy/LABELLED.java": named(add, "LABELLED")}, map[string]string{"LABELLED": "it has no correct version in correct; it has no test in tests"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, files := range []map[string]string{good, c.files} {
				for path, text := range files {
					programstest.Write(t, dir, path, text)
				}
			}
			d := definition()
			if strings.Contains(name, "known") {
				d.Bugs = []string{"ADD", "KNOWN"}
			}
			d.Labels = func(fs.FS) (map[string]map[string]string, error) {
				return map[string]map[string]string{"LABELLED": {"class": "x"}}, nil
			}
			f, err := programstest.Fetch(t, programs.New(d), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			unsound := map[string]string{}
			for id, r := range f.Records(t) {
				if r.Unsound != "" {
					unsound[id] = r.Unsound
				} else if id != "ADD" {
					t.Errorf("there is a bug %s", id)
				}
			}
			if len(c.unsound) == 0 {
				c.unsound = map[string]string{}
			}
			if diff := cmp.Diff(c.unsound, unsound); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.notes, f.Notes); diff != "" {
				t.Error(diff)
			}
		})
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
	for source, want := range map[string]string{
		"missing":               "there is no folder",
		empty:                   "the folder buggy is missing",
		same:                    "none of its bugs can be judged (1), such as ADD: the buggy and the correct program have the same code",
		unpaired:                "no program in buggy has a correct version in correct and a test in tests",
		"https://example.org/x": "no commit is named",
	} {
		if _, err := programstest.Fetch(t, small(), source, empty); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}

// Any line is either refused or becomes a bug: a sound one, or one with the reason why not.
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
			if _, err := fetched.Check(t.Context(), &benchmark.CheckRequest{Config: fetched.Config, Dir: fetched.Dir, Bug: id, Patched: r.Bug.Text}); (err != nil) != (r.Unsound != "") {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}
