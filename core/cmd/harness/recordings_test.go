package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unpublished is a study of recordings of which two have no published verdict.
const unpublished = `
study "unpublished" {}
model "replay" "recorded" {
  folder = "."
  files  = { none = "n*.jsonl" }
}
adapter "recorded" "none" {}
benchmark "microbugs" "microbugs" { bugs = ["DigitSum", "Clamp"] }
sandbox "bubblewrap" {}
table "shares" {
  rows   = ["model"]
  values = ["pass@1", "published.pass@1", "fixed@1", "judged@1", "unrecorded"]
}
`

// TestRecordingsWithoutVerdicts: they are judged like others, nothing is computed from
// verdicts that are not there, and what does not fit the benchmark is named.
func TestRecordingsWithoutVerdicts(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file := study(t, unpublished)
	line := func(bug string) string {
		text, err := json.Marshal(map[string]any{
			"bug": bug, "function_range": "4,5-11,5",
			"outputs": []string{"public static int digitSum(int n) {\n  int sum = 0;\n  while (n > 0) {\n    sum += n % 10;\n    n /= 10;\n  }\n  return sum;\n}"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, bugs := range map[string][]string{"none.jsonl": {"DigitSum", "clamp", "Powr", "Unheard", "Gcd"}, "nothing.jsonl": {"ADD", "BITCOUNT", "KTH"}} {
		var lines []string
		for _, bug := range bugs {
			lines = append(lines, line(bug))
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	harness(t, "run", "--quiet", file).want(t, 0)
	var report struct {
		Tables []struct{ Rows [][]string }
		Notes  []string
	}
	if err := json.Unmarshal([]byte(harness(t, "report", file, "--format", "json").want(t, 0).stdout), &report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"recorded", "100.0 % (1/1)", "–", "1", "1", "1"}}, report.Tables[0].Rows); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"3 of 5 bugs of the recording none.jsonl are not in the benchmark microbugs, and nothing is judged of them: Powr (did you mean Power?), Unheard, clamp (did you mean Clamp?)",
		"nothing is recorded for 1 of 2 bugs, which count neither as fixed nor as not fixed: Clamp",
	} {
		if !strings.Contains(strings.Join(report.Notes, "\n"), want) {
			t.Errorf("no note says %q:\n%s", want, strings.Join(report.Notes, "\n"))
		}
	}
	if strings.Contains(strings.Join(report.Notes, "\n"), "nothing.jsonl") {
		t.Errorf("the recording of another benchmark is named:\n%s", strings.Join(report.Notes, "\n"))
	}
	if compared := harness(t, "compare", file).want(t, 0).stdout; !strings.Contains(compared, "no finished trial has published verdicts: there is nothing to compare") {
		t.Errorf("there is something to compare:\n%s", compared)
	}
}
