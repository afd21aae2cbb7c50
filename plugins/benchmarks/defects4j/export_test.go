package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPropertiesAreReadLeniently(t *testing.T) {
	buggy, none := list{"a.ATest::x"}, list{}
	least := properties{
		SourceDir: "src", TimeZone: "America/Los_Angeles", RelevantTests: list{"a.ATest"}, TriggerTests: list{"a.ATest::x"},
		BuggyFailures: &buggy, FixedFailures: &none,
	}
	with := func(change func(*properties)) properties {
		p := least
		change(&p)
		return p
	}
	const minimum = `"dir.src.classes": "src", "tests.trigger": ["a.ATest::x"]`
	for _, c := range []struct {
		name, text string
		want       properties
	}{
		{"the least", `{` + minimum + `}`, least},
		{"nulls and more", `{` + minimum + `, "encoding": null, "more": {"a": [1, 2]}}`, least},
		{"class paths as arrays", `{` + minimum + `, "cp.test": ["lib/a.jar", "./lib/b.jar"]}`,
			with(func(p *properties) { p.TestPath = list{"lib/a.jar", "./lib/b.jar"} })},
		{"class paths as Java writes them", `{` + minimum + `, "cp.compile": "target/classes:lib/a.jar"}`,
			with(func(p *properties) { p.CompilePath = list{"target/classes", "lib/a.jar"} })},
		{"lists as lines", `{` + minimum + `, "tests.relevant": "a.ATest\na.BTest\n"}`,
			with(func(p *properties) { p.RelevantTests = list{"a.ATest", "a.BTest"} })},
		{"lists with semicolons", `{"dir.src.classes": "src/", "tests.trigger": "a.ATest::x; a.BTest::y"}`,
			with(func(p *properties) {
				p.TriggerTests = list{"a.ATest::x", "a.BTest::y"}
				p.RelevantTests = list{"a.ATest", "a.BTest"}
				p.BuggyFailures = &p.TriggerTests
			})},
		{"an old source level", `{` + minimum + `, "source.level": "1.5"}`, with(func(p *properties) { p.SourceLevel = "5" })},
		{"a source level that is a number", `{` + minimum + `, "sourceLevel": 8}`, with(func(p *properties) { p.SourceLevel = "8" })},
		{"other names", `{"dir_src_classes": "src", "tests_trigger": ["a.ATest::x"], "time_zone": "UTC", "source_encoding": "ISO-8859-1", "java_level": 1.7}`,
			with(func(p *properties) { p.TimeZone, p.Encoding, p.SourceLevel = "UTC", "ISO-8859-1", "7" })},
		{"a baseline by name", `{` + minimum + `, "baseline_failures_buggy": ["a.ATest::x"], "baseline_failures_fixed": ["a.ATest"]}`,
			with(func(p *properties) { p.FixedFailures = &list{"a.ATest"} })},
		{"a baseline in an object", `{` + minimum + `, "baseline": {"buggy": {"failing": ["a.ATest::x"], "run": 3}, "fixed": {"failing": []}}}`, least},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseProperties([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPropertiesThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no JSON", `dir.src.classes=src`, "invalid character"},
		{"no object", `[]`, "cannot unmarshal"},
		{"two objects", `{} {}`, "more follows"},
		{"no sources", `{"tests.trigger": ["a.ATest::x"]}`, "dir.src.classes"},
		{"no tests", `{"dir.src.classes": "src"}`, "names a test"},
		{"a folder outside", `{"dir.src.classes": "../fixed/src", "tests.trigger": ["a.ATest::x"]}`, "leaves the project"},
		{"a folder elsewhere", `{"dir.src.classes": "/etc", "tests.trigger": ["a.ATest::x"]}`, "leaves the project"},
		{"a list of numbers", `{"dir.src.classes": "src", "tests.trigger": [1]}`, "array of strings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := parseProperties([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// What is written is read as it was, and what is read can be used without looking.
func FuzzProperties(f *testing.F) {
	f.Add([]byte(`{"dir.src.classes": "src", "tests.trigger": ["a.ATest::x"], "cp.test": "a:b", "source.level": 1.5}`))
	f.Add([]byte(`{"baseline": {"buggy": ["x"], "fixed": []}, "tz": "UTC"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := parseProperties(content)
		if err != nil {
			return
		}
		for _, dir := range []string{p.SourceDir, p.TestDir, p.ClassesDir, p.TestClassesDir} {
			if clean, ok := within(dir); dir != "" && (!ok || clean != dir) {
				t.Errorf("the folder %q", dir)
			}
		}
		if len(p.RelevantTests) == 0 || p.BuggyFailures == nil || p.FixedFailures == nil {
			t.Errorf("got %+v", p)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseProperties(text)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%+v came back as %+v, %v", p, again, err)
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
