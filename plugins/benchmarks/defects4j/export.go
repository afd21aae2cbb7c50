package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// properties is an export.json: what judging needs to know of a bug. Names with
// dots are those of `defects4j export`.
//
// It is written as documented here and read leniently: a list may be an array or
// a string whose parts are separated by line ends, ";" or ",", class paths also
// by ":"; other spellings are understood (see canonical) and further members
// ignored; of those below, all may be missing but dir.src.classes and one of
// tests.trigger and tests.relevant.
type properties struct {
	ID              string `json:"id,omitempty"` // "Lang-6"; the folder's name where missing
	SourceDir       string `json:"dir.src.classes"`
	TestDir         string `json:"dir.src.tests"`
	ClassesDir      string `json:"dir.bin.classes"`
	TestClassesDir  string `json:"dir.bin.tests"`
	CompilePath     list   `json:"cp.compile"` // relative to buggy/, to the bug's folder, or to the export's
	TestPath        list   `json:"cp.test"`
	ModifiedClasses list   `json:"classes.modified"`
	RelevantTests   list   `json:"tests.relevant"` // classes
	TriggerTests    list   `json:"tests.trigger"`  // Class::method
	// SourceLevel is that of the sources: "1.5", "8".
	SourceLevel level  `json:"source.level,omitempty"`
	TimeZone    string `json:"timezone,omitempty"` // default: Defects4J's, America/Los_Angeles
	Encoding    string `json:"encoding,omitempty"` // of the sources; default: UTF-8
	// Tests that failed when the bug was exported, as Class::method, or Class where
	// the class itself failed. Missing: the triggering tests, and none.
	BuggyFailures *list `json:"baseline.buggy,omitempty"`
	FixedFailures *list `json:"baseline.fixed,omitempty"`
	// Seconds that Defects4J's own `test -r` took on the fixed version.
	TestSeconds float64 `json:"baseline.seconds,omitempty"`
	// Tests that Defects4J's own `test -r` started in the fixed version.
	Tests int `json:"baseline.tests,omitempty"`
	// Unsound says why the baseline is not what it must be; nothing, where it is.
	Unsound string `json:"baseline.problem,omitempty"`
	// Where the fixed version is from, and the report that it answers.
	Revision string `json:"revision.id.fixed,omitempty"`
	Report   string `json:"report.url,omitempty"`
}

// maxExport bounds an export.json.
const maxExport = 16 << 20

// parseProperties reads an export.json.
func parseProperties(content []byte) (properties, error) {
	var p properties
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		return p, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return p, errors.New("more follows behind the object")
	}
	again, err := json.Marshal(canonical(members))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(again, &p); err != nil {
		return p, err
	}
	return p, p.tidy()
}

// canonical puts the members under the names that properties has. Those that
// Defects4J names may have other separators (dir_src_classes); the others are
// known by what their names say, also where an object holds them: "baseline":
// {"buggy": [...], "fixed": [...]}.
func canonical(members map[string]any) map[string]any {
	flat := map[string]any{}
	flatten(flat, "", members)
	exact := map[string]string{}
	for field := range reflect.TypeFor[properties]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		exact[fold(name)] = name
	}
	found := map[string]any{}
	var rest []string
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		if known := exact[fold(name)]; known != "" {
			found[known] = flat[name]
		} else {
			rest = append(rest, name)
		}
	}
	for _, name := range rest {
		known := meant(fold(name), flat[name])
		if _, there := found[known]; known != "" && !there {
			found[known] = flat[name]
		}
	}
	return found
}

// flatten joins the names of members of members by dots.
func flatten(flat map[string]any, prefix string, members map[string]any) {
	for name, value := range members {
		switch value := value.(type) {
		case map[string]any:
			flatten(flat, prefix+name+".", value)
		case nil:
		default:
			flat[prefix+name] = value
		}
	}
}

// fold leaves a name's letters and digits, in lower case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// meant guesses which member of ours a member of somebody else's export is.
func meant(name string, value any) string {
	says := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
	}
	_, isList := value.([]any)
	_, isText := value.(string)
	switch {
	case isList && says("baseline", "fail") && says("buggy"):
		return "baseline.buggy"
	case isList && says("baseline", "fail") && says("fixed"):
		return "baseline.fixed"
	case isText && says("encoding"):
		return "encoding"
	case isText && (says("timezone") || name == "tz"):
		return "timezone"
	case !isList && (says("level", "release") || name == "source"):
		return "source.level"
	}
	return ""
}

// tidy gives missing members their defaults and refuses paths that leave the
// project.
func (p *properties) tidy() error {
	if p.TimeZone == "" {
		p.TimeZone = "America/Los_Angeles"
	}
	if p.SourceDir == "" {
		return errors.New("dir.src.classes is missing")
	}
	for _, dir := range []*string{&p.SourceDir, &p.TestDir, &p.ClassesDir, &p.TestClassesDir} {
		if *dir == "" {
			continue
		}
		clean, ok := within(*dir)
		if !ok {
			return fmt.Errorf("the folder %q leaves the project", *dir)
		}
		*dir = clean
	}
	for _, paths := range []*list{&p.CompilePath, &p.TestPath} {
		var all list
		for _, entry := range *paths {
			all = append(all, strings.Split(entry, ":")...)
		}
		*paths = slices.DeleteFunc(all, func(entry string) bool { return strings.TrimSpace(entry) == "" })
	}
	if len(p.RelevantTests) == 0 {
		for _, test := range p.TriggerTests {
			class, _, _ := strings.Cut(test, "::")
			if !slices.Contains(p.RelevantTests, class) {
				p.RelevantTests = append(p.RelevantTests, class)
			}
		}
	}
	if len(p.RelevantTests) == 0 {
		return errors.New("neither tests.trigger nor tests.relevant names a test")
	}
	if p.BuggyFailures == nil {
		p.BuggyFailures = &p.TriggerTests
	}
	if p.FixedFailures == nil {
		p.FixedFailures = &list{}
	}
	return nil
}

// list is of strings.
type list []string

// UnmarshalJSON takes an array of strings, or one string with all parts.
func (l *list) UnmarshalJSON(data []byte) error {
	var parts []string
	var text string
	if json.Unmarshal(data, &parts) != nil {
		if err := json.Unmarshal(data, &text); err != nil {
			return errors.New("a list is an array of strings or one string")
		}
		parts = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n\r;,", r) })
	}
	*l = list{}
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// level is a source level, as text.
type level string

// UnmarshalJSON takes "1.5", 1.5, "8" and 8.
func (l *level) UnmarshalJSON(data []byte) error {
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return errors.New("the source level is a number or a string")
		}
		number = json.Number(text)
	}
	*l = level(strings.TrimPrefix(strings.TrimSpace(number.String()), "1."))
	return nil
}
