package programs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"harness/core/sdk/javasource"
)

// Hunk is lines Start … End-1 of a buggy program, counted from 1, and their
// replacement.
type Hunk struct {
	Start, End int
	Fix        string // with line ends
}

// ErrSameCode: a buggy program and its correct one do not differ.
var ErrSameCode = errors.New("the buggy and the correct program have the same code")

// Derive compares a buggy program with its correct one and returns the hunks
// that turn the code of the buggy method into that of the correct one, in
// order.
//
// The two files differ in more than the fix: package, imports of that package,
// comments, white space, blank lines, and methods that only one of them has. Derive
// therefore compares methods with the same header, by their lines of code without
// white space. The first method that differs is the buggy one; programs without such
// a method are compared whole.
//
// A hunk has at least one line, since models are shown buggy lines: if code is only
// missing, the line before which it belongs is part of the hunk. Regions with only a
// few lines between them are one hunk, since upstream's authors count one bug per
// program.
func Derive(buggy, correct string) ([]Hunk, error) {
	packages := []string{packageOf(buggy), packageOf(correct)}
	b, c := codeLines(buggy, packages), codeLines(correct, packages)
	if max(len(b), len(c)) > maxLines {
		return nil, fmt.Errorf("the programs have more than %d lines of code", maxLines)
	}
	for _, pair := range sameHeaders(buggy, correct) {
		inB, inC := within(b, pair.buggy), within(c, pair.correct)
		if regions := merge(changes(inB, inC), inB, inC); len(regions) > 0 {
			return hunksOf(regions, inB, inC, buggy, correct)
		}
	}
	regions := merge(changes(b, c), b, c)
	if len(regions) == 0 {
		return nil, ErrSameCode
	}
	return hunksOf(regions, b, c, buggy, correct)
}

// maxLines bounds the programs that are compared, since comparing takes time and memory
// proportional to the product of their lengths.
const maxLines = 4000

func hunksOf(regions []region, b, c []codeLine, buggy, correct string) ([]Hunk, error) {
	buggyLines, correctLines := rawLines(buggy), rawLines(correct)
	var hunks []Hunk
	for _, r := range regions {
		if r.bFrom == r.bTo { // code is only missing: include the next line
			if r.bTo == len(b) || r.cTo == len(c) {
				return nil, errors.New("the correct program continues after the end of the buggy one")
			}
			r.bTo++
			r.cTo++
		}
		h := Hunk{Start: b[r.bFrom].number, End: b[r.bTo-1].number + 1}
		if r.cFrom < r.cTo {
			h.Fix = strings.Join(correctLines[c[r.cFrom].number-1:c[r.cTo-1].number], "")
		}
		if h.Fix != "" && !strings.HasSuffix(h.Fix, "\n") && h.End-1 < len(buggyLines) {
			h.Fix += "\n"
		}
		hunks = append(hunks, h)
	}
	return hunks, nil
}

type pair struct{ buggy, correct javasource.Span }

// sameHeaders pairs the methods of two programs that have the same header.
func sameHeaders(buggy, correct string) []pair {
	others := map[string]javasource.Span{}
	for _, m := range javasource.Methods(correct) {
		if key := headerOf(correct, m); others[key] == (javasource.Span{}) {
			others[key] = m
		}
	}
	var pairs []pair
	for _, m := range javasource.Methods(buggy) {
		if other, ok := others[headerOf(buggy, m)]; ok {
			pairs = append(pairs, pair{m, other})
		}
	}
	return pairs
}

func headerOf(text string, method javasource.Span) string {
	lines := rawLines(javasource.Skeleton(text))
	header, _, _ := strings.Cut(strings.Join(lines[method.Start-1:method.End-1], ""), "{")
	return strings.Join(strings.Fields(modifiers.ReplaceAllString(header, "")), "")
}

func within(lines []codeLine, span javasource.Span) []codeLine {
	var inside []codeLine
	for _, line := range lines {
		if line.number >= span.Start && line.number < span.End {
			inside = append(inside, line)
		}
	}
	return inside
}

// Apply puts the fixes into the buggy program.
func Apply(buggy string, hunks []Hunk) string {
	lines := rawLines(buggy)
	var out strings.Builder
	at := 0
	for _, h := range hunks {
		out.WriteString(strings.Join(lines[at:h.Start-1], ""))
		out.WriteString(h.Fix)
		at = h.End - 1
	}
	out.WriteString(strings.Join(lines[at:], ""))
	return out.String()
}

// rawLines splits a text into lines with their line ends.
func rawLines(text string) []string { return slices.Collect(strings.Lines(text)) }

// codeLine is a line of code: its number, and its text without white space.
type codeLine struct {
	number int
	code   string
}

// modifiers matches the modifiers of a declaration. Some copies of the suite have
// instance methods where upstream has static ones, which is not a fix.
var modifiers = regexp.MustCompile(`^\s*((public|protected|private|static|final)\s+)+`)

// codeLines returns the lines of code, without package lines and imports of the packages.
func codeLines(text string, packages []string) []codeLine {
	var lines []codeLine
	for i, line := range strings.Split(javasource.Code(text), "\n") {
		code := strings.Join(strings.Fields(modifiers.ReplaceAllString(line, "")), "")
		if code == "" || packageLine.MatchString(line) || imports(line, packages) {
			continue
		}
		lines = append(lines, codeLine{i + 1, code})
	}
	return lines
}

var packageLine = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)\s*;`)

// packageOf returns the package of a program, or "".
func packageOf(text string) string {
	if found := packageLine.FindStringSubmatch(javasource.Code(text)); found != nil {
		return found[1]
	}
	return ""
}

// imports reports whether a line imports something of one of the packages.
func imports(line string, packages []string) bool {
	words := strings.Fields(line)
	return len(words) > 1 && words[0] == "import" && slices.ContainsFunc(packages, func(name string) bool {
		return name != "" && strings.HasPrefix(words[1], name+".")
	})
}

// region is code lines bFrom … bTo-1 of one program, which correspond to lines
// cFrom … cTo-1 of the other.
type region struct{ bFrom, bTo, cFrom, cTo int }

// changes returns the regions in which two programs differ, by a longest
// common subsequence of their code lines.
func changes(b, c []codeLine) []region {
	common := make([][]int, len(b)+1) // of the suffixes from i and j
	for i := range common {
		common[i] = make([]int, len(c)+1)
	}
	for i := len(b) - 1; i >= 0; i-- {
		for j := len(c) - 1; j >= 0; j-- {
			if b[i].code == c[j].code {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var regions []region
	i, j := 0, 0
	for i < len(b) || j < len(c) {
		if i < len(b) && j < len(c) && b[i].code == c[j].code {
			i++
			j++
			continue
		}
		r := region{bFrom: i, cFrom: j}
		for (i < len(b) || j < len(c)) && !(i < len(b) && j < len(c) && b[i].code == c[j].code) {
			if j == len(c) || i < len(b) && common[i+1][j] >= common[i][j+1] {
				i++
			} else {
				j++
			}
		}
		r.bTo, r.cTo = i, j
		regions = append(regions, r)
	}
	return regions
}

// nearby is the most equal code lines between two regions that are one hunk.
const nearby = 6

func merge(regions []region, b, c []codeLine) []region {
	var merged []region
	for _, r := range regions {
		if n := len(merged); n > 0 && r.bFrom-merged[n-1].bTo <= nearby {
			merged[n-1].bTo, merged[n-1].cTo = r.bTo, r.cTo
			continue
		}
		merged = append(merged, r)
	}
	for i := range merged {
		merged[i].trim(b, c)
	}
	return merged
}

// trim removes equal lines from both ends. A merged region has some if there are several
// longest common subsequences, as in code with many braces.
func (r *region) trim(b, c []codeLine) {
	for r.bFrom < r.bTo && r.cFrom < r.cTo && b[r.bTo-1].code == c[r.cTo-1].code {
		r.bTo--
		r.cTo--
	}
	for r.bFrom < r.bTo && r.cFrom < r.cTo && b[r.bFrom].code == c[r.cFrom].code {
		r.bFrom++
		r.cFrom++
	}
}
