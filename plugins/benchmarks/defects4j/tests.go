package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// testsOf reads tests that somebody names: an array, text, or an object from tests
// to why they fail.
func testsOf(value any) (list, error) {
	var names list
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if text, ok := value[name].(string); value[name] != nil && (!ok || saysOutcome.MatchString(text)) {
				return nil, errors.New("an object says of each test how it ended; write an array of those that fail")
			}
			names = append(names, name)
		}
	case string:
		if strings.Contains("\n"+value, "\n--- ") { // a file failing_tests
			for line := range strings.Lines(value) {
				if name, ok := strings.CutPrefix(line, "--- "); ok {
					names = append(names, strings.TrimSpace(name))
				}
			}
			break
		}
		if strings.TrimSpace(value) != "none" {
			names, _ = textsOf(value)
		}
	default:
		var err error
		if names, err = textsOf(value); err != nil {
			return nil, err
		}
	}
	all := list{}
	for _, name := range names {
		test, err := testOf(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, test) {
			all = append(all, test)
		}
	}
	return all, nil
}

var (
	saysOutcome   = regexp.MustCompile(`(?i)^\s*(pass|ok\b|succe|skip|ignor|true\b|false\b|\d+\s*$)`)
	className     = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$`)
	methodOfClass = regexp.MustCompile(`^([^\s()\[:]+)(?:\[.*\])?\(([^\s()]+)\)$`)
)

// testOf returns a test as Defects4J names it, Class::method or Class, from that,
// Class#method, method(Class) or Class.method. Of parameterised tests all are one.
func testOf(text string) (string, error) {
	name := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text), "- "))
	class, method, ok := strings.Cut(name, "::")
	if !ok {
		class, method, ok = strings.Cut(name, "#")
	}
	if found := methodOfClass.FindStringSubmatch(name); found != nil && !ok {
		class, method, ok = found[2], found[1], true
	}
	if i := strings.LastIndexByte(class, '.'); !ok && i > 0 && capital(class[strings.LastIndexByte(class[:i], '.')+1:]) && !capital(class[i+1:]) {
		class, method = class[:i], class[i+1:]
	}
	if i := strings.IndexAny(method, "[("); i >= 0 {
		method = method[:i]
	}
	method = strings.TrimSpace(method)
	if !className.MatchString(class) || strings.ContainsFunc(method, unicode.IsSpace) {
		return "", fmt.Errorf("%q is no test; write Class::method, or Class where the class itself fails", text)
	}
	if method == "" {
		return class, nil
	}
	return class + "::" + method, nil
}

func capital(name string) bool { return name != "" && unicode.IsUpper([]rune(name)[0]) }

// classesOf are the classes of tests, each once.
func classesOf(tests list) list {
	all := list{}
	for _, test := range tests {
		if class, _, _ := strings.Cut(test, "::"); !slices.Contains(all, class) {
			all = append(all, class)
		}
	}
	return all
}

// baselineOf finds the tests that failed in a version, "buggy" or "fixed". Under
// the name of a baseline or of failures and of the version must be a list that
// says that it is of failures, or nothing else: lists of all tests are no
// failures. Two that differ are refused.
func baselineOf(all []member, version string) (list, bool, error) {
	if m, ok, err := pick(all, "baseline."+version, isTests); ok || err != nil {
		return named(m, err)
	}
	other := "fixed"
	if version == other {
		other = "buggy"
	}
	var bare, failures, failed []member
	for _, m := range all {
		saysFail := slices.ContainsFunc(m.words, func(w string) bool { return strings.HasPrefix(w, "fail") })
		saysBaseline := slices.ContainsFunc(m.words, func(w string) bool { return strings.HasPrefix(w, "baseline") })
		if !saysFail && !saysBaseline || !says(m.words, version) || says(m.words, other) {
			continue
		}
		number, isNumber := m.value.(json.Number)
		last := m.words[len(m.words)-1]
		switch {
		case isNumber && saysFail && number.String() != "0":
			failed = append(failed, m)
		case !isTests(m.value):
		case saysFail:
			failures = append(failures, m)
		case strings.HasPrefix(last, "error"):
			failures = append(failures, m)
		case !slices.ContainsFunc(m.words[slices.IndexFunc(m.words, func(w string) bool { return strings.HasPrefix(w, "baseline") }):],
			func(w string) bool { return !strings.HasPrefix(w, "baseline") && !says([]string{w}, version) }):
			bare = append(bare, m)
		}
	}
	if len(failures) == 0 {
		failures = bare
	}
	switch {
	case len(failures) == 0 && len(failed) > 0:
		return nil, false, fmt.Errorf("%s says that tests fail, and no list says which; write baseline.%s", failed[0].name, version)
	case len(failures) == 0:
		return nil, false, nil
	}
	var found list
	var lists int // of failures proper
	for i, m := range failures {
		tests, _, err := named(m, nil)
		if err != nil {
			return nil, false, err
		}
		if !strings.HasPrefix(m.words[len(m.words)-1], "error") {
			if lists++; lists > 1 && !reflect.DeepEqual(m.value, failures[i-1].value) {
				return nil, false, fmt.Errorf("%s and %s both may be the tests that fail in the %s version; write baseline.%s", failures[i-1].name, m.name, version, version)
			}
		}
		for _, test := range tests {
			if !slices.Contains(found, test) {
				found = append(found, test)
			}
		}
	}
	if found == nil {
		found = list{}
	}
	return found, true, nil
}

func named(m member, err error) (list, bool, error) {
	if err != nil {
		return nil, false, err
	}
	tests, err := testsOf(m.value)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", m.name, err)
	}
	return tests, true, nil
}

// says reports whether words name a version: as "fixed", "f" or "6f".
func says(words []string, version string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return w == version || strings.TrimLeft(w, "0123456789") == version[:1]
	})
}
