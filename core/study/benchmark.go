package study

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// LoadBenchmark reads one benchmark's block, named like its plugin, from settings instead of a file: its attributes by
// name, as text. What the plugin wants to be a text, a number or a truth is taken as it is; the rest is read as HCL.
// Relative paths start at the working folder. The study has the benchmark and nothing else; it is nil if there is an
// error among the diagnostics.
func LoadBenchmark(ctx context.Context, name string, settings map[string]string, options Options) (*Study, *Sources, hcl.Diagnostics) {
	l := newLoader(options)
	s := l.loadBenchmark(ctx, name, settings)
	diagnostics := l.sources.Sorted(l.diagnostics)
	if diagnostics.HasErrors() {
		return nil, l.sources, diagnostics
	}
	return s, l.sources, diagnostics
}

func (l *loader) loadBenchmark(ctx context.Context, name string, settings map[string]string) *Study {
	const kind, file = "benchmark", "command line"
	var p plugin
	p.describe(ctx, l.options.Plugins, pluginID{kind, name})
	if p.err != nil { // there is no place in a text to show it at
		l.outside("Benchmark cannot be used", "%s", p.err)
		return nil
	}
	var ok bool
	if l.body, ok = l.parse(file, []byte(benchmarkText(name, settings, p.spec))); !ok {
		return nil
	}
	var err error
	if l.dir, err = filepath.Abs("."); err != nil {
		l.outside("Working folder is unknown", "%v.", err)
		return nil
	}
	l.evaluate(ctx)
	if l.diagnostics.HasErrors() {
		return nil
	}
	s := &Study{Name: name, File: file, Dir: l.dir}
	for _, d := range l.ofKind(kind) {
		for _, one := range d.instances {
			s.Benchmarks = append(s.Benchmarks, l.assembleBlock(d, one))
		}
	}
	return s
}

// benchmarkText is the block as a study would have it.
func benchmarkText(name string, settings map[string]string, spec *spec) string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "benchmark %s %[1]s {\n", literal(name))
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value := settings[key]
		if a := spec.attribute(key); a == nil || a.kind.IsPrimitiveType() {
			value = literal(value)
		}
		fmt.Fprintf(&text, "  %s = %s\n", key, value)
	}
	text.WriteString("}\n")
	return text.String()
}

// literal writes a text as HCL.
func literal(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}
