package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"harness/core/cmd/harness/help"
	"harness/core/cmd/harness/reference"
	"harness/core/study"
)

const root = "../../.."

// pages are the README and the topics of help, by file.
func pages(t *testing.T) map[string]string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	topics, err := help.Topics()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"README.md": string(readme)}
	for _, topic := range topics {
		pages["help/"+topic.Name+".md"] = topic.Text
	}
	return pages
}

var (
	codeLine   = regexp.MustCompile(`(?m)^(?:    )?(?:\$ )?bin/harness +(.*)$`)
	inlineCode = regexp.MustCompile("`(?:bin/)?harness ([^`]+)`")
)

// TestCommandsInDocuments: every command line that the README and the topics show has a command and flags that exist.
func TestCommandsInDocuments(t *testing.T) {
	lines := 0
	for file, text := range pages(t) {
		for _, m := range codeLine.FindAllStringSubmatch(text, -1) {
			line, _, _ := strings.Cut(m[1], " #")
			lines++
			if err := checkCommandLine(line, true); err != nil {
				t.Errorf("%s: harness %s: %v", file, line, err)
			}
		}
		for _, m := range inlineCode.FindAllStringSubmatch(text, -1) {
			lines++
			line := strings.Join(strings.Fields(m[1]), " ")
			if err := checkCommandLine(line, false); err != nil {
				t.Errorf("%s: harness %s: %v", file, line, err)
			}
		}
	}
	if lines < 50 {
		t.Errorf("only %d command lines were found", lines)
	}
}

// checkCommandLine finds the command and parses its flags. The number of arguments is checked of whole command lines;
// words of text may name a command without them.
func checkCommandLine(line string, whole bool) error {
	top := newRoot()
	top.InitDefaultHelpCmd()
	cmd, args, err := top.Find(words(line))
	if err != nil {
		return err
	}
	if cmd.HasSubCommands() && (whole || len(args) > 0) {
		return fmt.Errorf("%s needs one of its commands", cmd.CommandPath())
	}
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	arguments := cmd.Flags().Args()
	if whole && cmd.Args != nil {
		if err := cmd.Args(cmd, arguments); err != nil {
			return err
		}
	}
	return checkName(cmd, arguments)
}

// words splits a command line as a shell does, as far as documents need it.
func words(line string) []string {
	list := regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(line, -1)
	for i, word := range list {
		list[i] = strings.Trim(word, `'"`)
	}
	return list
}

// checkName looks for what an argument in lower case names: a topic, or a block of the language.
func checkName(cmd *cobra.Command, arguments []string) error {
	if len(arguments) == 0 || arguments[0] != strings.ToLower(arguments[0]) {
		return nil
	}
	var out bytes.Buffer
	switch cmd.Name() {
	case "help":
		top := newRoot()
		top.SetOut(&out)
		top.SetArgs(append([]string{"help"}, arguments...))
		return top.Execute()
	case "docs":
		_, err := reference.Block(study.Language(), arguments[0])
		return err
	}
	return nil
}

var (
	filePath = regexp.MustCompile("(?:`|\\s)((?:core|plugins|studies|reports)/[a-zA-Z0-9_./-]*[a-zA-Z0-9])")
	target   = regexp.MustCompile("(?m)(?:`|^    )make ([a-z-]+)")
	link     = regexp.MustCompile(`\]\(([^)#:]+)\)`)
)

// TestFilesInDocuments: files, links and targets of make that the README and the topics name are there.
func TestFilesInDocuments(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	example := "plugins/adapters/chosen" // which help/plugins.md shows how to write
	for file, text := range pages(t) {
		for _, m := range filePath.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil && !strings.HasPrefix(m[1], example) && !strings.Contains(m[1], "NAME") {
				t.Errorf("%s: %v", file, err)
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			from := root
			if file != "README.md" {
				from = "help"
			}
			if _, err := os.Stat(filepath.Join(from, m[1])); err != nil {
				t.Errorf("%s: link: %v", file, err)
			}
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(m[1]) + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no target %s", file, m[1])
			}
		}
	}
}

// TestMetricsInHelp: the topic on judging explains every metric that a table can show.
func TestMetricsInHelp(t *testing.T) {
	text := pages(t)["help/judging.md"]
	found := 0
	for _, b := range study.Language().Blocks {
		for _, a := range b.Body.Attributes {
			list, ok := strings.CutPrefix(a.Accepts, "a metric: ")
			if !ok {
				continue
			}
			for _, name := range strings.Split(list, ", ") {
				found++
				if !strings.Contains(text, "`"+name+"`") && !strings.HasPrefix(name, "published.") {
					t.Errorf("help/judging.md does not explain the metric %s", name)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d metrics were found", found)
	}
}

func TestTopicsInReadme(t *testing.T) {
	topics, err := help.Topics()
	if err != nil {
		t.Fatal(err)
	}
	readme := pages(t)["README.md"]
	for _, topic := range topics {
		if line := fmt.Sprintf("- [%s](core/cmd/harness/help/%[1]s.md): %s\n", topic.Name, topic.Summary); !strings.Contains(readme, line) {
			t.Errorf("the README lacks the line %q", line)
		}
	}
}

func TestHelp(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says []string
		err  string
	}{
		"all":                         {[]string{"help"}, []string{"Available Commands:", "Topics (harness help TOPIC):", "  training    the recipe"}, ""},
		"nothing":                     {nil, []string{"Topics (harness help TOPIC):"}, ""},
		"topic":                       {[]string{"help", "training"}, []string{"# training: "}, ""},
		"command":                     {[]string{"help", "run"}, []string{"harness run STUDY.hcl", "--retry-errors"}, ""},
		"command of a command":        {[]string{"help", "adapters", "merge"}, []string{"--checkpoint"}, ""},
		"topic called like a command": {[]string{"help", "adapters"}, []string{"# adapters: ", "(The command of this name: harness adapters --help)"}, ""},
		"command called like a topic": {[]string{"adapters", "--help"}, []string{"Available Commands:", "merge"}, ""},
		"misspelt topic":              {[]string{"help", "defects4"}, nil, `no topic or command is called "defects4"; did you mean "defects4j"?`},
		"misspelt command":            {[]string{"help", "validat"}, nil, `did you mean "validate"?`},
		"unknown":                     {[]string{"help", "gardening"}, nil, `no topic or command is called "gardening" (see "harness help")`},
		"too much":                    {[]string{"help", "training", "loss"}, nil, `no topic or command is called "training loss"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			cmd := newRoot()
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			cmd.SetArgs(append([]string{}, c.args...))
			err := cmd.Execute()
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Fatalf("error %v, want %q", err, c.err)
			}
			for _, text := range c.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the output lacks %q:\n%s", text, out.String())
				}
			}
		})
	}
}

// TestCommandsAreDescribed: every command has a summary, every flag a usage.
func TestCommandsAreDescribed(t *testing.T) {
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the summary %q is empty or ends with a full stop", cmd.CommandPath(), cmd.Short)
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: --%s is not described", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(newRoot())
}
