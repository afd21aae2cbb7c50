package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/protocol/client"
	"harness/core/sdk"
	"harness/core/sdk/javasource"
	"harness/core/sdk/jsonlines"
	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
)

func encode(t *testing.T, c config) []byte {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bugs returns the recorded benchmarks as their plugins would.
func bugs(t *testing.T, name string) []*model.Bug {
	t.Helper()
	var all []*model.Bug
	err := jsonlines.Each(t.Context(), needs.Shared(t, "benchmarks", name), func(_ int, data []byte) error {
		var line struct {
			ID       string
			File     string
			Function struct{ Start, End int32 }
		}
		if err := jsonlines.Decode(data, &line); err != nil {
			return err
		}
		all = append(all, &model.Bug{Id: line.ID, Text: line.File, Function: &model.Span{Start: line.Function.Start, End: line.Function.End}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func generate(t *testing.T, m *client.Model, request *model.GenerateRequest) (map[string][]*model.GeneratedCandidate, error) {
	t.Helper()
	answers := map[string][]*model.GeneratedCandidate{}
	err := m.Generate(t.Context(), request, func(r *model.GenerateResponse) error {
		if r.Recording == nil {
			answers[r.Bug] = r.Candidates
		}
		if r.Unrecorded != (r.Recording == nil && len(r.Candidates) == 0) {
			t.Errorf("bug %q has %d candidates; not recorded: %v", r.Bug, len(r.Candidates), r.Unrecorded)
		}
		return nil
	})
	return answers, err
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", newReplay()) }

func TestRecordingsOfTheReplicationPackage(t *testing.T) {
	folder := needs.Shared(t, "replay", "peft4apr")
	m := plugintest.Model(t, newReplay())
	c := encode(t, config{Folder: "peft4apr", Files: map[string]string{
		"lora": "codellama-7b-hf__lora__apr__*.jsonl.gz",
	}})
	base := filepath.Dir(folder)
	resolved, err := m.Resolve(t.Context(), &sdk.ResolveRequest{Config: c, BaseDir: base})
	if err != nil || !strings.HasPrefix(resolved.Identity, "sha256:") {
		t.Fatalf("resolving: %v, %v", resolved, err)
	}
	for name, count := range map[string]int{"quixbugs.jsonl": 40, "humanevaljava.jsonl": 163} {
		all := bugs(t, name)
		if len(all) != count {
			t.Fatalf("%s has %d bugs", name, len(all))
		}
		all = append(all, &model.Bug{Id: "NOT_RECORDED"})
		answers, err := generate(t, m, &model.GenerateRequest{Config: c, BaseDir: base, AdapterName: "lora", PromptName: "any", Candidates: 10, Bugs: all})
		if err != nil {
			t.Fatal(err)
		}
		if answers["NOT_RECORDED"] != nil || len(answers) != count+1 {
			t.Errorf("%s: %d answers", name, len(answers))
		}
		for _, bug := range all[:count] {
			if len(answers[bug.Id]) != 10 {
				t.Errorf("%s has %d candidates", bug.Id, len(answers[bug.Id]))
			}
			for _, a := range answers[bug.Id] {
				edit := a.Patch.Edits[0]
				if edit.Text != "\n"+a.Output+"\n" || edit.Start != bug.Function.Start || edit.End != bug.Function.End {
					t.Errorf("%s: %v; its method is %v", bug.Id, edit, bug.Function)
				}
			}
		}
	}
}

func TestPublishedVerdicts(t *testing.T) {
	folder := needs.Shared(t, "replay", "peft4apr")
	m := plugintest.Model(t, newReplay())
	c := encode(t, config{Folder: folder, Files: map[string]string{"lora": "codellama-7b-hf__lora__apr__quixbugs.jsonl.gz"}})
	answers, err := generate(t, m, &model.GenerateRequest{Config: c, AdapterName: "lora", Candidates: 2, Bugs: []*model.Bug{{Id: "BITCOUNT"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := answers["BITCOUNT"]
	if len(got) != 2 || got[0].PublishedVerdict != "wrong" || got[1].PublishedVerdict != "plausible" || !strings.Contains(got[1].Output, "Integer.bitCount") {
		t.Errorf("got %v", got)
	}
	_, err = generate(t, m, &model.GenerateRequest{Config: c, AdapterName: "dora", PromptName: "p", Bugs: []*model.Bug{{Id: "BITCOUNT"}}})
	if err == nil || !strings.Contains(err.Error(), `no recording for the adapter "dora" with the prompt "p", only for lora`) {
		t.Errorf("got %v", err)
	}
}

// clm is how CLM saw a bug, in the lines of the program here.
type clm struct {
	ID       string
	File     string
	HeadFile string `json:"head_file"`
	Function javasource.Span
	CLM      struct{ Hunk javasource.Span }
}

// hunk is the text that CLM's candidates replace.
func (b clm) hunk() string {
	lines := strings.Split(b.File, "\n")
	return strings.Join(lines[b.CLM.Hunk.Start-1:b.CLM.Hunk.End-1], "\n")
}

func span(s javasource.Span) *model.Span {
	return &model.Span{Start: int32(s.Start), End: int32(s.End)}
}

// Every candidate of CLM goes where CLM put it, whatever the model and variant;
// and in upstream's newest texts, where lines have moved, to the same code.
func TestRecordingsOfCLM(t *testing.T) {
	folder := needs.Shared(t, "replay")
	m := plugintest.Model(t, newReplay())
	candidates := 0
	for _, family := range []string{"codet5-small", "codegen-350M"} {
		c := encode(t, config{Folder: folder, Files: map[string]string{
			"none/without": "*_" + family + "_without-buggy-lines.jsonl.gz",
			"none":         "*_" + family + "_with-buggy-lines.jsonl.gz",
			"full/with":    "*_" + family + "_finetuned.jsonl.gz",
		}})
		if _, err := m.Resolve(t.Context(), &sdk.ResolveRequest{Config: c}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"quixbugs.jsonl", "humanevaljava.jsonl"} {
			bugs := map[string]clm{}
			err := jsonlines.Each(t.Context(), needs.Shared(t, "benchmarks", name), func(_ int, data []byte) error {
				var b clm
				err := jsonlines.Decode(data, &b)
				bugs[b.ID] = b
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for trial, function := range map[[2]string]bool{{"none", "without"}: family == "codegen-350M", {"none", "with"}: family == "codegen-350M", {"full", "with"}: false} {
				for _, head := range []bool{false, true} {
					var asked []*model.Bug
					for _, b := range bugs {
						switch {
						case !head:
							asked = append(asked, &model.Bug{Id: b.ID, Text: b.File, Function: span(b.Function)})
						case b.HeadFile != "":
							bug := &model.Bug{Id: b.ID, Text: b.HeadFile}
							if found := javasource.Find(b.HeadFile, b.hunk()); len(found) > 0 {
								method, _ := javasource.Innermost(b.HeadFile, found[0])
								bug.Function = span(method)
							}
							asked = append(asked, bug)
						}
					}
					answers, err := generate(t, m, &model.GenerateRequest{Config: c, AdapterName: trial[0], PromptName: trial[1], Bugs: asked})
					if err != nil {
						t.Fatal(err)
					}
					for _, bug := range asked {
						b := bugs[bug.Id]
						want := []*model.Span{span(b.CLM.Hunk)}
						switch {
						case function:
							want = []*model.Span{bug.Function}
						case head:
							want = nil
							for _, found := range javasource.Find(b.HeadFile, b.hunk()) {
								want = append(want, span(found))
							}
						}
						for rank, a := range answers[bug.Id] {
							candidates++
							if a.Patch.Unplaced != "" {
								if len(want) > 0 && want[0] != nil {
									t.Errorf("%s, %v, %s, rank %d: no place, want %v", family, trial, bug.Id, rank+1, want)
								}
								continue
							}
							edit := a.Patch.Edits[0]
							fits := slices.ContainsFunc(want, func(s *model.Span) bool { return edit.Start == s.GetStart() && edit.End == s.GetEnd() })
							if !fits || edit.Text != strings.TrimSpace(a.Output) {
								t.Errorf("%s, %v, %s, rank %d: %v, want lines %v", family, trial, bug.Id, rank+1, edit, want)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d candidates placed", candidates)
}

const program = "class C {\n\n    // a comment\n    int f() {\n        return 1; /* buggy */\n    }\n    int g() { return 2; }\n}\n"

// write writes files into a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPlaces(t *testing.T) {
	whole := func(bug, functionRange, input, output string) string {
		return fmt.Sprintf(`{"bug":%q,"function_range":%q,"input":%q,"outputs":[%q],"published":["wrong"]}`, bug, functionRange, input, output)
	}
	one := func(bug, patch string) string {
		return fmt.Sprintf(`{"bug":%q,"rank":1,"output":"raw","patch":%q,"verdict":"timeout"}`, bug, patch)
	}
	dir := write(t, map[string]string{
		"methods.jsonl": strings.Join([]string{
			whole("right", "4,5-6,5", "int f() {\n// buggy lines start\nreturn 1;\n// buggy lines end\n}", "int f() {} // and so on {"),
			whole("shifted", "40,5-42,5", "int f() { return 1; }", "x"),
			whole("other text", "7,5-7,30", "int f() { return 3; }", "x"),
			whole("unknown", "7,5-7,30", "int f() { return 3; }", "x"),
		}, "\n"),
		"hunks.jsonl": strings.Join([]string{
			one("right", "  return 2; // two \n"), one("shifted", ""), one("moved", "x"), one("other text", "x"), one("no prompt", "x"), one("other buggy line", "x"),
			one("outside", "x"),
		}, "\n"),
		"functions.jsonl": one("right", "int f() { }\n"),
		"defects4j.jsonl": one("right", "  return 2; // two \n"),
		"index.json": `{"files": {
			"hunks.jsonl": {"kind": "candidates", "benchmark": "b", "family": "f", "applies_to": "hunk"},
			"functions.jsonl": {"kind": "candidates", "benchmark": "b", "family": "f", "applies_to": "function"},
			"defects4j.jsonl": {"kind": "candidates", "benchmark": "defects4j", "family": "f", "applies_to": "hunk"},
			"p4.jsonl": {"kind": "prompts", "benchmark": "defects4j", "family": "f"},
			"p1.jsonl": {"kind": "prompts", "benchmark": "b", "family": "f"},
			"p2.jsonl": {"kind": "prompts", "benchmark": "b", "family": "f"},
			"p3.jsonl": {"kind": "prompts", "benchmark": "b", "family": "other"}
		}, "note": 1}`,
		"p1.jsonl": strings.Join([]string{
			`{"bug":"right","loc":"5-6","prompt":"int f() {\n</s>    return 1;\n</s>}\n"}`,
			`{"bug":"shifted","loc":"15-15","function_range":"14,5-16,5","prompt":"int f() {\n// buggy line:  return 1;\n"}`,
			`{"bug":"moved","loc":"1-2","prompt":"// buggy lines start:\nreturn 1;\n// buggy lines end:\n}\n// fixed lines: \n"}`,
			`{"bug":"other text","loc":"5-6","prompt":"int f() {\n</s>    return 0;\n</s>a++; }\n"}`,
			`{"bug":"no prompt","loc":"2-4"}`,
			`{"bug":"other buggy line","loc":"15-16","function_range":"14,5-16,5","prompt":"int f() {\n<extra_id_0>\n}"}`,
			`{"bug":"outside","loc":"8-20"}`,
		}, "\n"),
		"p2.jsonl": `{"bug":"right","loc":"5-6","prompt":"int f() {"}`,
		"p3.jsonl": "{",
		"p4.jsonl": `{"bug":"right","loc":"5-6"}`,
	})
	m := plugintest.Model(t, newReplay())
	for _, test := range []struct {
		file, bug  string
		function   *model.Span
		cut        bool
		start, end int32 // 0: none
		text       string
	}{
		{"methods.jsonl", "right", nil, false, 4, 7, "\nint f() {} // and so on {\n"},
		{"methods.jsonl", "right", nil, true, 4, 7, "\nint f() {}\n"},
		{"methods.jsonl", "shifted", &model.Span{Start: 1, End: 2}, true, 4, 7, "\nx\n"},
		{"methods.jsonl", "other text", &model.Span{Start: 4, End: 7}, false, 4, 7, "\nx\n"},
		{"methods.jsonl", "unknown", nil, false, 0, 0, "neither the recording nor the benchmark says"},
		{"functions.jsonl", "right", &model.Span{Start: 4, End: 7}, false, 4, 7, "int f() { }"},
		{"functions.jsonl", "right", nil, false, 0, 0, "neither the recording nor the benchmark says"},
		{"hunks.jsonl", "right", nil, true, 5, 6, "return 2; // two"},
		{"defects4j.jsonl", "right", nil, false, 5, 6, "return 2; // two\n"},
		{"hunks.jsonl", "shifted", &model.Span{Start: 4, End: 7}, false, 5, 6, ""},
		{"hunks.jsonl", "moved", nil, false, 5, 6, "x"},
		{"hunks.jsonl", "other text", &model.Span{Start: 4, End: 7}, false, 0, 0, "are not in this copy"},
		{"hunks.jsonl", "no prompt", nil, false, 2, 4, "x"},
		{"hunks.jsonl", "other buggy line", &model.Span{Start: 4, End: 7}, false, 5, 6, "x"},
		{"hunks.jsonl", "other buggy line", &model.Span{Start: 3, End: 7}, false, 0, 0, "are not in this copy"},
		{"hunks.jsonl", "outside", nil, false, 0, 0, "are not in this copy"},
	} {
		t.Run(test.file+" "+test.bug, func(t *testing.T) {
			answers, err := generate(t, m, &model.GenerateRequest{
				Config:  encode(t, config{Folder: ".", Files: map[string]string{"a": test.file}, CutAfterBrace: test.cut}),
				BaseDir: dir, AdapterName: "a", Bugs: []*model.Bug{{Id: test.bug, Text: program, Function: test.function}},
			})
			if err != nil || len(answers[test.bug]) != 1 {
				t.Fatalf("got %v, %v", answers, err)
			}
			patch := answers[test.bug][0].Patch
			if test.end == 0 {
				if !strings.Contains(patch.Unplaced, test.text) || patch.None != "" || len(patch.Edits) != 0 {
					t.Errorf("got %v", patch)
				}
				return
			}
			if e := patch.Edits[0]; e.Start != test.start || e.End != test.end || e.Text != test.text {
				t.Errorf("got %v", e)
			}
		})
	}
}

// Candidates without a published verdict are candidates like others.
func TestCandidatesWithoutVerdicts(t *testing.T) {
	dir := write(t, map[string]string{
		"r.jsonl": `{"bug":"A","rank":1,"patch":"x","verdict":null}
			{"bug":"B","rank":1,"patch":"x"}
			{"bug":"B","rank":2,"patch":"y","verdict":"wrong"}
			{"bug":"C","rank":1,"patch":"x"}`,
		"p.jsonl":    `{"bug":"A","loc":"1-2"}` + "\n" + `{"bug":"B","loc":"1-2"}`,
		"index.json": `{"files": {"r.jsonl": {"applies_to": "hunk"}, "p.jsonl": {"kind": "prompts"}}}`,
		"m.jsonl": `{"bug":"A","function_range":"1,1-2,2","input":"x","outputs":["y"],"published":[null]}
			{"bug":"B","function_range":"1,1-2,2","input":"x","outputs":["y","z"],"published":[null,"wrong"]}
			{"bug":"C","function_range":"1,1-2,2","input":"x","outputs":["y"]}`,
	})
	m := plugintest.Model(t, newReplay())
	for _, file := range []string{"r.jsonl", "m.jsonl"} {
		answers, err := generate(t, m, &model.GenerateRequest{
			Config: encode(t, config{Folder: dir, Files: map[string]string{"a": file}}), AdapterName: "a",
			Bugs: []*model.Bug{{Id: "A", Text: program}, {Id: "B", Text: program}, {Id: "C", Text: program}, {Id: "D", Text: program}},
		})
		if err != nil {
			t.Fatal(err)
		}
		verdicts := map[string][]string{}
		for bug, candidates := range answers {
			verdicts[bug] = []string{}
			for _, c := range candidates {
				verdicts[bug] = append(verdicts[bug], c.PublishedVerdict)
			}
		}
		if diff := cmp.Diff(map[string][]string{"A": {""}, "B": {"", "wrong"}, "C": {""}, "D": {}}, verdicts); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		if c := answers["C"]; file == "r.jsonl" && !strings.Contains(c[0].Patch.Unplaced, "no file of prompts") {
			t.Errorf("C: %v", c)
		}
	}
}

// The recordings are named with all their bugs, whatever is asked about.
func TestRecordingsAreNamed(t *testing.T) {
	line := func(bug string) string {
		return fmt.Sprintf(`{"bug":%q,"function_range":"1,1-2,2","input":"x","outputs":["y"]}`, bug)
	}
	dir := write(t, map[string]string{"a1.jsonl": line("B") + "\n" + line("A"), "a2.jsonl": line("X")})
	m := plugintest.Model(t, newReplay())
	named := map[string][]string{}
	err := m.Generate(t.Context(), &model.GenerateRequest{Config: encode(t, config{Folder: dir, Files: map[string]string{"a": "a*.jsonl"}}), AdapterName: "a"},
		func(r *model.GenerateResponse) error {
			named[r.GetRecording().GetName()] = r.GetRecording().GetBugs()
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"a1.jsonl": {"A", "B"}, "a2.jsonl": {"X"}}, named); diff != "" {
		t.Error(diff)
	}
}

func TestResolveFindsMistakes(t *testing.T) {
	dir := t.TempDir()
	good := `{"bug":"B","function_range":"1,1-2,2","input":"x","outputs":["y"],"published":["wrong"]}`
	m := plugintest.Model(t, newReplay())
	resolve := func(c config) (string, error) {
		r, err := m.Resolve(t.Context(), &sdk.ResolveRequest{Config: encode(t, c), BaseDir: dir})
		return r.GetIdentity(), err
	}
	one := `{"bug":"B","rank":1,"patch":"x","verdict":"wrong"}`
	for content, want := range map[string]string{
		"{":                         "a.jsonl:1: this is not JSON",
		good + "\n\n" + `{"bug":3}`: `a.jsonl:3: the field "bug" holds a number`,
		good + "\n" + good:          "a.jsonl:2: the bug B appears twice",
		`{"bug":"B"}`:               `a.jsonl:1: bug B: the field "function_range" is ""`,
		strings.Replace(good, `["wrong"]`, `[]`, 1):        `1 "outputs" and 0 "published"`,
		strings.Replace(good, `["y"]`, `[null]`, 1):        "the output of rank 1 is null",
		strings.Replace(good, `"wrong"`, `"fantastic"`, 1): `the verdict of rank 1 is "fantastic"`,
		strings.Replace(one, `"wrong"`, `"fantastic"`, 1):  `the verdict of rank 1 is "fantastic"`,
		strings.Replace(one, `"x"`, `null`, 1):             `the field "patch" is missing`,
		one + "\n" + one:                                   "rank is 1, expected 2",
		strings.Replace(one, `1`, `-1`, 1):                 "rank is -1, expected 1",
		one + "\n" + good:                                  "mixes lines",
		good + "\n" + one:                                  "mixes lines",
		one:                                                "the folder's index.json, which says what the patches replace",
	} {
		if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot %v, want %q", content, err, want)
		}
	}
	for content, want := range map[string]string{
		"{":                          "index.json: this is not JSON",
		`{"files": []}`:              `index.json: the field "files" holds a array`,
		`{"files": {"b.jsonl": {}}}`: `index.json: "applies_to" of a.jsonl is ""`,
		`{"files": {"a.jsonl": {"applies_to": "hunk"}}}`:                                                                 "a.jsonl: no file of prompts says which lines the patches of B replace",
		`{"files": {"a.jsonl": {"applies_to": "hunk"}, "no.jsonl": {"kind": "prompts"}}}`:                                "no.jsonl: no such file",
		`{"files": {"a.jsonl": {"applies_to": "hunk"}, "bad.jsonl": {"kind": "prompts"}}}`:                               `bad.jsonl:1: bug "B": the field "loc" is "x", not like "12-14"`,
		`{"files": {"a.jsonl": {"applies_to": "hunk"}, "back.jsonl": {"kind": "prompts"}}}`:                              `the end of the lines 5-3 is before their start`,
		`{"files": {"a.jsonl": {"applies_to": "hunk"}, "p.jsonl": {"kind": "prompts"}, "q.jsonl": {"kind": "prompts"}}}`: "q.jsonl: the bug B is on different lines",
	} {
		folder := write(t, map[string]string{
			"a.jsonl": one, "index.json": content, "bad.jsonl": `{"bug":"B","loc":"x"}`, "back.jsonl": `{"bug":"B","loc":"5-3"}`,
			"p.jsonl": `{"bug":"B","loc":"1-2"}`, "q.jsonl": `{"bug":"B","loc":"2-3"}`,
		})
		if _, err := resolve(config{Folder: folder, Files: map[string]string{"lora": "a.jsonl"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot %v, want %q", content, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.jsonl"), []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]config{
		"There is no folder":                   {Folder: "missing", Files: map[string]string{"lora": "a.jsonl"}},
		"Name a file for at least one adapter": {Folder: "."},
		"there is no file c*.jsonl":            {Folder: ".", Files: map[string]string{"lora": "c*.jsonl"}},
		"does not name files in the folder":    {Folder: ".", Files: map[string]string{"lora": "../a.jsonl"}},
		"is in both a.jsonl and b.jsonl":       {Folder: ".", Files: map[string]string{"lora": "*.jsonl"}},
	} {
		if _, err := resolve(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	before, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(good+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if after, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}}); err != nil || before == after {
		t.Errorf("a changed file has the same identity: %s, %v", after, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"bug":"B","function_range":"1,1-2,2","input":"x","outputs":["y"],"published":["wrong"]}`))
	f.Add([]byte(`{"bug":"B","function_range":"99999999999,1-2,2"}`))
	f.Add([]byte(`{"bug":"B","rank":1,"patch":"x","verdict":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, r, err := parse(data)
		if err != nil {
			return
		}
		if l.Bug == "" || l.Rank != nil && len(r.candidates) != 1 || l.Rank == nil && r.target == nil {
			t.Errorf("%q became %v", data, r)
		}
		for _, c := range r.candidates {
			if c.verdict != "" && !known(c.verdict) {
				t.Errorf("%q became %v", data, r)
			}
		}
	})
}

// Whatever a recording says, an edit fits into the program.
func FuzzPlaces(f *testing.F) {
	f.Add(program, 5, 6, 4, "return 1;", 4)
	f.Add(program, 1, 2, 40, "", 0)
	f.Fuzz(func(t *testing.T, text string, from, to, function int, buggy string, first int) {
		if from < 1 || to <= from || first < 0 || from|to|function|first > 1<<30 {
			return
		}
		bug := &model.Bug{Text: text, Function: &model.Span{Start: int32(first), End: int32(first) + 1}}
		lines := strings.Count(text, "\n") + 1
		at := javasource.Span{Start: from, End: to}
		for _, where := range []target{
			hunk{lines: at, function: function}, hunk{at, function, parsePrompt(buggy)}, hunk{at, function, shown{&buggy, &buggy, &buggy}}, method{buggy, from},
		} {
			found, problem := where.find(bug)
			if _, own := where.(method); own && found.Start == first { // the benchmark's own, which the host checks
				continue
			}
			if problem == "" && (found.Start < 1 || found.End < found.Start || found.End > lines+1) {
				t.Errorf("%#v: %v in %d lines", where, found, lines)
			}
		}
	})
}
