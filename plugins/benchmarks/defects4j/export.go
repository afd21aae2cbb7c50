package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// properties is an export.json: what judging needs to know of a bug. Names with
// dots are those of `defects4j export`.
//
// It is written as documented here and read leniently: a list may be an array or
// a string whose parts are separated by line ends, ";" or ",", class paths also
// by ":". Names may have other separators, or none between words (dirSrcClasses),
// and stand in objects ({"dir": {"src": …}}) or behind words ("d4j."). Tests are
// Class::method, Class#method, method(Class) or Class, or the names of an object's
// members. Other members are ignored. Of those below, all may be missing but
// dir.src.classes and one of tests.trigger and tests.relevant. What has two
// readings is refused.
type properties struct {
	ID              string `json:"id,omitempty"` // "Lang-6"; the folder's name where missing
	SourceDir       string `json:"dir.src.classes"`
	TestDir         string `json:"dir.src.tests"`
	ClassesDir      string `json:"dir.bin.classes"`
	TestClassesDir  string `json:"dir.bin.tests"`
	CompilePath     list   `json:"cp.compile"` // see readings for what paths are relative to
	TestPath        list   `json:"cp.test"`
	ModifiedClasses list   `json:"classes.modified"`
	RelevantTests   list   `json:"tests.relevant"` // classes; default: those of tests.trigger
	TriggerTests    list   `json:"tests.trigger"`  // Class::method
	// SourceLevel is that of the sources: "1.5", "8".
	SourceLevel string `json:"source.level,omitempty"`
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
	// Exporter is what exported it: see exporterOf.
	Exporter string `json:"exporter,omitempty"`
	// Where the fixed version is from, and the report that it answers.
	Revision string `json:"revision.id.fixed,omitempty"`
	Report   string `json:"report.url,omitempty"`
}

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
	found, err := canonical(members)
	if err != nil {
		return p, err
	}
	again, err := json.Marshal(found)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(again, &p); err != nil {
		return p, err
	}
	return p, p.tidy()
}

// tidy gives missing members their defaults.
func (p *properties) tidy() error {
	if p.TimeZone == "" {
		p.TimeZone = "America/Los_Angeles"
	}
	if p.SourceDir == "" {
		return errors.New("dir.src.classes is missing")
	}
	_, name, err := encodingOf(p.Encoding)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	if p.Encoding != "" {
		p.Encoding = name
	}
	for _, paths := range []*list{&p.CompilePath, &p.TestPath} {
		var all list
		for _, entry := range *paths {
			all = append(all, strings.Split(entry, ":")...)
		}
		*paths = slices.DeleteFunc(all, func(entry string) bool { return strings.TrimSpace(entry) == "" })
	}
	if len(p.RelevantTests) == 0 && len(p.TriggerTests) == 0 {
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

// contradiction says why the baseline cannot be that of a bug: what the fix repairs
// would be forgiven, or does not fail without it.
func (p *properties) contradiction() string {
	for _, test := range p.TriggerTests {
		class, _, _ := strings.Cut(test, "::")
		if fails := *p.FixedFailures; slices.Contains(fails, test) || slices.Contains(fails, class) {
			return "the triggering test " + test + " fails in the fixed version, too, by baseline.fixed"
		}
		fails := func(name string) bool { return name == test || name == class || strings.HasPrefix(name, test+"::") }
		if !slices.ContainsFunc(*p.BuggyFailures, fails) {
			return "the triggering test " + test + " does not fail in the buggy version, by baseline.buggy"
		}
	}
	return ""
}
