// Package reference writes the reference of the study language and of plugins as Markdown, from the schemas that a study
// is checked against.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitchellh/go-wordwrap"

	"harness/core/internal/didyoumean"
	"harness/core/protocol/harnesspb"
	"harness/core/study"
)

// Page is one file of the reference.
type Page struct {
	File string // "adapter-lora.md"
	Text string
}

// Plugin is a plugin to write a page of.
type Plugin struct {
	Kind, Name  string
	Description *harnesspb.Description
}

// Pages writes an index, a page for each type of block and each plugin, and one for the functions.
func Pages(language study.Reference, plugins []Plugin) ([]Page, error) {
	var pages []Page
	index := newWriter()
	index.heading(1, "Reference of the study language")
	index.paragraph("`harness docs` writes these pages from the schemas that `harness validate` checks a study against. `harness help study` explains the language.")
	index.heading(2, "Blocks")
	for _, b := range language.Blocks {
		file := b.Type + ".md"
		index.item(fmt.Sprintf("[%s](%s): %s", b.Type, file, b.Description))
		pages = append(pages, Page{file, blockPage(b)})
	}
	index.item("[functions](functions.md): Functions that expressions may call.")
	pages = append(pages, Page{functions + ".md", functionsPage(language.Functions)})
	index.heading(2, "Plugins")
	for _, p := range plugins {
		text, err := PluginPage(p)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(language.Blocks, func(b study.BlockReference) bool { return b.Type == p.Kind }) {
			text += fmt.Sprintf("\nAttributes of every %s block: [%[1]s](%[1]s.md)\n", p.Kind)
		}
		file := fmt.Sprintf("%s-%s.md", p.Kind, p.Name)
		index.item(fmt.Sprintf("[%s %q](%s): %s", p.Kind, p.Name, file, sentence(p.Description.GetSummary())))
		pages = append(pages, Page{file, text})
	}
	return append([]Page{{"README.md", index.String()}}, pages...), nil
}

// Block writes the page of one type of block, or of the functions.
func Block(language study.Reference, name string) (string, error) {
	names := []string{functions}
	for _, b := range language.Blocks {
		if b.Type == name {
			return blockPage(b), nil
		}
		names = append(names, b.Type)
	}
	if name == functions {
		return functionsPage(language.Functions), nil
	}
	hint := "there are " + strings.Join(names, ", ")
	if near := didyoumean.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return "", fmt.Errorf("the study language has no block %q; %s", name, hint)
}

// functions is the name of the page about them.
const functions = "functions"

func blockPage(b study.BlockReference) string {
	w := newWriter()
	w.heading(1, b.Type)
	w.paragraph(b.Description)
	head := b.Type
	for _, label := range b.Labels {
		head += fmt.Sprintf(" %q", label)
	}
	w.code("hcl", head+" { … }")
	number := "A study may have any number of these blocks."
	if b.Single {
		number = "A study has at most one of these blocks."
	}
	if b.Plugin {
		number += " The plugin adds attributes of its own to those below: see its page, or `harness plugins show " + b.Type + "/TYPE`."
	}
	w.paragraph(number)
	w.body(b.Body, "")
	return w.String()
}

// PluginPage writes what a plugin is and what its block may hold.
func PluginPage(p Plugin) (string, error) {
	body, err := study.PluginReference(p.Description)
	if err != nil {
		return "", err
	}
	w := newWriter()
	w.heading(1, fmt.Sprintf("%s %q", p.Kind, p.Name))
	w.paragraph(sentence(p.Description.GetSummary()))
	for _, capability := range Capabilities(p.Description) {
		w.item(capability)
	}
	if len(body.Attributes)+len(body.Blocks) == 0 {
		w.paragraph("The plugin adds no attributes to its block.")
	} else {
		w.body(body, "")
	}
	return w.String(), nil
}

// Capabilities says in sentences what a plugin can do beyond having attributes.
func Capabilities(d *harnesspb.Description) []string {
	var list []string
	add := func(is bool, text string) {
		if is {
			list = append(list, text)
		}
	}
	switch d.GetKind() {
	case "model":
		add(d.GetNeedsCheckpoint(), "Is fine-tuned and decoded here, from a checkpoint: `source` names its folder, or `scratch` makes one.")
		add(d.GetGenerates(), "Answers by itself: it has no parameters here and cannot be fine-tuned.")
		add(len(d.GetPromptTokens()) > 0, "Writes prompts with the special tokens "+codes(d.GetPromptTokens())+", which the checkpoint's tokenizer must have.")
		add(d.GetExtract() != "", "Takes the code from answers as `extract = \""+d.GetExtract()+"\"`, unless the study sets it.")
	case "adapter":
		add(d.GetTrains(), "Has parameters that train.")
		add(!d.GetTrains() && !d.GetRecorded(), "Trains nothing.")
		add(d.GetRecorded(), "Names what was done elsewhere, and goes only with models that answer by themselves.")
		add(len(d.GetPeftTypes()) > 0, "`load` reads adapters in PEFT's format of the type "+codes(d.GetPeftTypes())+".")
	}
	return list
}

func codes(words []string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, "`"+w+"`")
	}
	return strings.Join(quoted, ", ")
}

func functionsPage(list []study.FunctionReference) string {
	w := newWriter()
	w.heading(1, functions)
	w.paragraph("Expressions of a study may call these functions.")
	for _, f := range list {
		w.item(fmt.Sprintf("`%s(%s)`: %s", f.Name, strings.Join(f.Parameters, ", "), sentence(f.Description)))
	}
	return w.String()
}

// sentence makes a summary begin and end as sentences do.
func sentence(text string) string {
	if text == "" {
		return text
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// writer writes Markdown in short lines.
type writer struct {
	text   strings.Builder
	inList bool
}

func newWriter() *writer { return &writer{} }

const lineLength = 110

func (w *writer) String() string { return w.text.String() }

// part begins a part of the page with an empty line, between items of a list without.
func (w *writer) part(list bool) {
	if w.text.Len() > 0 && !(list && w.inList) {
		w.text.WriteString("\n")
	}
	w.inList = list
}

func (w *writer) heading(level int, text string) {
	w.part(false)
	fmt.Fprintf(&w.text, "%s %s\n", strings.Repeat("#", level), text)
}

func (w *writer) paragraph(text string) {
	w.part(false)
	fmt.Fprintln(&w.text, wordwrap.WrapString(text, lineLength))
}

func (w *writer) code(language, text string) {
	w.part(false)
	fmt.Fprintf(&w.text, "```%s\n%s\n```\n", language, text)
}

func (w *writer) item(text string) {
	w.part(true)
	fmt.Fprintln(&w.text, "- "+strings.ReplaceAll(wordwrap.WrapString(text, lineLength-2), "\n", "\n  "))
}

// body writes attributes and blocks; within is the block that they are in, or nothing.
func (w *writer) body(body study.BodyReference, within string) {
	if len(body.Attributes) > 0 {
		title := "Attributes"
		if within != "" {
			title += " of " + within
		}
		w.heading(2, title)
	}
	for _, a := range body.Attributes {
		w.item(fmt.Sprintf("`%s` (%s%s): %s", a.Name, a.Accepts, whenLeftAway(a), a.Description))
	}
	for _, b := range body.Blocks {
		name := strings.TrimPrefix(within+"."+b.Name, ".")
		w.heading(2, "Block "+name)
		w.paragraph(b.Description + " " + count(b))
		w.body(b.Body, name)
	}
}

func whenLeftAway(a study.AttributeReference) string {
	switch {
	case a.Required:
		return "; required"
	case a.Default != "":
		return "; default `" + a.Default + "`"
	case a.Otherwise != "":
		return "; default: " + a.Otherwise
	}
	return ""
}

func count(b study.NestedReference) string {
	switch {
	case b.Minimum == 1 && b.Maximum == 1:
		return "Required, once."
	case b.Minimum == 0 && b.Maximum == 1:
		return "At most one."
	case b.Maximum == 0 && b.Minimum == 0:
		return "Any number."
	case b.Maximum == 0:
		return fmt.Sprintf("At least %d.", b.Minimum)
	}
	return fmt.Sprintf("From %d to %d.", b.Minimum, b.Maximum)
}
