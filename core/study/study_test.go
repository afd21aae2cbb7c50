package study_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/protocol/harnesspb"
	"harness/core/study"
)

var update = flag.Bool("update", false, "rewrite the expected files in testdata")

// TestCases loads every testdata/*.hcl and compares with the file beside it: NAME.json for the study that comes of it,
// NAME.txt for its diagnostics. Lines "# --var name=value" and "# --var-file FILE" in a case are its command line.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hcl"), func(t *testing.T) {
			s, text := load(t, file, commandLine(t, file))
			base := strings.TrimSuffix(file, ".hcl")
			compare(t, base+".txt", text)
			var object string
			if s != nil {
				object = marshal(t, s)
			}
			compare(t, base+".json", object)
		})
	}
}

var commandPattern = regexp.MustCompile(`(?m)^# (--var|--var-file) (.*)$`)

func commandLine(t *testing.T, file string) study.Options {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts, files []string
	for _, m := range commandPattern.FindAllStringSubmatch(string(source), -1) {
		if m[1] == "--var" {
			texts = append(texts, m[2])
			continue
		}
		files = append(files, filepath.Join("testdata", m[2]))
	}
	variables, err := study.ParseVariables(texts)
	if err != nil {
		t.Fatal(err)
	}
	return study.Options{Variables: variables, VarFiles: files}
}

func load(t *testing.T, file string, options study.Options) (*study.Study, string) {
	t.Helper()
	if options.Plugins == nil {
		options.Plugins = plugins()
	}
	s, sources, diagnostics := study.Load(t.Context(), file, options)
	if (s == nil) != diagnostics.HasErrors() {
		t.Errorf("a study and errors exclude each other; study: %v, errors: %v", s != nil, diagnostics)
	}
	for _, d := range diagnostics {
		if n := len(strings.Fields(d.Summary)); n == 0 || n > 8 {
			t.Errorf("the summary %q has %d words", d.Summary, n)
		}
		if d.Detail == "" {
			t.Errorf("%q has no detail", d.Summary)
		}
	}
	var text bytes.Buffer
	if err := sources.WriteDiagnostics(&text, diagnostics, 0, false); err != nil {
		t.Fatal(err)
	}
	return s, text.String()
}

func marshal(t *testing.T, s *study.Study) string {
	t.Helper()
	scrubbed := *s
	if !filepath.IsAbs(s.Dir) {
		t.Errorf("the folder %q is not absolute", s.Dir)
	}
	scrubbed.Dir = filepath.Base(s.Dir)
	text, err := json.MarshalIndent(scrubbed, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// compare compares with a golden file, which is absent where nothing is expected.
func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		var err error
		if got == "" {
			err = os.RemoveAll(golden)
		} else {
			err = os.WriteFile(golden, []byte(got), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; -update rewrites it):\n%s", golden, diff)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "study.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMeaningNotText(t *testing.T) {
	const tight = `
study "s" { seed = 3 }
model "codegen" "m" { source = "ckpt" }
adapter "lora" "a" {
  rank = 4
  dropout = 0.3
}
dataset "jsonl" "d" { path = "p" }
train {
  dataset = dataset.jsonl.d
  grid {
    learning_rate = [0.0001]
    epochs = [1, 2]
  }
}
`
	const loose = `# a comment
train { /* another */
  grid {
    epochs        = range(1, 3)
    learning_rate = [ for e in [4] : pow(10, -e) ]
  }

  dataset = local.data
}
locals { data = dataset.jsonl.d }
dataset "jsonl" "d" { path = format("%s", "p") }
adapter "lora" "a" {
  dropout = 0.1 + 0.2
  rank    = 8 / 2
}
model "codegen" "m" { source = "ckpt" }
study "s" { seed = local.three }
locals { three = 3 }
`
	var texts []string
	for _, source := range []string{tight, loose} {
		s, text := load(t, write(t, source), study.Options{})
		if s == nil {
			t.Fatal(text)
		}
		s.File, s.Dir = "", "/"
		texts = append(texts, marshal(t, s))
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		t.Errorf("two ways to say the same differ:\n%s", diff)
	}
}

func TestUnreadableFiles(t *testing.T) {
	folder := t.TempDir()
	put := func(name string, content []byte) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	big := put("big.hcl", bytes.Repeat([]byte("# comment\n"), 200_000))
	for name, test := range map[string]struct{ file, want string }{
		"no file":           {filepath.Join(folder, "none.hcl"), "there is no such file"},
		"a folder":          {folder, "it is a folder, not a file"},
		"too big":           {big, "larger than 1048576 bytes"},
		"a device":          {os.DevNull, "not a regular file"},
		"not text":          {put("binary", []byte("\x7fELF\x02\x01\xff\xfe")), "bytes that are no UTF-8 text"},
		"another language":  {put("main.go", []byte("package main\n\nfunc main() { println(1) }\n")), "Error: "},
		"deep brackets":     {put("deep", []byte("a = "+strings.Repeat("(", 30_000))), "nest deeper than 200"},
		"deep operators":    {put("bang", []byte("a = "+strings.Repeat("!", 30_000)+"true")), "more than 2000 parts"},
		"deep across lines": {put("lines", []byte("a = ("+strings.Repeat("!\n", 30_000)+"true)")), "more than 2000 parts"},
		"deep templates":    {put("quote", []byte("a = "+strings.Repeat(`"${`, 30_000))), "nest deeper than 200"},
		"deep directives":   {put("if", []byte(`a = "`+strings.Repeat(`%{if true}`, 90_000)+`"`)), "Error: "},
		"a huge number":     {put("huge", []byte("a = \"${1e999999999}\"")), "beyond 1.8e308"},
		"a tiny number":     {put("tiny", []byte("a = \"${1e-999999999}\"")), "closer to 0"},
		"long sum":          {put("sum", []byte("a = 1"+strings.Repeat("+1", 30_000))), "more than 2000 parts"},
	} {
		t.Run(name, func(t *testing.T) {
			if s, text := load(t, test.file, study.Options{}); s != nil || !strings.Contains(text, test.want) {
				t.Errorf("expected a diagnostic with %q, found:\n%s", test.want, text)
			}
		})
	}
}

func TestLongChainsOfReferences(t *testing.T) {
	var b strings.Builder
	b.WriteString("study \"s\" { seed = local.x0 }\nmodel \"codegen\" \"m\" { source = \"c\" }\nadapter \"none\" \"n\" {}\n" +
		"benchmark \"microbugs\" \"b\" {}\nsandbox \"auto\" {}\nlocals {\n")
	const length = 30_000
	for i := range length {
		b.WriteString("x" + itoa(i) + " = local.x" + itoa(i+1) + "\n")
	}
	b.WriteString("x" + itoa(length) + " = 7\n}\n")
	s, text := load(t, write(t, b.String()), study.Options{})
	if s == nil || s.Seed != 7 {
		t.Fatalf("expected the seed 7, found %+v:\n%s", s, text)
	}
}

func itoa(i int) string { text, _ := json.Marshal(i); return string(text) }

func TestPluginDiagnosticsFindTheirPlace(t *testing.T) {
	s, text := load(t, "testdata/kitchen.hcl", study.Options{})
	if s == nil {
		t.Fatal(text)
	}
	block := s.Datasets[0]
	source, err := os.ReadFile("testdata/kitchen.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                 `dataset "kitchen" "full"`,
		"tags":             `["b", "a", "b"]`,
		"shape.height":     "1.5",
		"shape.none":       `{ height = 1.5, width = "2" }`,
		"oven.heat":        "180",
		"oven":             "oven",
		"pot.0":            "pot",
		"pot.1.litres":     "2 + 3",
		"pot.7":            "pot",
		"weights":          `dataset "kitchen" "full"`, // a default stands nowhere
		"no.such.thing.at": `dataset "kitchen" "full"`,
		"any.1.deep":       "[true]",
	} {
		var steps []string
		if path != "" {
			steps = strings.Split(path, ".")
		}
		d := block.Diagnostic(&harnesspb.Diagnostic{Summary: "Bad", Detail: "It is bad.", Path: steps})
		if got := string(d.Subject.SliceBytes(source)); got != want || d.Summary != "Bad" || d.Detail != "It is bad." {
			t.Errorf("path %q leads to %q, expected %q", path, got, want)
		}
	}
}

func TestParseVariables(t *testing.T) {
	got, err := study.ParseVariables([]string{"a=1", "b=x=y", "a=2", "c="})
	if diff := cmp.Diff(map[string]string{"a": "2", "b": "x=y", "c": ""}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, bad := range []string{"", "a", "=1", "1a=2", "a b=3"} {
		if _, err := study.ParseVariables([]string{bad}); err == nil || !strings.Contains(err.Error(), "--var") {
			t.Errorf("%q: expected an error that names --var, found %v", bad, err)
		}
	}
}
