package study

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// trials are the labels of a study's trials, in the order of its models, adapters, benchmarks and prompts. They are not
// sure where a block that may matter could not be read.
func (l *loader) trials() (trials []map[string]string, sure bool) {
	for _, kind := range []string{"model", "adapter", "benchmark", "prompt"} {
		if l.partial[kind] {
			return nil, false
		}
	}
	for _, d := range l.blocks.plugged {
		if d.kind != "dataset" && (d.broken || d.plugin.spec == nil) {
			return nil, false
		}
	}
	prompts, _ := l.labelled("prompt")
	benchmarks, _ := l.labelled("benchmark")
	for _, m := range l.ofKind("model") {
		for _, model := range m.instances {
			for _, a := range l.ofKind("adapter") {
				for _, adapter := range a.instances {
					if !adapter.content.values["models"].IsKnown() || !adapter.content.values["prompts"].IsKnown() {
						return nil, false
					}
					if only := adapter.content.references("models"); only != nil && !contains(only, model.name) {
						continue
					}
					labels := map[string]string{"model": model.name, "adapter": adapter.name}
					trials = append(trials, crossed(labels, a.trains(), benchmarks, prompts, adapter.content.references("prompts"))...)
				}
			}
		}
	}
	return trials, true
}

// crossed adds benchmarks and prompts to a trial's labels. Without a benchmark only training can be measured.
func crossed(labels map[string]string, trains bool, benchmarks, prompts, only []string) []map[string]string {
	var trials []map[string]string
	add := func(more map[string]string) {
		for _, prompt := range prompts {
			if only == nil || contains(only, prompt) {
				one := maps.Clone(labels)
				maps.Copy(one, more)
				one["prompt"] = prompt
				trials = append(trials, one)
			}
		}
	}
	for _, benchmark := range benchmarks {
		add(map[string]string{"benchmark": benchmark})
	}
	if len(benchmarks) == 0 && trains {
		add(nil)
	}
	return trials
}

// checkTables finds tables that go by a label which no trial has, and tables in which two trials share a cell.
func (l *loader) checkTables(tables []*Table) {
	trials, sure := l.trials()
	if !sure || len(trials) == 0 {
		return
	}
	for i, table := range tables {
		c := l.blocks.tables[i].content
		if !c.values["rows"].IsWhollyKnown() || !c.values["columns"].IsWhollyKnown() {
			continue
		}
		axes := slices.DeleteFunc(slices.Concat(table.Rows, table.Columns), func(label string) bool { return strings.HasPrefix(label, bugLabel) })
		if label := missingLabel(axes, trials[0]); label != "" {
			l.mistake(l.axisAt(c, table, label), "Label of no trial", "The study has no %s, so its trials have no label %q.", label, label)
			continue
		}
		if a, b := sharedCell(axes, trials); a != nil {
			l.mistake(c.at("rows"), "Trials share a cell", "The trials %s and %s would stand in one cell. Put %s into rows or columns.",
				trialText(a), trialText(b), strings.Join(quoted(differing(a, b)), " or "))
		}
	}
}

// axisAt is where a label stands in a table's rows or columns.
func (l *loader) axisAt(c *decoded, table *Table, label string) hcl.Range {
	if i := slices.Index(table.Rows, label); i >= 0 {
		return c.at("rows", strconv.Itoa(i))
	}
	return c.at("columns", strconv.Itoa(slices.Index(table.Columns, label)))
}

// missingLabel is the first of some labels that trials do not have, or "".
func missingLabel(labels []string, trial map[string]string) string {
	for _, label := range labels {
		if _, has := trial[label]; !has {
			return label
		}
	}
	return ""
}

// sharedCell finds two trials that some labels do not tell apart.
func sharedCell(axes []string, trials []map[string]string) (first, second map[string]string) {
	cells := map[string]map[string]string{}
	for _, trial := range trials {
		var cell []string
		for _, label := range axes {
			cell = append(cell, fmt.Sprintf("%q", trial[label]))
		}
		id := strings.Join(cell, ",")
		if cells[id] != nil {
			return cells[id], trial
		}
		cells[id] = trial
	}
	return nil, nil
}

// differing are the labels in which two trials differ.
func differing(a, b map[string]string) []string {
	return slices.DeleteFunc(labelNames(), func(label string) bool { return a[label] == b[label] })
}

// trialText names a trial by its labels: "model/adapter/benchmark/prompt".
func trialText(trial map[string]string) string {
	var names []string
	for _, label := range labelNames() {
		if name, has := trial[label]; has {
			names = append(names, name)
		}
	}
	return strings.Join(names, "/")
}
