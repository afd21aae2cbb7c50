package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"

	"harness/core/protocol/harnesspb"
)

// PluginSource says which plugins there are and what they accept. It must be safe for concurrent use.
type PluginSource interface {
	// Names lists the plugins of a kind.
	Names(kind string) []string
	// Describe returns a plugin's description, schema included. Its error names the plugin.
	Describe(ctx context.Context, kind, name string) (*harnesspb.Description, error)
}

// Options of Load.
type Options struct {
	// Variables are values of --var by name, as text. They win over those of VarFiles.
	Variables map[string]string
	// VarFiles are HCL files of name = value lines; later ones win.
	VarFiles []string
	Plugins  PluginSource
}

// maxFileBytes bounds a study file; far beyond what a person writes.
const maxFileBytes = 1 << 20

// Load reads a study file. The diagnostics hold all its mistakes, sorted by position; the study is nil if there is an
// error among them. The sources are never nil and print the diagnostics.
func Load(ctx context.Context, file string, options Options) (*Study, *Sources, hcl.Diagnostics) {
	l := newLoader(options)
	s := l.load(ctx, file)
	diagnostics := l.sources.Sorted(l.diagnostics)
	if diagnostics.HasErrors() {
		return nil, l.sources, diagnostics
	}
	return s, l.sources, diagnostics
}

func newLoader(options Options) *loader {
	return &loader{
		options: options,
		sources: &Sources{files: map[string]*hcl.File{}},
		plugins: map[pluginID]*plugin{},
		partial: map[string]bool{},
		named:   map[string]map[string]hcl.Range{},
	}
}

// loader is one Load.
type loader struct {
	options     Options
	sources     *Sources
	diagnostics hcl.Diagnostics
	dir         string

	body      *hclsyntax.Body
	plugins   map[pluginID]*plugin
	blocks    declarations
	scope     *scope
	variables map[string]*variable

	// partial holds the block types of which some block could not be read, and the roots of references to them:
	// nothing is said of what seems to be missing.
	partial map[string]bool
	// named holds where each name was declared, by block type.
	named map[string]map[string]hcl.Range
}

type pluginID struct{ kind, name string }

// plugin is what is known of a plugin that a block names.
type plugin struct {
	description *harnesspb.Description
	own         *spec // of the plugin's attributes
	spec        *spec // of its block: own and what the language adds; nil: it cannot be used
	err         error
}

func (l *loader) report(d ...*hcl.Diagnostic) { l.diagnostics = append(l.diagnostics, d...) }

// mistake reports an error at a place in the text.
func (l *loader) mistake(at hcl.Range, summary, format string, args ...any) {
	l.report(mistake(at, summary, fmt.Sprintf(format, args...)))
}

func mistake(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}
}

func (l *loader) load(ctx context.Context, file string) *Study {
	var ok bool
	if l.body, ok = l.parseFile(file, "Study file"); !ok {
		return nil
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		l.outside("Study's folder is unknown", "%v.", err)
		return nil
	}
	l.dir = filepath.Dir(absolute)
	l.evaluate(ctx)
	s := &Study{File: file, Dir: l.dir}
	l.assemble(s)
	return s
}

// evaluate finds the values of the body's blocks.
func (l *loader) evaluate(ctx context.Context) {
	l.scope = newScope(functions(l.dir), l.partial, l.report)
	l.declare()
	l.describe(ctx)
	l.readVariableValues()
	l.scope.resolveAll()
}

// parseFile reads an HCL file; `what` names it in messages. It is false if the file cannot be used at all.
func (l *loader) parseFile(name, what string) (*hclsyntax.Body, bool) {
	source, err := readFile(name)
	if err != nil {
		l.outside(what+" cannot be read", "%s: %v.", name, err)
		return nil, false
	}
	return l.parse(name, source)
}

// parse reads HCL that is called by a name. It is false if it cannot be used at all.
func (l *loader) parse(name string, source []byte) (*hclsyntax.Body, bool) {
	l.sources.add(name, &hcl.File{Bytes: source})
	if at, reason := unparsable(source, name); reason != "" {
		l.mistake(at, "File cannot be read as HCL", "%s", reason)
		return nil, false
	}
	parsed, diagnostics := hclsyntax.ParseConfig(source, name, hcl.InitialPos)
	l.report(diagnostics...)
	if diagnostics.HasErrors() {
		return nil, false
	}
	l.sources.add(name, parsed)
	body, ok := parsed.Body.(*hclsyntax.Body)
	return body, ok
}

// readFile reads a regular file of a bounded size. Its errors do not repeat the name.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file")
	case err != nil:
		return nil, bare(err)
	case info.IsDir():
		return nil, errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(content) > maxFileBytes {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFileBytes)
	}
	return content, nil
}

// bare takes the file name out of an error of package os.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// describe asks all plugins that blocks name for their schemas.
func (l *loader) describe(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(8)
	for _, d := range l.blocks.ofPlugins() {
		id := pluginID{d.kind, d.typ}
		if l.plugins[id] == nil {
			p := &plugin{}
			l.plugins[id] = p
			group.Go(func() error {
				p.describe(ctx, l.options.Plugins, id)
				return nil
			})
		}
		d.plugin = l.plugins[id]
	}
	_ = group.Wait() // errors are kept with their plugins
	told := map[*plugin]bool{}
	for _, d := range l.blocks.ofPlugins() {
		var unknown unknownPlugin
		switch err := d.plugin.err; {
		case errors.As(err, &unknown): // at each block, since each has to be changed
			l.mistake(d.block.LabelRanges[0], "Unknown "+d.kind+" plugin", "%s", unknown.Error())
		case err != nil && !told[d.plugin]:
			told[d.plugin] = true
			l.mistake(d.block.LabelRanges[0], "Plugin cannot be used", "The %v", err)
		}
	}
}

// ofPlugins are the blocks that name a plugin.
func (d *declarations) ofPlugins() []*plugged {
	if d.engine == nil {
		return d.plugged
	}
	return append(slices.Clone(d.plugged), d.engine)
}

// unknownPlugin is the error of a plugin that is not there.
type unknownPlugin string

func (u unknownPlugin) Error() string { return string(u) }

func (p *plugin) describe(ctx context.Context, source PluginSource, id pluginID) {
	names := source.Names(id.kind)
	if !contains(names, id.name) {
		p.err = unknownPlugin(fmt.Sprintf("There is no %s plugin %q.%s", id.kind, id.name,
			expected(id.name, names, "Installed are", "No "+id.kind+" plugin is installed")))
		return
	}
	description, err := source.Describe(ctx, id.kind, id.name)
	if err != nil {
		p.err = err
		return
	}
	p.description = description
	if p.own, p.spec, err = pluginSpec(id.kind, description); err != nil {
		p.err = fmt.Errorf("%s plugin %q: %w", id.kind, id.name, err)
	}
}
