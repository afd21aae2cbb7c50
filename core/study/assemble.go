package study

import (
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"harness/core/extract"
)

// assemble decodes what no expression refers to, checks the whole and fills in the study. Where mistakes were made the
// study is not complete; it is then thrown away.
func (l *loader) assemble(s *Study) {
	content := map[string]*decoded{}
	specs := map[string]*spec{"study": studySpec(), "train": trainSpec(), "generate": generateSpec(), "sandbox": sandboxSpec()}
	for name, spec := range specs {
		if block := l.blocks.single[name]; block != nil {
			content[name] = l.scope.decode(block.Body, spec, ownerOf(block), cty.NilVal)
		}
	}
	for _, t := range l.blocks.tables {
		t.content = l.scope.decode(t.block.Body, tableSpec(), ownerOf(t.block), cty.NilVal)
	}
	for _, v := range l.blocks.voids {
		v.content = l.scope.decode(v.block.Body, voidSpec(), ownerOf(v.block), cty.NilVal)
	}
	if block := l.blocks.single["study"]; block != nil {
		s.Name = block.Labels[0]
		s.Title, _ = content["study"].text("title")
		if seed, ok := content["study"].known("seed"); ok {
			s.Seed, _ = seed.AsBigFloat().Uint64()
		}
	}
	s.Train = l.assembleTrain(content["train"])
	s.Generate = l.assembleGenerate(content["generate"])
	s.Sandbox = l.assembleSandbox(content["sandbox"])
	s.Engine = l.assembleEngine()
	for _, p := range l.blocks.prompts {
		buggyLines, _ := p.content.truth("buggy_lines")
		s.Prompts = append(s.Prompts, &Prompt{Name: p.name, BuggyLines: buggyLines})
	}
	for _, t := range l.blocks.tables {
		s.Tables = append(s.Tables, l.assembleTable(t, s.Generate))
	}
	for _, v := range l.blocks.voids {
		s.Voids = append(s.Voids, l.assembleVoid(v))
	}
	l.check(s)
	if l.diagnostics.HasErrors() {
		return
	}
	for _, d := range l.blocks.plugged {
		for _, one := range d.instances {
			block := l.assembleBlock(d, one)
			switch d.kind {
			case "model":
				s.Models = append(s.Models, block)
			case "adapter":
				s.Adapters = append(s.Adapters, block)
			case "dataset":
				s.Datasets = append(s.Datasets, block)
			case "benchmark":
				s.Benchmarks = append(s.Benchmarks, block)
			}
		}
	}
}

func (l *loader) assembleBlock(d *plugged, one *instance) *Block {
	b := &Block{Kind: d.kind, Type: d.typ, Name: one.name, DeclRange: d.block.DefRange(), body: d.block.Body}
	var err error
	if b.Config, err = one.content.config(d.plugin.own); err != nil {
		l.mistake(b.DeclRange, "Values cannot be written as JSON", "%v.", err)
		return b
	}
	// A plugin's own attributes may have the names that the language adds to other kinds.
	switch c := one.content; d.kind {
	case "model":
		b.Extract = familyRule(d.plugin.description)
		if rule, ok := c.text("extract"); ok {
			b.Extract = extract.Rule(rule)
		}
		if d.plugin.description.GetNeedsCheckpoint() {
			b.Source, _ = c.text("source")
			b.Scratch = l.assembleScratch(c.block("scratch"))
			b.MaxPromptLength, _ = c.whole("max_prompt_length")
		}
	case "adapter":
		if d.plugin.description.GetTrains() {
			b.Load, _ = c.text("load")
		}
		b.Models = c.references("models")
		b.Prompts = c.references("prompts")
	case "dataset":
		if split, ok := c.known("split"); ok {
			b.Validation, _ = split.GetAttr("validation").AsBigFloat().Float64()
		}
		b.Limit, _ = c.whole("limit")
		b.Leakage, _ = c.text("leakage")
		b.Similarity, _ = c.number("similarity")
		b.Duplicates, _ = c.text("duplicates")
	case "benchmark":
		b.Bugs, _ = c.texts("bugs")
		b.Where = c.labelValues("where")
		b.MaxNewTokens, _ = c.whole("max_new_tokens")
	}
	return b
}

func (l *loader) assembleScratch(c *decoded) *Scratch {
	if c == nil {
		return nil
	}
	s := &Scratch{Dataset: c.reference("dataset")}
	s.Vocabulary, _ = c.whole("vocabulary")
	s.Tokens, _ = c.texts("tokens")
	s.EndToken, _ = c.text("end_token")
	s.BeginToken, _ = c.text("begin_token")
	s.PadToken, _ = c.text("pad_token")
	if config, ok := c.known("config"); ok {
		var err error
		if s.Config, err = valueJSON(config); err != nil {
			l.mistake(c.at("config"), "Value cannot be written as JSON", "%v.", err)
		}
	}
	return s
}

// reference is the name of the block that an attribute refers to.
func (d *decoded) reference(name string) string {
	value, ok := d.known(name)
	if !ok {
		return ""
	}
	block := value.GetAttr("name")
	return block.AsString()
}

// references are the names of the blocks that an attribute lists; nil if it is not there.
func (d *decoded) references(name string) []string {
	value, ok := d.known(name)
	if !ok {
		return nil
	}
	var names []string
	for _, element := range value.AsValueSlice() {
		names = append(names, element.GetAttr("name").AsString())
	}
	return names
}

// labelValues are the values that an attribute lists by label; nil if it is not there.
func (d *decoded) labelValues(name string) map[string][]string {
	where, ok := d.known(name)
	if !ok {
		return nil
	}
	values := map[string][]string{}
	for label, value := range where.AsValueMap() {
		if value.Type() == cty.String {
			values[label] = []string{value.AsString()}
			continue
		}
		for _, element := range value.AsValueSlice() {
			values[label] = append(values[label], element.AsString())
		}
	}
	return values
}

// assembleEngine is the engine's block, to which nothing refers.
func (l *loader) assembleEngine() *Block {
	d := l.blocks.engine
	if d == nil {
		return nil
	}
	if l.evaluatePlugged(d); d.broken || l.diagnostics.HasErrors() {
		return nil
	}
	return l.assembleBlock(d, d.instances[0])
}

func drivers() []string { return []string{"auto", "bubblewrap", "docker"} }

func (l *loader) assembleSandbox(c *decoded) *Sandbox {
	if c == nil {
		return nil
	}
	block := l.blocks.single["sandbox"]
	s := &Sandbox{Driver: block.Labels[0], DeclRange: block.DefRange()}
	if !contains(drivers(), s.Driver) {
		l.mistake(block.LabelRanges[0], "Unknown sandbox driver", "There is no driver %q.%s", s.Driver,
			expected(s.Driver, drivers(), "There are", ""))
	}
	if memory, ok := c.text("memory"); ok {
		s.Memory, _ = parseSize(memory) // it has been checked
	}
	if timeout, ok := c.text("timeout"); ok {
		s.Timeout, _ = time.ParseDuration(timeout) // it has been checked
	}
	s.CPUs, _ = c.number("cpus")
	s.Workers, _ = c.whole("workers")
	return s
}

// written says whether an attribute stands in the body at all, whatever its value.
func written(block *hclsyntax.Block, name string) bool { return block.Body.Attributes[name] != nil }
