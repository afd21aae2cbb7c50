package main_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/pluginhost"
	lang "harness/core/study"
)

var update = flag.Bool("update", false, "rewrite help/reference and the expected files in testdata")

// TestReference: help/reference is what `harness docs` writes. "go test ./core/cmd/harness -run TestReference -update"
// writes it again.
func TestReference(t *testing.T) {
	const committed = "help/reference"
	dir := filepath.Join(t.TempDir(), "reference")
	harness(t, "docs", "--to", dir).want(t, 0)
	if *update {
		if err := os.RemoveAll(committed); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(committed, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	want, got := readFolder(t, committed), readFolder(t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the reference is out of date; rewrite it with -update (-committed +now):\n%s", diff)
	}
	whole := harness(t, "docs").want(t, 0).stdout
	for name, text := range got {
		if !strings.Contains(whole, text) {
			t.Errorf("standard output lacks the page %s", name)
		}
	}
	if page := harness(t, "docs", "train").want(t, 0).stdout; page != got["train.md"] {
		t.Errorf("harness docs train differs from train.md:\n%s", cmp.Diff(got["train.md"], page))
	}
	harness(t, "docs", "--to", dir).want(t, 2).says(t, "the folder is not empty")
	harness(t, "docs", "trian").want(t, 2).says(t, `no block "trian"; did you mean "train"?`)
	harness(t, "docs", "train", "--to", dir).want(t, 2).says(t, "leave train out")
}

func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

func TestPluginsShow(t *testing.T) {
	reference := readFolder(t, "help/reference")
	for argument, page := range map[string]string{
		"lora": "adapter-lora.md", "adapter/lora": "adapter-lora.md", "model/codet5": "model-codet5.md", "gomlx": "engine-gomlx.md",
	} {
		shown := harness(t, "plugins", "show", argument).want(t, 0).stdout
		described, _, _ := strings.Cut(reference[page], "\nAttributes of every ")
		if !strings.HasPrefix(shown, described) || !strings.Contains(shown, "\nVersion ") || !strings.Contains(shown, "\nsha256 ") {
			t.Errorf("%s is shown as\n%s\nexpected %s, version and checksum", argument, shown, page)
		}
	}
	for argument, message := range map[string]string{
		"lorra":       `no plugin is called "lorra"; did you mean "lora"?`,
		"model/lora":  `no plugin is called "model/lora"`,
		"adaptr/lora": `no kind of plugin is called "adaptr"`,
	} {
		harness(t, "plugins", "show", argument).want(t, 2).says(t, message)
	}
	if json := harness(t, "plugins", "show", "lora", "--format", "json").want(t, 0).stdout; !strings.Contains(json, `"description": {`) {
		t.Errorf("JSON without a description:\n%s", json)
	}
}

// TestPluginsAreDescribed: every attribute and block of the plugins that the project brings has a description in sentences.
func TestPluginsAreDescribed(t *testing.T) {
	host := pluginhost.New(pluginhost.Options{Dirs: []string{bin}})
	defer host.Close()
	infos, err := host.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sentence := func(where, text string) {
		if !regexp.MustCompile(`^[A-Z].*\.$`).MatchString(text) {
			t.Errorf("%s: the description %q is not a sentence", where, text)
		}
	}
	var check func(where string, body lang.BodyReference)
	check = func(where string, body lang.BodyReference) {
		for _, a := range body.Attributes {
			sentence(where+"."+a.Name, a.Description)
		}
		for _, b := range body.Blocks {
			sentence(where+"."+b.Name, b.Description)
			check(where+"."+b.Name, b.Body)
		}
	}
	for _, info := range infos {
		description, err := host.Describe(t.Context(), info.Kind, info.Name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := lang.PluginReference(description)
		if err != nil {
			t.Fatal(err)
		}
		where := info.Kind + "/" + info.Name
		sentence(where, description.GetSummary())
		check(where, body)
	}
}

// TestPluginsOfOneName: a name that plugins of two kinds have needs the kind.
func TestPluginsOfOneName(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(bin, "harness-model-codegen"), filepath.Join(dir, "harness-adapter-codegen")); err != nil {
		t.Fatal(err)
	}
	harnessWith(t, []string{"HARNESS_PLUGINS=" + dir}, "plugins", "show", "codegen").want(t, 2).
		says(t, `several plugins are called "codegen": choose one of model/codegen, adapter/codegen`)
}

// TestPluginInHelp builds the plugin that the help prints, and reads a study with it.
func TestPluginInHelp(t *testing.T) {
	text, err := os.ReadFile("help/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	programs := codeBlocks(string(text), "go")
	if len(programs) != 1 {
		t.Fatalf("help/plugins.md has %d Go programs, want 1", len(programs))
	}
	if err := os.WriteFile(source, []byte(programs[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "harness-adapter-chosen"), source)
	build.Dir = repo
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	env := []string{"HARNESS_PLUGINS=" + dir}
	harnessWith(t, env, "plan", study(t, `
study "chosen" {}
model "codegen" "micro" { source = "CHECKPOINT" }
adapter "chosen" "biases" { ending = ".bias" }
dataset "micropairs" "fixes" {
  count = 20
  split = { validation = 0.2 }
}
train {
  dataset = dataset.micropairs.fixes
  grid {
    learning_rate = [1e-3]
    epochs        = [1]
  }
}
`)).want(t, 0)
	harnessWith(t, env, "plugins", "show", "chosen").want(t, 0)
}

// TestOutputsInReadme: what the README shows of validate and plan is what they print. Of plan's rows the first columns
// count; the others depend on the machine.
func TestOutputsInReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(repo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "studies"), os.DirFS(filepath.Join(repo, "studies"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "studies", ".harness")); err != nil { // what was run already
		t.Fatal(err)
	}
	t.Chdir(dir)
	const file = "studies/quick.hcl"
	shows := func(what, text string) {
		if !strings.Contains(string(readme), "```\n"+strings.TrimSpace(text)+"\n```") {
			t.Errorf("the README does not show this output of %s:\n%s", what, text)
		}
	}
	shows("validate", harness(t, "validate", file).want(t, 0).stdout)

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(text), "rank  = 16", "rnk   = 16", 1)
	if wrong == string(text) {
		t.Fatal("the study has no rank to misspell")
	}
	if err := os.WriteFile(file, []byte(wrong), 0o644); err != nil {
		t.Fatal(err)
	}
	shows("validate with a mistake", harness(t, "validate", file).want(t, 2).stderr)

	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	plan := harness(t, "plan", file).want(t, 0).stdout
	_, shown, found := strings.Cut(string(readme), "bin/harness plan studies/quick.hcl\n\n```\n")
	if !found {
		t.Fatal("the README shows no output of plan")
	}
	shown, _, _ = strings.Cut(shown, "\n```")
	for _, line := range strings.Split(shown, "\n") {
		if cells := strings.Split(line, "│"); len(cells) > 5 {
			line = strings.Join(cells[:5], "│")
		}
		if line != "…" && !strings.Contains(plan, line) {
			t.Errorf("the README shows a line that plan does not print: %s\n%s", line, plan)
		}
	}
}

// documents are the files that show commands and studies.
func documents(t *testing.T) []string {
	t.Helper()
	topics, err := filepath.Glob("help/*.md")
	if err != nil || len(topics) == 0 {
		t.Fatalf("no topics: %v", err)
	}
	return append(topics, filepath.Join(repo, "README.md"))
}

// codeBlocks are the texts between ```LANGUAGE and ```.
func codeBlocks(text, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// TestStudiesInDocuments: HCL in documents is right, as far as a fragment can be; one with a study block is whole.
func TestStudiesInDocuments(t *testing.T) {
	host := pluginhost.New(pluginhost.Options{Dirs: []string{bin}})
	defer host.Close()
	// What a fragment may lack.
	lacks := []string{"Missing study block", "No models", "No adapters", "Benchmark without sandbox", "Unknown reference", "Nothing to do",
		"Adapter trains without train block", "No such model", "No such adapter", "No such benchmark"}
	for _, file := range documents(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range codeBlocks(string(text), "hcl") {
			source := filepath.Join(t.TempDir(), "study.hcl")
			if err := os.WriteFile(source, []byte(block), 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, diagnostics := lang.Load(t.Context(), source, lang.Options{Plugins: host})
			whole := strings.HasPrefix(block, "study ")
			for _, d := range diagnostics {
				if d.Summary == "Unknown adapter plugin" && strings.Contains(block, `adapter "chosen"`) {
					continue // the one that help/plugins.md shows how to write
				}
				if whole || !slices.Contains(lacks, d.Summary) {
					t.Errorf("%s: %s: %s\n%s", file, d.Summary, d.Detail, block)
				}
			}
		}
	}
}
