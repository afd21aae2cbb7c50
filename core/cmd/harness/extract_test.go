package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chatty is a study over answers as a chat model gives them. RULE stands for the rest of
// the model's block.
const chatty = `
study "chatty" {}
model "replay" "chat" {
  folder = "."
  files  = { none = "none.jsonl" }
  RULE
}
adapter "recorded" "none" {}
benchmark "microbugs" "microbugs" { bugs = ["DigitSum", "Clamp"] }
generate { candidates = 4 }
sandbox "bubblewrap" {}
table "fixed" {
  rows   = ["model"]
  values = ["fixed@1", "fixed@4"]
}
`

// chatAnswers writes the recording that the study reads.
func chatAnswers(t *testing.T, folder string) {
	t.Helper()
	const digitSum = "public static int digitSum(int n) {\n  int sum = 0;\n  while (n > 0) {\n    sum += n % 10;\n    n /= 10;\n  }\n  return sum;\n}"
	const clamp = "public static int clamp(int x, int lo, int hi) {\n  if (x < lo) return lo;\n  if (x > hi) return hi;\n  return x;\n}"
	const helper = "static int least(int a, int b) {\n  return a < b ? a : b;\n}"
	wrong := strings.Replace(clamp, "return lo", "return x", 1)
	var lines []string
	for _, bug := range []struct {
		name       string
		start, end int
		answers    []string
	}{
		{"DigitSum", 4, 11, []string{
			"Here's the fixed code:\n\n```java\n" + digitSum + "\n```\n\nThe loop never reached `0`.",
			digitSum,
			"```java\n// nothing to fix\n```",
			"```java\n" + digitSum[:40],
		}},
		{"Clamp", 4, 12, []string{
			"The bug:\n\n~~~java\n" + wrong + "\n~~~\n\nFixed:\n\n~~~java\n" + clamp + "\n~~~\n",
			"1. Fix it:\n\n   ```java\n   " + strings.ReplaceAll(clamp, "\n", "\n   ") + "\n   ```\n",
			"```java\n" + helper + "\n```\n\nand\n\n```java\n" + clamp + "\n```",
			"I'm sorry, I see no bug here.",
		}},
	} {
		published := make([]string, len(bug.answers))
		for i := range published {
			published[i] = "wrong"
		}
		line, err := json.Marshal(map[string]any{"bug": bug.name, "function_range": fmt.Sprintf("%d,5-%d,5", bug.start, bug.end), "outputs": bug.answers, "published": published})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if err := os.WriteFile(filepath.Join(folder, "none.jsonl"), []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCodeIsExtractedFromAnswers runs one study over the same answers with every rule: in
// one store, so that a change of the rule decodes nothing again.
func TestCodeIsExtractedFromAnswers(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file := study(t, chatty)
	chatAnswers(t, filepath.Dir(file))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const note = `6 of 8 answers of model chat hold a Markdown fence, and extract is "none": set extract = "code-block"`
	for i, c := range []struct {
		rule, clamp, digitSum string
	}{
		{"", "uncompilable uncompilable uncompilable uncompilable", "uncompilable passed uncompilable uncompilable"},
		{`extract = "code-block"`, "failed passed uncompilable uncompilable", "passed passed uncompilable, empty uncompilable"},
		{`extract = "last-block"`, "passed passed passed uncompilable", "passed passed uncompilable, empty uncompilable"},
		{`extract = "method"`, "failed passed passed uncompilable", "passed passed uncompilable uncompilable"},
	} {
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "RULE", c.rule)), 0o644); err != nil {
			t.Fatal(err)
		}
		ran := harness(t, "run", file).want(t, 0)
		if decoded := strings.Contains(ran.stderr+ran.stdout, "begin  generate"); decoded != (i == 0) {
			t.Errorf("%s: the model is asked: %v\n%s", c.rule, decoded, ran.stderr)
		}
		var report struct {
			Trials []struct {
				Outcomes []struct {
					Bug        string
					Candidates []struct {
						Verdict string
						Empty   bool
					}
				}
			}
			Notes []string
		}
		printed := harness(t, "report", "--format", "json", file).want(t, 0).stdout
		if err := json.Unmarshal([]byte(printed), &report); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, o := range report.Trials[0].Outcomes {
			var verdicts []string
			for _, candidate := range o.Candidates {
				verdict := candidate.Verdict
				if candidate.Empty {
					verdict += ", empty"
				}
				verdicts = append(verdicts, verdict)
			}
			got[o.Bug] = strings.Join(verdicts, " ")
		}
		if diff := cmp.Diff(map[string]string{"Clamp": c.clamp, "DigitSum": c.digitSum}, got); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", c.rule, diff)
		}
		if noted := strings.Contains(strings.Join(report.Notes, "\n"), note); noted != (c.rule == "") {
			t.Errorf("%s: the fences are named: %v\n%s", c.rule, noted, strings.Join(report.Notes, "\n"))
		}
	}
}
