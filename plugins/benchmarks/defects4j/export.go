package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// exportFormat is the member "format" of every export.json. The number grows with
// every change after which an older reader would misread a file.
const exportFormat = "harness defects4j export 2"

// properties is an export.json: what judging needs to know of a bug. Member names
// with dots are those of `defects4j export`. Members without omitempty are required;
// any other member is refused. Paths have slashes; those of folders are relative to
// buggy/, those on class paths to the bug's folder: "buggy/target/classes",
// "lib/junit4.jar", or "../lib/junit4.jar" for a jar that bugs share.
type properties struct {
	Format    string `json:"format"` // exportFormat
	ID        string `json:"id"`     // "Lang-6", as the folder's name
	SourceDir string `json:"dir.src.classes"`
	TestDir   string `json:"dir.src.tests"`
	// Folders of the compiled classes, where the export has them. Without them, or
	// where they lack the changed class, the project is compiled when it is fetched.
	ClassesDir      string `json:"dir.bin.classes,omitempty"`
	TestClassesDir  string `json:"dir.bin.tests,omitempty"`
	CompilePath     list   `json:"cp.compile"`
	TestPath        list   `json:"cp.test"`
	ModifiedClasses list   `json:"classes.modified,omitempty"`
	RelevantTests   list   `json:"tests.relevant"` // classes
	TriggerTests    list   `json:"tests.trigger"`  // Class::method
	// SourceLevel is the Java version of the sources: "5" to "17".
	SourceLevel string `json:"source.level,omitempty"`
	TimeZone    string `json:"timezone,omitempty"` // default: Defects4J's, America/Los_Angeles
	Encoding    string `json:"encoding,omitempty"` // of the sources; default: UTF-8
	// Tests that failed when the bug was exported, as Class::method, or Class where
	// the class itself failed.
	BuggyFailures list `json:"baseline.buggy"`
	FixedFailures list `json:"baseline.fixed"`
	// Seconds that Defects4J's own `test -r` took on the fixed version.
	TestSeconds float64 `json:"baseline.seconds,omitempty"`
	// Tests that Defects4J's own `test -r` started in the fixed version.
	Tests int `json:"baseline.tests,omitempty"`
	// Unsound says why the baseline is not what it must be.
	Unsound string `json:"baseline.problem,omitempty"`
	// Exporter is the program and the installation that exported it: see exporterOf.
	Exporter string `json:"exporter,omitempty"`
	// Revision is where the fixed version is from, Report the report that it answers.
	Revision string `json:"revision.id.fixed,omitempty"`
	Report   string `json:"report.url,omitempty"`
	// BuggyRevision is where the buggy version of an imported bug is from, apart from its
	// tests.
	BuggyRevision string `json:"revision.id.buggy,omitempty"`
}

// list is of strings.
type list []string

// MarshalJSON writes an empty list as [], which is what a reader wants.
func (l list) MarshalJSON() ([]byte, error) { return json.Marshal(append([]string{}, l...)) }

// parseProperties reads an export.json and reports all that is wrong with it.
func parseProperties(content []byte) (properties, error) {
	var p properties
	members, err := membersOf(content)
	if err != nil {
		return p, err
	}
	format, ok := members["format"]
	switch {
	case !ok:
		return p, fmt.Errorf("the member format is missing; expected %q, as `harness benchmarks export` writes it", exportFormat)
	case json.Unmarshal(format, &p.Format) != nil || p.Format != exportFormat:
		return p, fmt.Errorf("format is %s; this version reads %q: export the bug again with `harness benchmarks export`", short(format), exportFormat)
	}
	var problems []error
	into := reflect.ValueOf(&p).Elem()
	var known []string
	for field, value := range into.Fields() {
		name, omitempty, _ := strings.Cut(field.Tag.Get("json"), ",")
		known = append(known, name)
		text, ok := members[name]
		switch {
		case !ok && omitempty == "":
			problems = append(problems, fmt.Errorf("the member %s is missing; expected %s", name, kindOf(field.Type)))
		case ok && (string(text) == "null" || json.Unmarshal(text, value.Addr().Interface()) != nil):
			problems = append(problems, fmt.Errorf("%s must be %s; found %s", name, kindOf(field.Type), short(text)))
		}
		delete(members, name)
	}
	for name := range members {
		problems = append(problems, fmt.Errorf("unknown member %q; known are %s", name, strings.Join(known, ", ")))
	}
	if len(problems) == 0 {
		problems = p.check()
	}
	slices.SortStableFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return p, errors.Join(problems...)
}

// membersOf returns an object's members by name. None may appear twice.
func membersOf(content []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if token, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	} else if token != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		name, _ := token.(string) // a key always is
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %s appears twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("%s: not JSON: %w", name, err)
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text follows the object")
	}
	return members, nil
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "an array of strings"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a string"
}

// short quotes a value in a message.
func short(value json.RawMessage) string {
	const most = 60
	if text := []rune(string(value)); len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(value)
}

var (
	testClass  = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$`)
	testMethod = regexp.MustCompile(`^\S(.*\S)?$`)
)

// check reports values that no bug has, and gives missing members their defaults.
func (p *properties) check() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, dir := range []struct {
		name, value string
		required    bool
	}{
		{"dir.src.classes", p.SourceDir, true}, {"dir.src.tests", p.TestDir, true},
		{"dir.bin.classes", p.ClassesDir, false}, {"dir.bin.tests", p.TestClassesDir, false},
	} {
		if (dir.value != "" || dir.required) && !fs.ValidPath(dir.value) {
			problem("%s must be a path below buggy/ such as src/main/java; found %q", dir.name, dir.value)
		}
	}
	if len(p.RelevantTests) == 0 {
		problem("tests.relevant is empty; name the test classes that decide, at least those of tests.trigger")
	}
	for _, tests := range []struct {
		name           string
		values         list
		class, methods bool
	}{
		{"tests.relevant", p.RelevantTests, true, false}, {"tests.trigger", p.TriggerTests, false, true},
		{"baseline.buggy", p.BuggyFailures, true, true}, {"baseline.fixed", p.FixedFailures, true, true},
	} {
		for _, test := range tests.values {
			class, method, isMethod := strings.Cut(test, "::")
			if !testClass.MatchString(class) || isMethod && (!tests.methods || !testMethod.MatchString(method)) || !isMethod && !tests.class {
				problem("%s: %q is not a test; expected %s", tests.name, test, testForm(tests.class, tests.methods))
			}
		}
	}
	if level, err := strconv.Atoi(p.SourceLevel); p.SourceLevel != "" && (err != nil || level < 1 || level > newest || strconv.Itoa(level) != p.SourceLevel) {
		problem("source.level must be a version of Java from 1 to %d, such as \"5\"; found %q", newest, p.SourceLevel)
	}
	if p.Encoding != "" {
		_, name, err := encodingOf(p.Encoding)
		if err != nil {
			problem("encoding: %w", err)
		}
		p.Encoding = name
	}
	if p.Tests < 0 {
		problem("baseline.tests must not be negative; found %d", p.Tests)
	}
	if p.TestSeconds < 0 {
		problem("baseline.seconds must not be negative; found %g", p.TestSeconds)
	}
	if p.TimeZone == "" {
		p.TimeZone = "America/Los_Angeles"
	}
	return problems
}

func testForm(class, method bool) string {
	switch {
	case class && method:
		return "Class::method, or Class where the class itself fails"
	case class:
		return "the name of a class"
	}
	return "Class::method"
}

// classesOf returns the classes of tests, each once.
func classesOf(tests list) list {
	all := list{}
	for _, test := range tests {
		if class, _, _ := strings.Cut(test, "::"); !slices.Contains(all, class) {
			all = append(all, class)
		}
	}
	return all
}

// contradiction says why the baseline cannot be that of a bug: a triggering test
// that fails in the fixed version would be ignored, and one that passes in the buggy
// version shows no bug.
func (p *properties) contradiction() string {
	for _, test := range p.TriggerTests {
		class, _, _ := strings.Cut(test, "::")
		if fails := p.FixedFailures; slices.Contains(fails, test) || slices.Contains(fails, class) {
			return "the triggering test " + test + " also fails in the fixed version, by baseline.fixed"
		}
		fails := func(name string) bool { return name == test || name == class || strings.HasPrefix(name, test+"::") }
		if !slices.ContainsFunc(p.BuggyFailures, fails) {
			return "the triggering test " + test + " does not fail in the buggy version, by baseline.buggy"
		}
	}
	return ""
}
