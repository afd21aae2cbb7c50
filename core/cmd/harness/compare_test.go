package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

// TestCompare judges recorded candidates of three small bugs again, whose
// published verdicts are wrong in a different way each.
func TestCompare(t *testing.T) {
	t.Parallel()
	const reference = "public static int digitSum(int n) {\n  int sum = 0;\n  while (n > 0) {\n    sum += n % 10;\n    n /= 10;\n  }\n  return sum;\n}"
	const clamp = "public static int clamp(int x, int lo, int hi) {\n  if (x < lo) return %s;\n  if (x > hi) return hi;\n  return x;\n}"
	const unchangedClamp = "public static int clamp(int x, int lo, int hi) { if (x < lo) { return hi; } if (x > hi) { return hi; } return x; }"
	type candidate struct{ text, published string }
	recorded := []struct {
		bug        string
		start, end int
		candidates []candidate
	}{
		{"DigitSum", 4, 11, []candidate{
			{reference, "plausible"},
			{strings.ReplaceAll(reference, "\n", " // the same\n"), "wrong"},
			{strings.Replace(reference, "digitSum", "digitSum2", 1), "wrong"},
			{"public static int digitSum(int n) { while (n == n) { n++; } return n; }", "plausible"},
			{strings.Replace(reference, "n % 10", "n % 10 % 10", 1), "uncompilable"},
		}},
		{"Clamp", 4, 12, []candidate{
			{unchangedClamp, "plausible"},
			{strings.ReplaceAll(unchangedClamp, "; ", ";\n"), "plausible"},
			{fmt.Sprintf(clamp, "lo"), "wrong"},
		}},
		{"Power", 4, 11, []candidate{{"public static long power(int b, int n) { return 0; }", "wrong"}}},
	}
	file := study(t, `
study "again" {}
model "replay" "recorded" {
  folder = "."
  files  = { none = "none.jsonl" }
}
adapter "recorded" "none" {}
benchmark "microbugs" "microbugs" { bugs = ["DigitSum", "Clamp", "Power"] }
generate { candidates = 5 }
sandbox "bubblewrap" {}
table "fixed" {
  rows    = ["model"]
  columns = ["benchmark"]
  values  = ["fixed@1", "bugs"]
}
`)
	var lines []string
	for _, r := range recorded {
		outputs, published := []string{}, []string{}
		for _, c := range r.candidates {
			outputs, published = append(outputs, c.text), append(published, c.published)
		}
		line, err := json.Marshal(map[string]any{"bug": r.bug, "function_range": fmt.Sprintf("%d,5-%d,5", r.start, r.end), "outputs": outputs, "published": published})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "none.jsonl"), []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}

	before := harness(t, "compare", file).want(t, 0)
	if !strings.Contains(before.stdout, "there is nothing to compare") {
		t.Errorf("before anything is done:\n%s", before.stdout)
	}
	harness(t, "run", "--quiet", file).want(t, 0)

	var report struct {
		Tables []struct {
			Name    string
			Columns []string
			Rows    [][]string
		}
		Agreements []score.Agreement
		Notes      []string
	}
	printed := harness(t, "compare", "--format", "json", file).want(t, 0).stdout
	if err := json.Unmarshal([]byte(printed), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Agreements) != 1 {
		t.Fatalf("agreements of one benchmark are expected:\n%s", printed)
	}
	var classes []string
	for _, d := range report.Agreements[0].Disagreements {
		classes = append(classes, fmt.Sprintf("%s %d %s", d.Bug, d.Rank, d.Class))
	}
	want := []string{
		"Clamp 0 void", "Clamp 1 void", "Clamp 2 void",
		"DigitSum 1 contradiction", "DigitSum 2 signature", "DigitSum 3 time-limit", "DigitSum 4 unexplained",
	}
	if diff := cmp.Diff(want, classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s\n%s", diff, printed)
	}
	if got, want := report.Agreements[0].Tally, (score.Tally{Candidates: 9, Void: 3, SamePass: 3, SameVerdict: 2}); got != want {
		t.Errorf("counts are %+v, want %+v", got, want)
	}
	tables := map[string][][]string{}
	for _, table := range report.Tables {
		tables[table.Name] = table.Rows
	}
	if diff := cmp.Diff([][]string{{"recorded", "33.3 % (1/3) [6.1, 79.2]", "66.7 % (2/3) [20.8, 93.9]"}}, tables["fixed"]); diff != "" {
		t.Errorf("our share beside the published one (-want +got):\n%s", diff)
	}
	if rows := tables["unexplained"]; len(rows) != 1 || rows[0][1] != "DigitSum" || rows[0][6] == "" {
		t.Errorf("what nothing explains: %q", rows)
	}
	for _, want := range []string{"has different verdicts", "do not change the program are plausible for 1 bug on microbugs: Clamp (2 of 2 times)"} {
		if !strings.Contains(strings.Join(report.Notes, "\n"), want) {
			t.Errorf("no note says %q:\n%s", want, strings.Join(report.Notes, "\n"))
		}
	}
	for _, want := range []string{"Agreement with the published verdicts", "50.0 % (3/6)", "the tests do not compile against the program"} {
		if text := harness(t, "compare", file).want(t, 0).stdout; !strings.Contains(text, want) {
			t.Errorf("the terminal lacks %q:\n%s", want, text)
		}
	}

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "void \"race\" {\n  reason = \"it was not waited for\"\n  bugs   = [\"Clamp\", \"Clam\"]\n}\n"...)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	harness(t, "compare", file).want(t, 2).says(t, `void "race" is about has a bug "Clam"`, `bugs   = ["Clamp", "Clam"]`)
}
