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

func TestBenchmarksList(t *testing.T) {
	r := harness(t, "benchmarks", "list", "--format", "json").want(t, 0)
	var benchmarks []struct{ Name, Version, Summary string }
	if err := json.Unmarshal([]byte(r.stdout), &benchmarks); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, b := range benchmarks {
		found = found || b.Name == "microbugs" && b.Version != "" && b.Summary != ""
	}
	if !found {
		t.Errorf("microbugs is not listed: %+v", benchmarks)
	}
	store := t.TempDir()
	r = harness(t, "benchmarks", "list", "microbugs", "--store", store, "--set", `where={class=["null", "return"]}`, "--format", "json").want(t, 0)
	var bugs []struct {
		ID, Path string
		Hunks    []struct{ Start, End int }
		Labels   map[string]string
	}
	if err := json.Unmarshal([]byte(r.stdout), &bugs); err != nil {
		t.Fatal(err)
	}
	classes := map[string]int{}
	for _, b := range bugs {
		classes[b.Labels["class"]]++
		if b.ID == "" || b.Path == "" || len(b.Hunks) == 0 || b.Labels["hunks"] == "" || b.Labels["lines"] == "" || b.Labels["functions"] == "" {
			t.Errorf("bug %+v lacks something", b)
		}
	}
	if len(classes) != 2 || classes["null"] == 0 || classes["return"] == 0 {
		t.Errorf("classes %v, want null and return", classes)
	}
	text := harness(t, "benchmarks", "list", "microbugs", "--store", store, "--bugs", "Clamp").want(t, 0).stdout
	for _, want := range []string{"Clamp/Clamp.java", "class=return", "hunks=single", "1 bugs"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %q:\n%s", want, text)
		}
	}
}

func TestBenchmarksMistakes(t *testing.T) {
	store := t.TempDir()
	file := study(t, small)
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"no such benchmark":        {[]string{"list", "microbug"}, []string{`Did you mean "microbugs"?`}},
		"no such attribute":        {[]string{"list", "microbugs", "--set", "sorce=x"}, []string{"sorce", "command line line 2"}},
		"not HCL":                  {[]string{"list", "microbugs", "--set", "where={"}, []string{"command line line "}},
		"not name=value":           {[]string{"check", "microbugs", "--set", "where"}, []string{"--set", "name=value"}},
		"no such driver":           {[]string{"check", "microbugs", "--sandbox", "chroot"}, []string{"chroot", "bubblewrap"}},
		"settings beside a study":  {[]string{"check", "microbugs", "--study", file, "--set", "a=b"}, []string{"--set and --study"}},
		"not the study's":          {[]string{"check", "quixbugs", "--study", file}, []string{`no benchmark "quixbugs"`, "microbugs"}},
		"export without a folder":  {[]string{"export", "microbugs"}, []string{"--to"}},
		"a format that is not one": {[]string{"check", "microbugs", "--format", "xml"}, []string{"xml"}},
	} {
		t.Run(name, func(t *testing.T) {
			harness(t, append(append([]string{"benchmarks"}, c.args...), "--store", store)...).want(t, 2).says(t, c.says...)
		})
	}
	// What is wrong with the wish for bugs is known once they were fetched.
	harness(t, "benchmarks", "list", "microbugs", "--store", store, "--bugs", "Clamp").want(t, 0)
	harness(t, "benchmarks", "list", "microbugs", "--store", store, "--bugs", "Clam").want(t, 2).says(t, `no bug "Clam"`)
	harness(t, "benchmarks", "export", "microbugs", "--to", t.TempDir(), "--store", store).want(t, 1).says(t, "does not have the ability Export")
}

// What a void says of other benchmarks is no matter of this one.
func TestOneBenchmarkOfAStudyWithVoids(t *testing.T) {
	voids := `
void "there" {
  reason = "its tests are others"
  where  = { benchmark = "second" }
  bugs   = ["Clam"]
}
`
	file, store := study(t, `
study "two" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
benchmark "microbugs" "first" {}
benchmark "quixbugs" "second" {}
sandbox "bubblewrap" {}
`+voids), t.TempDir()
	for range 2 { // before and after its bugs are known
		harness(t, "benchmarks", "list", "first", "--study", file, "--store", store, "--bugs", "Clamp").want(t, 0)
	}
}

// wishes is a study of what some bugs lack.
const wishes = `
study "wishes" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { where = { class = "nul", hunk = "single" } }
sandbox "bubblewrap" {}
`

// TestWishesForBugs: a study that wants labels in vain fails when the
// benchmark's bugs are known, at the very value where they are known before.
func TestWishesForBugs(t *testing.T) {
	t.Parallel()
	file, store := study(t, wishes), t.TempDir()
	says := []string{`class = "nul"`, "missing-case, null", `label "hunk"`, "functions, hunks"}
	harness(t, "plan", file, "--store", store).want(t, 0)
	harness(t, "run", file, "--store", store, "--quiet").want(t, 1).says(t, says...)
	harness(t, "plan", file, "--store", store).want(t, 2).says(t, append(says, "study.hcl line 5")...)
}

// severalHunks is a study of a bug in two places and one in one.
const severalHunks = `
study "hunks" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
benchmark "microbugs" "microbugs" { bugs = [%q, "Clamp"] }
sandbox "bubblewrap" {}
`

// TestPlanTellsOfBugsThatAModelCannotDo once the benchmark is fetched.
func TestPlanTellsOfBugsThatAModelCannotDo(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	var bugs []struct{ ID string }
	r := harness(t, "benchmarks", "list", "microbugs", "--store", t.TempDir(), "--set", `where={hunks="multiple"}`, "--format", "json").want(t, 0)
	if err := json.Unmarshal([]byte(r.stdout), &bugs); err != nil || len(bugs) == 0 {
		t.Fatalf("no bug of several hunks: %v", err)
	}
	file := study(t, fmt.Sprintf(severalHunks, bugs[0].ID))
	before := harness(t, "plan", file, "--store", store).want(t, 0).stdout
	if !strings.Contains(before, "microbugs: not fetched yet") {
		t.Errorf("the plan does not say that the bugs are not known yet:\n%s", before)
	}
	harness(t, "benchmarks", "list", "microbugs", "--study", file, "--store", store).want(t, 0)
	after := harness(t, "plan", file, "--store", store).want(t, 0).stdout
	want := "micro (base; prompt default) cannot be asked about 1 of 2 bugs of microbugs, which count as not attempted: the bug has 2 hunks; one is possible (1 bug: " + bugs[0].ID + ")"
	if !strings.Contains(after, want) || strings.Contains(after, "not fetched yet") {
		t.Errorf("the plan lacks %q:\n%s", want, after)
	}
}

// baseline is what the tests read of baseline.json.
type baseline struct {
	Machine struct{ OS string }
	Boxes   struct {
		Driver       string
		Environments map[string]string
	}
	Bugs []struct {
		Bug              string
		Buggy, Reference struct{ Outcome, Detail string }
		Unsound          string
	}
}

// portable writes bugs in the portable form of the quixbugs plugin: one that is sound
// and comes twice, one whose reference fix is wrong, one whose fix is too slow for its
// test, one that is none, one without tests.
func portable(t *testing.T) string {
	t.Helper()
	type file struct {
		Path string `json:"path"`
		Text string `json:"text"`
	}
	type hunk struct {
		Start int    `json:"start"`
		End   int    `json:"end"`
		Fixed string `json:"fixed"`
	}
	var lines []byte
	for id, lineOf := range map[string][2]string{
		"SOUND": {"n - 1", "n + 1"}, "UNFIXED": {"n - 1", "n + 2"}, "UNBROKEN": {"n + 1", "1 + n"}, "UNTESTED": {"n - 1", "n + 1"}, "SLOW": {"n - 1", "n + 1"},
	} {
		limit, sleep := "", ""
		if id == "SLOW" {
			limit, sleep = "(timeout = 50)", "Thread.sleep(60000); "
		}
		line := func(expression string) string { return "        return " + expression + ";\n" }
		bug := map[string]any{
			"id": id, "path": "java_programs/" + id + ".java",
			"file":  "package java_programs;\n\npublic class " + id + " {\n    public static int next(int n) {\n" + line(lineOf[0]) + "    }\n}\n",
			"hunks": []hunk{{5, 6, line(lineOf[1])}},
			"tests": []file{{"java_testcases/" + id + "_TEST.java", "package java_testcases;\n\nimport java_programs." + id + ";\n\npublic class " + id + "_TEST {\n" +
				"    @org.junit.Test" + limit + " public void next() throws Exception { " + sleep + "org.junit.Assert.assertEquals(2, " + id + ".next(1)); }\n}\n"}},
			"test_classes": []string{"java_testcases." + id + "_TEST"},
		}
		if id == "UNTESTED" {
			delete(bug, "tests")
		}
		text, err := json.Marshal(bug)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, text...), '\n')
		if id == "SOUND" {
			lines = append(append(lines, text...), '\n')
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "quixbugs.jsonl"), lines, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// unsound is a study of such bugs.
const unsound = `
study "unsound" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "none" "base" {}
benchmark "quixbugs" "some" { source = %q }
generate {
  beams          = 2
  candidates     = 2
  max_new_tokens = 8
}
sandbox "bubblewrap" {}
table "repairs" {
  rows    = ["model"]
  columns = ["bug.lines"]
  values  = ["judged@1", "unsound"]
}
`

// TestBugsThatDoNotBehave: they count for no model, and are named.
func TestBugsThatDoNotBehave(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	file, store := study(t, fmt.Sprintf(unsound, portable(t))), filepath.Join(t.TempDir(), "store")
	reasons := map[string]string{"SOUND": "", "UNFIXED": "its reference fix does not pass here: failed", "UNBROKEN": "its buggy version passes here", "UNTESTED": "it has no test",
		"SLOW": "neither of its versions could be judged here: error: the judge failed: java.lang.IllegalStateException: measure the reference fix: " +
			"it is too slow here: a test reached its own time limit; the first failure is next(java_testcases.SLOW_TEST)"}
	twice := "benchmark some: the bug SOUND appears 2 times, the same each time"

	// What the benchmark itself says is known once it is fetched.
	listed := harness(t, "benchmarks", "list", "some", "--study", file, "--store", store).want(t, 0).stdout
	planned := harness(t, "plan", file, "--store", store).want(t, 0).stdout
	for text, wanted := range map[string][]string{
		listed:  {"• UNTESTED cannot be judged: it has no test", "5 bugs", twice},
		planned: {"UNTESTED of some counts in no trial: it has no test", twice},
	} {
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not said:\n%s", want, text)
			}
		}
	}

	r := harness(t, "benchmarks", "check", "some", "--study", file, "--store", store, "--format", "json").want(t, 1).says(t, "4 of 5 bugs of some are unsound here")
	var record baseline
	if err := json.Unmarshal([]byte(r.stdout), &record); err != nil {
		t.Fatal(err)
	}
	if b := record.Boxes; record.Machine.OS == "" || b.Driver != "bubblewrap" || len(b.Environments) == 0 {
		t.Errorf("the machine is %+v, with %+v", record.Machine, b)
	}
	if len(record.Bugs) != 5 {
		t.Fatalf("%d bugs, want 5", len(record.Bugs))
	}
	for _, b := range record.Bugs {
		if want := reasons[b.Bug]; !strings.HasPrefix(b.Unsound, want) || (want == "") != (b.Unsound == "") {
			t.Errorf("%s: buggy %v, reference fix %v, unsound: %q, want %q", b.Bug, b.Buggy, b.Reference, b.Unsound, want)
		}
	}
	text := harness(t, "benchmarks", "check", "some", "--study", file, "--store", store).want(t, 1).stdout
	for _, want := range []string{"• UNFIXED: " + reasons["UNFIXED"], "• UNTESTED: " + reasons["UNTESTED"], "1 of 5 bugs fail as they are and pass with their fix", "baseline.json", twice} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}

	// The run takes the proof over.
	run := harness(t, "run", file, "--store", store).want(t, 0)
	if strings.Contains(run.stderr, "begin  baseline") {
		t.Errorf("the run proved the bugs again:\n%s", run.stderr)
	}
	if !strings.Contains(run.stdout, twice) {
		t.Errorf("%q is not said:\n%s", twice, run.stdout)
	}
	for bug, why := range reasons {
		if note := bug + " of some counts in no trial: " + why; strings.Contains(run.stdout, note) != (why != "") {
			t.Errorf("a note %q: %v\n%s", note, why == "", run.stdout)
		}
	}
	var report struct {
		Tables []struct{ Rows [][]string }
		Trials []struct {
			Metrics  map[string]float64
			Outcomes []struct {
				Bug, Unsound string
				Verdicts     []string
				Labels       map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(harness(t, "report", file, "--store", store, "--format", "json").want(t, 0).stdout), &report); err != nil {
		t.Fatal(err)
	}
	if m := report.Trials[0].Metrics; m["bugs"] != 5 || m["unsound"] != 4 || m["judged@1"] != 1 || m["errors"] != 0 {
		t.Errorf("metrics %v", m)
	}
	for _, o := range report.Trials[0].Outcomes {
		if o.Unsound == "" && o.Bug != "SOUND" || o.Labels["lines"] != "single" {
			t.Errorf("outcome %+v", o)
		}
		if o.Bug == "UNTESTED" && len(o.Verdicts) > 0 {
			t.Errorf("a model was asked about %s", o.Bug)
		}
		for _, v := range o.Verdicts {
			if (v == "error") != (o.Bug != "SOUND") {
				t.Errorf("%s: verdict %s", o.Bug, v)
			}
		}
	}
	if diff := cmp.Diff([][]string{{"micro", "1", "4"}}, report.Tables[0].Rows); diff != "" {
		t.Errorf("the table by labels of bugs (-want +got):\n%s", diff)
	}
}
