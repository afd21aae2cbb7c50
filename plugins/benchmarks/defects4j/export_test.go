package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const minimum = `"dir.src.classes": "src", "tests.trigger": ["a.ATest::x"]`

func TestPropertiesAreReadLeniently(t *testing.T) {
	buggy, none := list{"a.ATest::x"}, list{}
	least := properties{
		SourceDir: "src", TimeZone: "America/Los_Angeles", TriggerTests: list{"a.ATest::x"},
		BuggyFailures: &buggy, FixedFailures: &none,
	}
	with := func(change func(*properties)) properties {
		p := least
		change(&p)
		return p
	}
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
		{"lists with semicolons", `{"dir.src.classes": "src", "tests.trigger": "a.ATest::x; a.BTest::y"}`,
			with(func(p *properties) {
				p.TriggerTests = list{"a.ATest::x", "a.BTest::y"}
				p.BuggyFailures = &p.TriggerTests
			})},
		{"an old source level", `{` + minimum + `, "source.level": "1.5"}`, with(func(p *properties) { p.SourceLevel = "5" })},
		{"a source level that is a number", `{` + minimum + `, "sourceLevel": 8}`, with(func(p *properties) { p.SourceLevel = "8" })},
		{"other names", `{"dir_src_classes": "src", "tests_trigger": ["a.ATest::x"], "time_zone": "UTC", "source_encoding": "ISO-8859-1", "java_level": 1.7}`,
			with(func(p *properties) { p.TimeZone, p.Encoding, p.SourceLevel = "UTC", "ISO-8859-1", "7" })},
		{"a baseline by name", `{` + minimum + `, "baseline_failures_buggy": ["a.ATest::x"], "baseline_failures_fixed": ["a.ATest"]}`,
			with(func(p *properties) { p.FixedFailures = &list{"a.ATest"} })},
		{"all below one object", `{"export": {"properties": {` + minimum + `}}}`, least},
		{"words before, as in Defects4J's own files", `{"d4j.dir.src.classes": "src", "d4j.tests.trigger": "a.ATest::x"}`, least},
		{"no separators", `{"dirSrcClasses": ["src"], "testsTrigger": "a.ATest::x"}`, least},
		{"the fixed version's folder, too", `{"dir.src.classes": "src", "fixed": {"dir.src.classes": "other"}, "tests.trigger": "a.ATest::x"}`, least},
		{"an id that is a number", `{"id": 6, "bug": 7, "baseline": {"tests": "many", "seconds": []}, ` + minimum + `}`, least},
		{"tests as others write them", `{"dir.src.classes": "src", "tests.trigger": ["a.ATest#x", "x(a.ATest)", "a.ATest.x", "--- a.ATest::x[0]"]}`, least},
		{"tests with why they fail", `{"dir.src.classes": "src", "tests.trigger": {"a.ATest::x": "AssertionError: 1, not 2"}}`, least},
		{"a file failing_tests", `{"dir.src.classes": "src", "tests.trigger": "--- a.ATest::x\nAssertionError: 1, not 2\n\tat a.ATest.x(ATest.java:7)\n"}`, least},
		{"relevant tests with methods", `{` + minimum + `, "tests.relevant": ["a.ATest::x", "a.ATest"]}`, with(func(p *properties) { p.RelevantTests = list{"a.ATest"} })},
		{"a baseline as text", `{` + minimum + `, "baseline.failures.fixed": "a.BTest::y\na.CTest"}`,
			with(func(p *properties) { p.FixedFailures = &list{"a.BTest::y", "a.CTest"} })},
		{"a baseline with why tests fail", `{` + minimum + `, "failures": {"f": {"a.BTest::y": "NullPointerException"}, "b": {"a.ATest::x": null}}}`,
			with(func(p *properties) { p.FixedFailures = &list{"a.BTest::y"} })},
		{"a baseline with errors", `{` + minimum + `, "baseline": {"fixed": {"errors": [], "failures": ["a.BTest::y"]}}}`,
			with(func(p *properties) { p.FixedFailures = &list{"a.BTest::y"} })},
		{"all tests are no failures", `{` + minimum + `, "baseline": {"fixed": {"all_tests": ["a.ATest::x"], "failing": []}}}`, least},
		{"tests that ran are no failures", `{` + minimum + `, "baseline": {"fixed": {"tests": ["a.ATest::x"], "failed": 0}}}`, least},
		{"a build's level", `{` + minimum + `, "maven.compiler.source": "1.6", "java.version": "11.0.22"}`, with(func(p *properties) { p.SourceLevel = "6" })},
		{"a JDK", `{` + minimum + `, "jdk": "1.8.0_392"}`, with(func(p *properties) { p.SourceLevel = "8" })},
		{"a level by name", `{` + minimum + `, "javac.source": "java8"}`, with(func(p *properties) { p.SourceLevel = "8" })},
		{"a level with zeros", `{` + minimum + `, "compile.source": "8.0"}`, with(func(p *properties) { p.SourceLevel = "8" })},
		{"a release of something else", `{` + minimum + `, "defects4j.release": "3.0.1", "log.level": "2"}`, least},
		{"Java's own name of an encoding", `{` + minimum + `, "encoding": "ISO8859_1"}`, with(func(p *properties) { p.Encoding = "ISO-8859-1" })},
		{"Java's own name of a code page", `{` + minimum + `, "source.charset": "Cp1252"}`, with(func(p *properties) { p.Encoding = "windows-1252" })},
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
		{"two folders", `{"a": {"dir.src.classes": "src"}, "b": {"dir.src.classes": "main"}, "tests.trigger": ["a.ATest::x"]}`, "both say what dir.src.classes is"},
		{"a test that is none", `{"dir.src.classes": "src", "tests.trigger": ["the first one"]}`, "tests.trigger: \"the first one\" is no test"},
		{"two baselines", `{` + minimum + `, "baseline": {"fixed": {"failed": ["a.ATest"], "failing": ["a.BTest"]}}}`, "write baseline.fixed"},
		{"a baseline that only counts", `{` + minimum + `, "baseline": {"fixed": {"failed": 2}}}`, "write baseline.fixed"},
		{"a baseline of outcomes", `{` + minimum + `, "baseline.fixed": {"a.ATest::x": "passed"}}`, "baseline.fixed: an object says of each test"},
		{"a baseline of sentences", `{` + minimum + `, "baseline.fixed": ["no failures here"]}`, "baseline.fixed: \"no failures here\""},
		{"a level that is none", `{` + minimum + `, "source.level": "new"}`, "source.level: \"new\" is no level"},
		{"a level that is too new", `{` + minimum + `, "source.level": 21}`, "up to 17"},
		{"an encoding that is none", `{` + minimum + `, "encoding": "runes"}`, "encoding \"runes\" is not known"},
		{"an encoding that is a number", `{` + minimum + `, "encoding": 8}`, "encoding must be text"},
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
		if len(p.RelevantTests)+len(p.TriggerTests) == 0 || p.BuggyFailures == nil || p.FixedFailures == nil {
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
