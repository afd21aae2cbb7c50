package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/protocol/client"
	"harness/core/sdk"
	"harness/core/sdk/jsonlines"
	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
)

func shared(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "..", "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared data is missing: put it beside the checkout: %v", err)
		}
		t.Skipf("the shared data is missing: put it beside the checkout: %v", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

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
	err := jsonlines.Each(t.Context(), shared(t, "benchmarks", name), func(_ int, data []byte) error {
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
		answers[r.Bug] = r.Candidates
		return nil
	})
	return answers, err
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", newReplay()) }

func TestRecordingsOfTheReplicationPackage(t *testing.T) {
	folder := shared(t, "replay", "peft4apr")
	m := plugintest.Model(t, newReplay())
	c := encode(t, config{Folder: "peft4apr", Files: map[string]string{
		"lora": "codellama-7b-hf__lora__apr__*.jsonl.gz", "ia3": "codellama-7b-hf__ia3__apr__*.jsonl.gz"}})
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
		answers, err := generate(t, m, &model.GenerateRequest{Config: c, BaseDir: base, AdapterName: "lora", Candidates: 10, Bugs: all})
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
			patched, err := m.Patch(t.Context(), &model.PatchRequest{Config: c, BaseDir: base, Bug: bug, Outputs: []string{answers[bug.Id][0].Output, ""}})
			if err != nil {
				t.Fatal(err)
			}
			edit := patched.Patches[0].Edits[0]
			if edit.Text != "\n"+answers[bug.Id][0].Output+"\n" || patched.Patches[1].Edits[0].Text != "\n\n" {
				t.Errorf("%s: the text is %q", bug.Id, edit.Text)
			}
			if edit.Start != bug.Function.Start || edit.End != bug.Function.End {
				t.Errorf("%s: lines %d to %d are replaced, its method is %v", bug.Id, edit.Start, edit.End, bug.Function)
			}
		}
	}
}

func TestPublishedVerdicts(t *testing.T) {
	folder := shared(t, "replay", "peft4apr")
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
	_, err = generate(t, m, &model.GenerateRequest{Config: c, AdapterName: "dora", Bugs: []*model.Bug{{Id: "BITCOUNT"}}})
	if err == nil || !strings.Contains(err.Error(), `no recording for the adapter "dora", but for lora`) {
		t.Errorf("got %v", err)
	}
}

const method = "class C {\n\n    // a comment\n    int f() {\n        return 1; /* buggy */\n    }\n    int g() { return 2; }\n}\n"

func TestPatch(t *testing.T) {
	line := func(bug, functionRange, input string) string {
		return fmt.Sprintf(`{"bug":%q,"function_range":%q,"input":%q,"outputs":[],"published":[]}`, bug, functionRange, input)
	}
	dir := t.TempDir()
	recording := strings.Join([]string{
		line("right", "4,5-6,5", "int f() {\n// buggy lines start\nreturn 1;\n// buggy lines end\n}"),
		line("shifted", "40,5-42,5", "int f() { return 1; }"),
		line("other text", "7,5-7,30", "int f() { return 3; }"),
	}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "r.jsonl"), []byte(recording), 0o644); err != nil {
		t.Fatal(err)
	}
	m := plugintest.Model(t, newReplay())
	for _, test := range []struct {
		bug        string
		function   *model.Span
		cut        bool
		output     string
		start, end int32
		text       string
	}{
		{"right", nil, false, "int f() {}", 4, 7, "\nint f() {}\n"},
		{"right", nil, true, "int f() {} // and so on {", 4, 7, "\nint f() {}\n"},
		{"right", nil, true, "no brace", 4, 7, "\nno brace\n"},
		{"shifted", &model.Span{Start: 1, End: 2}, false, "x", 4, 7, "\nx\n"},
		{"other text", &model.Span{Start: 4, End: 7}, false, "x", 4, 7, "\nx\n"},
		{"unknown", &model.Span{Start: 7, End: 8}, false, "x", 7, 8, "\nx\n"},
		{"unknown", nil, false, "x", 0, 0, ""},
	} {
		t.Run(test.bug, func(t *testing.T) {
			response, err := m.Patch(t.Context(), &model.PatchRequest{
				Config:  encode(t, config{Folder: ".", Files: map[string]string{"a": "r.jsonl"}, CutAfterBrace: test.cut}),
				BaseDir: dir,
				Bug:     &model.Bug{Id: test.bug, Text: method, Function: test.function}, Outputs: []string{test.output},
			})
			if err != nil {
				t.Fatal(err)
			}
			patch := response.Patches[0]
			if test.end == 0 {
				if patch.None == "" || len(patch.Edits) != 0 {
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

func TestResolveFindsMistakes(t *testing.T) {
	dir := t.TempDir()
	good := `{"bug":"B","function_range":"1,1-2,2","input":"x","outputs":["y"],"published":["wrong"]}`
	m := plugintest.Model(t, newReplay())
	resolve := func(c config) (string, error) {
		r, err := m.Resolve(t.Context(), &sdk.ResolveRequest{Config: encode(t, c), BaseDir: dir})
		return r.GetIdentity(), err
	}
	for content, want := range map[string]string{
		"{":                         "a.jsonl:1: this is not JSON",
		good + "\n\n" + `{"bug":3}`: `a.jsonl:3: the field "bug" holds a number`,
		good + "\n" + good:          "a.jsonl:2: the bug B is there twice",
		`{"bug":"B"}`:               `a.jsonl:1: bug B: the field "function_range" is ""`,
		strings.Replace(good, `["wrong"]`, `[]`, 1):        `1 "outputs" and 0 "published"`,
		strings.Replace(good, `["y"]`, `[null]`, 1):        "the output of rank 0 is null",
		strings.Replace(good, `"wrong"`, `"fantastic"`, 1): `the verdict of rank 0 is "fantastic"`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}}); err == nil || !strings.Contains(err.Error(), want) {
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
	one, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(good+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if two, err := resolve(config{Folder: ".", Files: map[string]string{"lora": "a.jsonl"}}); err != nil || one == two {
		t.Errorf("a changed file has the same identity: %s, %v", two, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"bug":"B","function_range":"1,1-2,2","input":"x","outputs":["y"],"published":["wrong"]}`))
	f.Add([]byte(`{"bug":"B","function_range":"99999999999,1-2,2"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(data)
		if err == nil && (r.Bug == "" || len(r.Outputs) != len(r.Published)) {
			t.Errorf("%q became %v", data, r)
		}
	})
}
