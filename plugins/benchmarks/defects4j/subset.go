package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// bugID is the id of a bug, such as Lang-6.
type bugID struct {
	project string
	number  int
}

func (id bugID) String() string { return fmt.Sprintf("%s-%d", id.project, id.number) }

func parseID(text string) (bugID, bool) {
	i := strings.LastIndexByte(text, '-')
	if i <= 0 || strings.ContainsFunc(text[:i], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return bugID{}, false
	}
	number, err := strconv.Atoi(text[i+1:])
	id := bugID{text[:i], number}
	return id, err == nil && number > 0 && id.String() == text
}

func compareIDs(a, b bugID) int {
	return cmp.Or(strings.Compare(a.project, b.project), a.number-b.number)
}

// The subsets by name. singleHunk and singleFunction depend on a bug's files; the
// others are lists.
const (
	singleHunk     = "single-hunk"     // one run of changed lines in one file
	singleFunction = "single-function" // one file, all changes within one method
)

func subsetNames() []string { return []string{"v1.2", "v2.0", "clm", singleHunk, singleFunction} }

// lists are sets of bugs by name, as numbers of each project: "1-20,22".
//
// v1.2 and v2.0 are the active bugs of those versions of Defects4J; later ones
// have deprecated Lang-2, Time-21, Closure-63 and Closure-93 of v1.2. clm is
// what arXiv 2302.05020 (CLM) repaired: clm-apr/defects4j/defects4j_loc.txt at
// commit 57c0124 of github.com/lin-tan/clm.
func lists() map[string]map[string]string {
	return map[string]map[string]string{
		"v1.2": {
			"Chart": "1-26", "Closure": "1-133", "Lang": "1-65", "Math": "1-106", "Mockito": "1-38", "Time": "1-27",
		},
		"v2.0": {
			"Chart": "1-26", "Cli": "1-5,7-40", "Closure": "1-62,64-92,94-176", "Codec": "1-18", "Collections": "25-28",
			"Compress": "1-47", "Csv": "1-16", "Gson": "1-18", "JacksonCore": "1-26", "JacksonDatabind": "1-112",
			"JacksonXml": "1-6", "Jsoup": "1-93", "JxPath": "1-22", "Lang": "1,3-65", "Math": "1-106", "Mockito": "1-38",
			"Time": "1-20,22-27",
		},
		"clm": {
			"Chart": "1,3,4,6,8-14,17,20,24,26",
			"Cli":   "4,8,11,24,25,28,32,40",
			"Closure": "1,5,10,11,14,15,18-20,31,33,35,36,38,40,46,52,55,57,59,62,65,67,70,71,73,77,82,83,86,92,97,104,109,111," +
				"113,114,118-120,122,123,125,126,129,130,132,133,146,150,152,159,168",
			"Codec":           "2-4,7,9,10,17,18",
			"Collections":     "26",
			"Compress":        "5,12,14,19,23,27,31,38,46",
			"Csv":             "1,4,11,14,15",
			"Gson":            "10,13,15,17",
			"JacksonCore":     "5,6,8,20,25",
			"JacksonDatabind": "12,16,17,27,33,34,37,45,46,57,70,71,76,82,93,96-98,102,107",
			"JacksonXml":      "5",
			"Jsoup":           "1,15,24,34,37,40,41,43,45-47,51,57,61,68,75,77,86,88",
			"JxPath":          "5,10,12,21",
			"Lang":            "6,10,16,21,24,26,29,33,38-40,43,45,51,57-59,61",
			"Math":            "2,5,9,11,20,27,30,32-34,41,48,50,53,56-59,63,65,69,70,73,75,79,80,82,85,91,94,96,98,101,105",
			"Mockito":         "1,5,7,8,22,24,27-29,34,38",
			"Time":            "4,15,16,19",
		},
	}
}

// holds reports whether ranges such as "1-20,22" hold the number.
func holds(ranges string, number int) bool {
	for part := range strings.SplitSeq(ranges, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 == nil && err2 == nil && from <= number && number <= to {
			return true
		}
	}
	return false
}

// selection is the set of bugs that a configuration selects.
type selection struct {
	names []string // of subsets: a bug is in all of them
	only  []string // ids and projects: a bug is one of them, or there are none
}

func (c config) selection() (selection, error) {
	s := selection{only: c.Only}
	for name := range strings.SplitSeq(c.Subset, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(subsetNames(), name) {
			return s, fmt.Errorf("unknown subset %q; known are %s", name, strings.Join(subsetNames(), ", "))
		}
		s.names = append(s.names, name)
	}
	return s, nil
}

// wants reports whether a bug may be selected, by its id alone.
func (s selection) wants(id bugID) bool {
	if len(s.only) > 0 && !slices.Contains(s.only, id.project) && !slices.Contains(s.only, id.String()) {
		return false
	}
	all := lists()
	for _, name := range s.names {
		if list, ok := all[name]; ok && !holds(list[id.project], id.number) {
			return false
		}
	}
	return true
}

// takes reports whether a bug that may be selected is in the subsets that depend on
// its files.
func (s selection) takes(b *bug) bool {
	for _, name := range s.names {
		switch {
		case name == singleHunk && (len(b.Others) > 0 || len(b.Hunks) != 1):
			return false
		case name == singleFunction && (len(b.Others) > 0 || b.Function == nil):
			return false
		}
	}
	return true
}
