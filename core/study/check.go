package study

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"harness/core/score"
)

// check finds what only shows when blocks are seen together. It says nothing where a block that may matter could not
// be read.
func (l *loader) check(s *Study) {
	l.checkParts(s)
	for _, d := range l.blocks.plugged {
		if d.kind == "model" && d.plugin.spec != nil && d.plugin.description.GetNeedsCheckpoint() {
			l.checkCheckpoint(d)
		}
	}
	l.checkTraining(s)
	l.checkChoice(s)
	l.checkBugs(s)
	l.checkLoads()
	l.checkTables(s.Tables)
	l.checkPairs()
}

// start is where mistakes of the whole study are shown.
func (l *loader) start() hcl.Range {
	if block := l.blocks.single["study"]; block != nil {
		return block.DefRange()
	}
	at := l.body.SrcRange
	at.Start = hcl.InitialPos
	at.End = at.Start
	return at
}

func (l *loader) ofKind(kind string) []*plugged {
	var blocks []*plugged
	for _, d := range l.blocks.plugged {
		if d.kind == kind {
			blocks = append(blocks, d)
		}
	}
	return blocks
}

// count is the number of blocks of a kind, and false where that is not certain.
func (l *loader) count(kind string) (int, bool) {
	total, certain := 0, !l.partial[kind]
	for _, d := range l.ofKind(kind) {
		total += len(d.instances)
		certain = certain && !d.broken
	}
	return total, certain
}

func (l *loader) checkParts(s *Study) {
	if l.blocks.single["study"] == nil && !l.partial["study"] {
		l.mistake(l.start(), "Missing study block", `A study file has one study block, such as study "quick" { title = "…" }.`)
	}
	models, certain := l.count("model")
	if models == 0 && certain {
		l.mistake(l.start(), "No models", `A study needs at least one block such as model "codegen" "m350" { … }.`)
	}
	adapters, certain := l.count("adapter")
	if adapters == 0 && certain {
		l.mistake(l.start(), "No adapters", `A study needs at least one adapter; adapter "none" "base" {} leaves models as they are.`)
	}
	benchmarks, certainBenchmarks := l.count("benchmark")
	if benchmarks > 0 && s.Sandbox == nil && !l.partial["sandbox"] {
		l.mistake(l.ofKind("benchmark")[0].block.DefRange(), "Benchmark without sandbox",
			`Candidates are judged in a sandbox; add a block such as sandbox "auto" { memory = "2GiB" }.`)
	}
	if benchmarks == 0 && certainBenchmarks && adapters > 0 && certain && models > 0 && !l.anyTrains() {
		l.mistake(l.start(), "Nothing to do", "The study has no benchmark, and none of its adapters trains. Add one of the two.")
	}
}

// trains says whether an adapter's block asks for training here.
func (d *plugged) trains() bool {
	return d.plugin.spec != nil && d.plugin.description.GetTrains() && !written(d.block, "load")
}

func (l *loader) anyTrains() bool {
	for _, d := range l.ofKind("adapter") {
		if d.trains() {
			return true
		}
	}
	return false
}

func (l *loader) checkCheckpoint(d *plugged) {
	for _, one := range d.instances {
		source := one.content.values["source"]
		given := !(source.IsKnown() && source.IsNull())
		scratch := one.content.block("scratch")
		switch {
		case given && scratch != nil:
			l.mistake(scratch.header, "Both source and scratch", "A model comes from a checkpoint or is made from nothing; give one of the two.")
		case !given && scratch == nil:
			l.mistake(d.block.DefRange(), "Missing attribute", `model %q needs source, a checkpoint's folder, or a block scratch { … } that makes one.`, d.typ)
		}
	}
}

func (l *loader) checkTraining(s *Study) {
	if s.Train != nil || l.partial["train"] {
		return
	}
	for _, d := range l.ofKind("adapter") {
		if d.trains() && (len(d.instances) > 0 || d.broken) {
			l.mistake(d.block.DefRange(), "Adapter trains without train block",
				"The adapter %q has parameters that train; say how in a block train { … }, or give it finished weights with load.", d.typ)
		}
	}
}

// checkChoice finds a grid of several points without validation data to choose by. Of a data set whose samples may name
// their split only the samples can tell.
func (l *loader) checkChoice(s *Study) {
	if s.Train == nil || s.Train.Points() < 2 || !l.anyTrains() {
		return
	}
	for _, d := range l.ofKind("dataset") {
		if d.plugin.spec == nil || d.plugin.description.GetSplits() {
			continue
		}
		for _, one := range d.instances {
			split := one.content.values["split"]
			if one.name == s.Train.Dataset && split.IsKnown() && split.IsNull() {
				l.mistake(d.block.DefRange(), "No validation data to choose by", "The grid of the train block has %d points to choose among, by %s, and the data set that it trains on sets no samples apart. Add split = { validation = 0.1 }, or leave one point in the grid.",
					s.Train.Points(), s.Train.Metric)
			}
		}
	}
}

// checkBugs finds bugs that benchmarks which list theirs do not have. The others' bugs are known once they are fetched.
func (l *loader) checkBugs(s *Study) {
	listed := map[string][]string{} // by the benchmark's name
	for _, d := range l.ofKind("benchmark") {
		if d.plugin.spec == nil {
			continue
		}
		all := d.plugin.description.GetBugs()
		for _, one := range d.instances {
			listed[one.name] = all
			wanted, _ := one.content.texts("bugs")
			for i, id := range wanted {
				if len(all) > 0 && !contains(all, id) {
					l.mistake(one.content.at("bugs", strconv.Itoa(i)), "Unknown bug", "The benchmark %q has no bug %q.%s", d.typ, id, expected(id, all, "It has", ""))
				}
			}
		}
	}
	benchmarks, sure := l.labelled("benchmark")
	for _, v := range s.Voids {
		var all []string
		known := sure
		for _, name := range benchmarks {
			if about := v.Where["benchmark"]; len(about) == 0 || contains(about, name) {
				known = known && len(listed[name]) > 0
				all = append(all, listed[name]...)
			}
		}
		for i, id := range v.Bugs {
			if known && len(all) > 0 && !contains(all, id) {
				l.report(v.UnknownBug(i))
			}
		}
	}
}

// checkLoads finds settings beside load, which have no effect: the folder says how its adapter is set.
func (l *loader) checkLoads() {
	for _, d := range l.ofKind("adapter") {
		if d.plugin.spec == nil || !written(d.block, "load") {
			continue
		}
		for _, a := range d.plugin.description.GetSchema().GetAttributes() {
			if written(d.block, a.GetName()) {
				l.mistake(d.block.Body.Attributes[a.GetName()].SrcRange, "Setting beside load",
					"The folder to load says how its adapter is set (adapter_config.json); leave %s out.", a.GetName())
			}
		}
	}
}

// checkPairs finds adapters that do not fit every model, for a study crosses them all.
func (l *loader) checkPairs() {
	for _, a := range l.ofKind("adapter") {
		if a.plugin.spec == nil {
			continue
		}
		for _, m := range l.ofKind("model") {
			if m.plugin.spec == nil || !a.combines(m) {
				continue
			}
			generates := m.plugin.description.GetGenerates()
			switch {
			case a.plugin.description.GetTrains() && generates:
				l.mistake(a.block.DefRange(), "Adapter does not fit a model",
					"The model %q answers by itself and has no parameters here, but the adapter %q changes them. A study crosses all adapters with all models, unless an adapter lists its models.", m.name, a.typ)
			case a.plugin.description.GetRecorded() && !generates:
				l.mistake(a.block.DefRange(), "Adapter does not fit a model",
					"The adapter %q names what was done elsewhere, which fits only models that answer by themselves; the model %q does not. A study crosses all adapters with all models, unless an adapter lists its models.", a.typ, m.name)
			default:
				continue
			}
			break // one model is enough to tell
		}
	}
}

// combines says whether some instance of an adapter's block is combined with some instance of a model's.
func (d *plugged) combines(m *plugged) bool {
	for _, a := range d.instances {
		models := a.content.references("models")
		if models == nil {
			return true
		}
		for _, one := range m.instances {
			if contains(models, one.name) {
				return true
			}
		}
	}
	return len(d.instances) == 0
}

func (l *loader) assembleVoid(v *named) *Void {
	c := v.content
	void := &Void{Name: v.name, Where: c.labelValues("where"), content: c}
	void.Reason, _ = c.text("reason")
	void.Bugs, _ = c.texts("bugs")
	ranks, _ := c.numbers("ranks")
	for _, rank := range ranks {
		void.Ranks = append(void.Ranks, int(rank))
	}
	if !c.gives("where") && !c.gives("bugs") && !c.gives("ranks") {
		l.mistake(c.header, "Nothing is void", "void %q needs where, bugs or ranks: which published verdicts mean nothing.", v.name)
	}
	for _, label := range slices.Sorted(maps.Keys(void.Where)) {
		if !contains(labelNames(), label) {
			l.mistake(c.at("where", label), "Unknown label", "Trials have no label %q.%s", label,
				expected(label, labelNames(), "They have", "There are none"))
			continue
		}
		names, sure := l.labelled(label)
		for _, value := range void.Where[label] {
			if sure && !contains(names, value) {
				l.mistake(c.at("where", label), "No such "+label, "No trial has the %s %q.%s", label, value,
					expected(value, names, "There are", "There are none"))
			}
		}
	}
	return void
}

// gives says whether an attribute's value holds something, or may, for what could not be read.
func (d *decoded) gives(name string) bool {
	switch value := d.values[name]; {
	case !value.IsKnown():
		return true
	case value.IsNull():
		return false
	default:
		return value.LengthInt() > 0
	}
}

// labelled are the values that a label has in trials. They are not sure where a block could not be read.
func (l *loader) labelled(label string) (names []string, sure bool) {
	sure = !l.partial[label]
	if label == "prompt" {
		for _, p := range l.blocks.prompts {
			names = append(names, p.name)
		}
		if len(names) == 0 {
			names = []string{DefaultPrompt}
		}
		return names, sure
	}
	for _, d := range l.blocks.plugged {
		if d.kind != label {
			continue
		}
		sure = sure && len(d.instances) > 0
		for _, one := range d.instances {
			names = append(names, one.name)
		}
	}
	return names, sure
}

func (l *loader) assembleTable(t *named, g *Generate) *Table {
	c := t.content
	table := &Table{Name: t.name}
	table.Title, _ = c.text("title")
	table.Rows, _ = c.texts("rows")
	table.Columns, _ = c.texts("columns")
	for i, label := range table.Columns {
		if contains(table.Rows, label) {
			l.mistake(c.at("columns", strconv.Itoa(i)), "Label in rows and columns", "%q already names the rows; a label can be used once.", label)
		}
	}
	one, many := written(t.block, "value"), written(t.block, "values")
	if one == many {
		l.mistake(c.header, "Value or values", "table %q needs either value = \"pass@1\" or values = [\"pass@1\", …]; found %s.", t.name,
			map[bool]string{true: "both", false: "neither"}[one])
	}
	if value, ok := c.text("value"); ok {
		table.Values = []string{value}
		l.checkRank(c, value, g, "value")
		l.checkWhole(c, table, value, "value")
	}
	if values, ok := c.texts("values"); ok {
		table.Values = values
		for i, value := range values {
			l.checkRank(c, value, g, "values", strconv.Itoa(i))
			l.checkWhole(c, table, value, "values", strconv.Itoa(i))
		}
	}
	return table
}

// checkWhole reports a metric of whole trials in a table that goes by labels of bugs.
func (l *loader) checkWhole(c *decoded, table *Table, metric string, attribute string, path ...string) {
	for _, label := range slices.Concat(table.Rows, table.Columns) {
		if m, err := score.ParseMetric(metric); err == nil && strings.HasPrefix(label, bugLabel) && m.OfTraining() {
			l.mistake(c.at(attribute, path...), "Metric of whole trials", "%s is measured of a trial as a whole and cannot be divided by %s. Put it into a table of its own.", metric, label)
			return
		}
	}
}

// checkRank reports a metric over more candidates than there will be. Published verdicts have their own number.
func (l *loader) checkRank(c *decoded, metric string, g *Generate, attribute string, path ...string) {
	m, err := score.ParseMetric(metric)
	if err != nil || m.Published || l.partial["generate"] || m.K <= int(g.Decoding.Candidates) {
		return
	}
	l.mistake(c.at(attribute, path...), "Metric over more candidates than made",
		"%s looks at %d candidates a bug; generate makes %d.", metric, m.K, g.Decoding.Candidates)
}
