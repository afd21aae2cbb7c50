package main

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// members are those of an export.json that is as short as can be, with changes:
// nil takes a member away.
func members(changes map[string]any) string {
	all := map[string]any{
		"format": exportFormat, "id": "Lang-6", "dir.src.classes": "src", "dir.src.tests": "test",
		"cp.compile": []string{}, "cp.test": []string{"lib/a.jar"},
		"tests.relevant": []string{"a.ATest"}, "tests.trigger": []string{"a.ATest::x"},
		"baseline.buggy": []string{"a.ATest::x"}, "baseline.fixed": []string{},
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestPropertiesAreRead(t *testing.T) {
	least := properties{
		Format: exportFormat, ID: "Lang-6", SourceDir: "src", TestDir: "test", CompilePath: list{}, TestPath: list{"lib/a.jar"},
		RelevantTests: list{"a.ATest"}, TriggerTests: list{"a.ATest::x"}, BuggyFailures: list{"a.ATest::x"}, FixedFailures: list{},
		TimeZone: "America/Los_Angeles",
	}
	for _, c := range []struct {
		name    string
		changes map[string]any
		want    func(*properties)
	}{
		{"the least", nil, func(*properties) {}},
		{"a source level", map[string]any{"source.level": "5"}, func(p *properties) { p.SourceLevel = "5" }},
		{"a time zone", map[string]any{"timezone": "UTC"}, func(p *properties) { p.TimeZone = "UTC" }},
		{"Java's own name of an encoding", map[string]any{"encoding": "ISO8859_1"}, func(p *properties) { p.Encoding = "ISO-8859-1" }},
		{"Java's own name of a code page", map[string]any{"encoding": "Cp1252"}, func(p *properties) { p.Encoding = "windows-1252" }},
		{"a class that fails", map[string]any{"baseline.fixed": []string{"a.CTest", "a.BTest$Inner::y"}}, func(p *properties) { p.FixedFailures = list{"a.CTest", "a.BTest$Inner::y"} }},
		{"numbers", map[string]any{"baseline.tests": 7, "baseline.seconds": 1.5}, func(p *properties) { p.Tests, p.TestSeconds = 7, 1.5 }},
		{"folders of classes", map[string]any{"dir.bin.classes": "out/main", "dir.bin.tests": "out/test"}, func(p *properties) { p.ClassesDir, p.TestClassesDir = "out/main", "out/test" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := least
			c.want(&want)
			got, err := parseProperties([]byte(members(c.changes)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPropertiesThatAreRefused(t *testing.T) {
	with := func(name string, value any) string { return members(map[string]any{name: value}) }
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", `dir.src.classes=src`, "not JSON"},
		{"cut short", members(nil)[:40], "not JSON"},
		{"an array", `[]`, "not a JSON object"},
		{"two objects", members(nil) + ` {}`, "text follows the object"},
		{"a member twice", strings.Replace(members(nil), "{", `{"id": "Lang-7", `, 1), "the member id appears twice"},
		{"no format", with("format", nil), `the member format is missing; expected "harness defects4j export 2"`},
		{"an older format", with("format", "harness defects4j export 1"), `format is "harness defects4j export 1"; this version reads "harness defects4j export 2"`},
		{"a format that is a number", with("format", 2), "format is 2"},
		{"an unknown member", with("source_level", "5"), `unknown member "source_level"; known are format, id, dir.src.classes`},
		{"another separator", members(map[string]any{"dir.src.classes": nil, "dir_src_classes": "src"}), "the member dir.src.classes is missing; expected a string"},
		{"no tests", with("tests.trigger", nil), "the member tests.trigger is missing; expected an array of strings"},
		{"no baseline", with("baseline.fixed", nil), "the member baseline.fixed is missing"},
		{"null", `{"format": "` + exportFormat + `", "id": null}`, "id must be a string; found null"},
		{"lines for an array", with("tests.relevant", "a.ATest\nb.BTest"), "tests.relevant must be an array of strings; found"},
		{"numbers in an array", with("cp.test", []int{1}), "cp.test must be an array of strings; found [1]"},
		{"a level that is a number", with("source.level", 8), "source.level must be a string; found 8"},
		{"a level of old", with("source.level", "1.5"), `source.level must be a version of Java from 1 to 17, such as "5"; found "1.5"`},
		{"a level that is too new", with("source.level", "21"), `from 1 to 17, such as "5"; found "21"`},
		{"an encoding that is none", with("encoding", "runes"), `unknown encoding "runes"`},
		{"a folder that is absolute", with("dir.src.classes", "/src"), `dir.src.classes must be a path below buggy/ such as src/main/java; found "/src"`},
		{"a folder that leaves the project", with("dir.src.tests", "../test"), `dir.src.tests must be a path below buggy/`},
		{"a folder with a slash at its end", with("dir.bin.classes", "out/"), `dir.bin.classes must be a path below buggy/`},
		{"no relevant tests", with("tests.relevant", []string{}), "tests.relevant is empty"},
		{"a relevant test with a method", with("tests.relevant", []string{"a.ATest::x"}), `tests.relevant: "a.ATest::x" is not a test; expected the name of a class`},
		{"a triggering class", with("tests.trigger", []string{"a.ATest"}), `tests.trigger: "a.ATest" is not a test; expected Class::method`},
		{"another mark between class and method", with("tests.trigger", []string{"a.ATest#x"}), `tests.trigger: "a.ATest#x" is not a test`},
		{"a sentence", with("baseline.fixed", []string{"no failures here"}), `baseline.fixed: "no failures here" is not a test`},
		{"a negative number of tests", with("baseline.tests", -1), "baseline.tests must not be negative"},
		{"half a test", with("baseline.tests", 1.5), "baseline.tests must be a whole number; found 1.5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := parseProperties([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	_, err := parseProperties([]byte(members(map[string]any{"encoding": 8, "cp.test": nil, "more": 1})))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all of three problems are reported: %v", err)
	}
}

// What is written is read as it was, and what is read can be used without looking.
func FuzzProperties(f *testing.F) {
	f.Add([]byte(members(nil)))
	f.Add([]byte(members(map[string]any{"encoding": "latin1", "source.level": "7", "baseline.seconds": 0.1, "timezone": "UTC"})))
	f.Add([]byte(`{"format": "` + exportFormat + `", "id": 6, "id": [], "cp.test": {"a": 1}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := parseProperties(content)
		if err != nil {
			return
		}
		if len(p.RelevantTests) == 0 || p.TimeZone == "" || !fs.ValidPath(p.SourceDir) {
			t.Errorf("got %+v", p)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseProperties(text)
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("it came back changed: %v\n%s", err, diff)
		}
	})
}

func FuzzParseFailing(f *testing.F) {
	f.Add("Failing tests: 2\n  - a.ATest\n  - a.ATest::x\n")
	f.Add("Failing tests: 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		if failing, err := parseFailing(text); err == nil && strings.Count(text, "  - ") < len(failing) {
			t.Errorf("%q names %q", text, failing)
		}
	})
}

func TestSubsets(t *testing.T) {
	count := func(name string, most int) int {
		s, err := config{Subset: name}.selection()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for project := range lists()["v2.0"] {
			for number := 1; number <= most; number++ {
				if s.wants(bugID{project, number}) {
					n++
				}
			}
		}
		return n
	}
	for name, want := range map[string]int{"v1.2": 395, "v2.0": 835, "clm": 219, "v1.2, v2.0": 391, "clm, v1.2": 130} {
		if got := count(name, 300); got != want {
			t.Errorf("%s has %d bugs, not %d", name, got, want)
		}
	}
	if _, err := (config{Subset: "v3"}).selection(); err == nil || !strings.Contains(err.Error(), "single-hunk") {
		t.Errorf("got %v", err)
	}
	for _, p := range pack(t) {
		id, ok := parseID(p.ID)
		if clm, _ := (config{Subset: "clm"}).selection(); !ok || clm.wants(id) != (p.CLMRanges != nil) {
			t.Errorf("%s is in CLM's list: %t", p.ID, !clm.wants(id))
		}
	}
}

func TestIDs(t *testing.T) {
	for text, want := range map[string]bool{
		"Lang-6": true, "JacksonCore-26": true, "Lang": false, "Lang-": false, "-6": false, "Lang-06": false, "Lang-0": false,
		"../Lang-6": false, "a/b-6": false, "Lang-6.json": false, "Lang--6": false,
	} {
		if _, got := parseID(text); got != want {
			t.Errorf("%q is an id: %t", text, got)
		}
	}
}
