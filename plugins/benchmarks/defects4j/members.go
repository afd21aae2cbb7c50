package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// member is a member of somebody's export.json, wherever in it.
type member struct {
	name  string   // as it is written, behind the names of the objects around it
	words []string // of the name, in lower case
	value any
}

// flatten lists the members that hold a value of their own. An object whose names
// are tests is one: {"a.ATest::x": "its failure"}.
func flatten(all []member, prefix string, object map[string]any) []member {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch value := object[name].(type) {
		case nil:
		case map[string]any:
			if !isByTest(value) {
				all = flatten(all, prefix+name+".", value)
				continue
			}
			all = append(all, member{prefix + name, wordsOf(prefix + name), value})
		default:
			all = append(all, member{prefix + name, wordsOf(prefix + name), value})
		}
	}
	return all
}

func isByTest(object map[string]any) bool {
	for name := range object {
		if !strings.Contains(name, "::") && !strings.Contains(name, "#") && !strings.Contains(name, "(") {
			return false
		}
	}
	return len(object) > 0
}

// wordsOf parts a name where it has no letter or digit, and before capitals.
func wordsOf(name string) []string {
	var apart strings.Builder
	last := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			apart.WriteRune(' ')
		}
		apart.WriteRune(unicode.ToLower(r))
		last = r
	}
	return strings.Fields(apart.String())
}

// ends reports whether the last words of a member's name, run together, are a
// name, and how many words stand before them.
func (m member) ends(name string) (before int, ok bool) {
	for before = range m.words {
		if strings.Join(m.words[before:], "") == name {
			return before, true
		}
	}
	return 0, false
}

// otherNames are what a member may be called beside its own name, the likeliest
// first; without separators.
func otherNames(name string) []string {
	switch name {
	case "dir.src.classes":
		return []string{"srcclasses"}
	case "dir.src.tests":
		return []string{"srctests"}
	case "dir.bin.classes":
		return []string{"binclasses"}
	case "dir.bin.tests":
		return []string{"bintests"}
	case "cp.compile":
		return []string{"compileclasspath", "classpathcompile"}
	case "cp.test":
		return []string{"testclasspath", "classpathtest"}
	case "classes.modified":
		return []string{"modifiedclasses"}
	case "tests.relevant":
		return []string{"relevanttests"}
	case "tests.trigger":
		return []string{"triggertests", "triggeringtests", "teststriggering"}
	case "timezone":
		return []string{"tz"}
	case "encoding":
		return []string{"sourceencoding", "sourcecharset", "fileencoding", "charset"}
	}
	return nil
}

// pick returns the member of a kind that a name means best: of its own name, then
// the one with the fewest words before it. Two that are as good and differ are
// refused.
func pick(all []member, name string, kind func(any) bool) (best member, found bool, err error) {
	least := 0
	for i, candidate := range append([]string{strings.Join(wordsOf(name), "")}, otherNames(name)...) {
		for _, m := range all {
			before, ok := m.ends(candidate)
			if !ok || !kind(m.value) {
				continue
			}
			rank := before
			if i > 0 {
				rank += 1 + 10*i
			}
			if slices.Contains(m.words[:before], "fixed") {
				rank += 1000 // of the other version
			}
			switch {
			case !found || rank < least:
				best, found, least, err = m, true, rank, nil
			case rank == least && !reflect.DeepEqual(m.value, best.value):
				err = fmt.Errorf("%s and %s both say what %s is, and not the same; leave one", best.name, m.name, name)
			}
		}
	}
	return best, found, err
}

// canonical puts the members under the names that properties has, and in the forms.
func canonical(object map[string]any) (map[string]any, error) {
	all := flatten(nil, "", object)
	found := map[string]any{}
	for field := range reflect.TypeFor[properties]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		kind := isText
		switch {
		case strings.HasPrefix(name, "baseline.b") || strings.HasPrefix(name, "baseline.f") || name == "source.level":
			continue
		case strings.HasPrefix(name, "tests."):
			kind = isTests
		case field.Type == reflect.TypeFor[list]():
			kind = isList
		case field.Type.Kind() != reflect.String:
			kind = isNumber
		}
		m, there, err := pick(all, name, kind)
		if err != nil {
			return nil, err
		}
		if !there {
			if err := mustBe(all, name, field.Type); err != nil {
				return nil, err
			}
			continue
		}
		if found[name], err = shaped(m, name); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	for _, version := range []string{"buggy", "fixed"} {
		failures, there, err := baselineOf(all, version)
		if err != nil {
			return nil, err
		}
		if there {
			found["baseline."+version] = failures
		}
	}
	level, err := sourceLevel(all)
	if level != "" {
		found["source.level"] = level
	}
	return found, err
}

// mustBe refuses a member of one of Defects4J's own names that has another form.
func mustBe(all []member, name string, form reflect.Type) error {
	wanted := "text"
	switch {
	case form == reflect.TypeFor[list]():
		wanted = "an array of strings, or one string"
	case name != "encoding" && !strings.HasPrefix(name, "dir."):
		return nil
	}
	for _, m := range all {
		if before, ok := m.ends(strings.Join(wordsOf(name), "")); ok && before == 0 {
			return fmt.Errorf("%s must be %s", m.name, wanted)
		}
	}
	return nil
}

// shaped returns a member's value in the form that properties has.
func shaped(m member, name string) (any, error) {
	switch {
	case strings.HasPrefix(name, "tests."):
		all, err := testsOf(m.value)
		if name == "tests.relevant" {
			all = classesOf(all)
		}
		return all, err
	case strings.HasPrefix(name, "cp.") || name == "classes.modified":
		return textsOf(m.value)
	}
	if parts, ok := m.value.([]any); ok {
		return parts[0], nil
	}
	return m.value, nil
}

func isText(value any) bool {
	if parts, ok := value.([]any); ok && len(parts) == 1 {
		value = parts[0]
	}
	_, ok := value.(string)
	return ok
}

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}

func isList(value any) bool {
	_, isArray := value.([]any)
	_, isString := value.(string)
	return isArray || isString
}

func isTests(value any) bool {
	_, isObject := value.(map[string]any)
	return isObject || isList(value)
}

// textsOf parts text, or takes an array's strings.
func textsOf(value any) (list, error) {
	var parts []string
	switch value := value.(type) {
	case string:
		parts = strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("\n\r;,", r) })
	case []any:
		for _, part := range value {
			text, ok := part.(string)
			if !ok {
				return nil, errors.New("it must be an array of strings, or one string")
			}
			parts = append(parts, text)
		}
	}
	all := list{}
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all, nil
}

// sourceLevel finds the level of the sources: as a project's build says it, or the
// Java that it was built with. Names that may mean something else count only with
// a value that is a level.
func sourceLevel(all []member) (string, error) {
	sure := []string{"sourcelevel", "javasource", "javacsource", "compilesource", "compilersource", "sourceversion",
		"sourcecompatibility", "javalevel", "languagelevel", "javarelease", "javacrelease", "compilerrelease"}
	for _, name := range sure {
		for _, m := range all {
			if _, ok := m.ends(name); !ok {
				continue
			}
			level, err := levelIn(m.value)
			if err != nil {
				return "", fmt.Errorf("%s: %w", m.name, err)
			}
			return level, nil
		}
	}
	// Those without "java" are meant only where nothing stands before them.
	for _, name := range []string{"source", "release", "level", "javaversion", "jdkversion", "jdk", "java"} {
		for _, m := range all {
			before, ok := m.ends(name)
			if !ok || before > 0 && !strings.HasPrefix(name, "j") {
				continue
			}
			if level, err := levelIn(m.value); err == nil {
				return level, nil
			}
		}
	}
	return "", nil
}

// levelIn reads "1.5", 1.5, "8", 8, "1.8.0_392", "java8".
func levelIn(value any) (string, error) {
	text := strings.ToLower(fmt.Sprint(value))
	digits := strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz-_ ")
	digits = strings.Replace(digits, "_", ".", 1)
	if rest, ok := strings.CutPrefix(digits, "1."); ok {
		digits = rest
	}
	digits, _, _ = strings.Cut(digits, ".")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || n < 1 || n > newest {
		return "", fmt.Errorf("%q is no level of Java up to %d; write one such as 1.5 or 8", text, newest)
	}
	return strconv.Itoa(n), nil
}
