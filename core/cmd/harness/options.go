package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"harness/core/plan"
	"harness/core/pluginhost"
	"harness/core/store"
	"harness/core/study"
)

// options are the flags that every command knows.
type options struct {
	vars     []string
	varFiles []string
	store    string
	engine   string
	debug    bool
}

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.vars, "var", nil, "set a variable of the study: `name=value` (may be repeated)")
	flags.StringArrayVar(&o.varFiles, "var-file", nil, "read variables from an HCL `file` (may be repeated)")
	flags.StringVar(&o.store, "store", "", "`folder` that keeps results (default .harness beside the study)")
	flags.StringVar(&o.engine, "engine", "gomlx", "engine plugin that trains and decodes")
	flags.BoolVar(&o.debug, "debug", false, "log what plugins and sandbox do")
}

func (o *options) logger() *slog.Logger {
	level := slog.LevelWarn
	if o.debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func (o *options) host() *pluginhost.Host {
	return pluginhost.New(pluginhost.Options{Logger: o.logger()})
}

// load reads a study; its mistakes are printed here.
func (o *options) load(ctx context.Context, host *pluginhost.Host, file string) (*study.Study, *study.Sources, error) {
	vars, err := study.ParseVariables(o.vars)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	s, sources, diagnostics := study.Load(ctx, file, study.Options{Variables: vars, VarFiles: o.varFiles, Plugins: host})
	return s, sources, told(sources, diagnostics)
}

// told prints diagnostics and turns errors among them into errReported.
func told(sources *study.Sources, diagnostics hcl.Diagnostics) error {
	if len(diagnostics) == 0 {
		return nil
	}
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || width <= 0 {
		width = 100
	}
	if err := sources.WriteDiagnostics(os.Stderr, diagnostics, uint(width), term.IsTerminal(int(os.Stderr.Fd()))); err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return errReported
	}
	return nil
}

// planned reads and plans a study.
func (o *options) planned(ctx context.Context, host *pluginhost.Host, file string) (*plan.Plan, error) {
	s, sources, err := o.load(ctx, host, file)
	if err != nil {
		return nil, err
	}
	p, diagnostics, err := plan.New(ctx, s, plan.Options{Plugins: host, Engine: o.engine})
	if err != nil {
		return nil, err
	}
	if err := told(sources, diagnostics); err != nil {
		return nil, err
	}
	if err := o.checkBugs(p, sources); err != nil {
		return nil, err
	}
	if err := checkTables(p); err != nil {
		return nil, fmt.Errorf("%w: study %s: %w", errUsage, s.Name, err)
	}
	return p, nil
}

// checkBugs looks for the bugs that a study wants in the benchmarks that are in
// its store.
func (o *options) checkBugs(p *plan.Plan, sources *study.Sources) error {
	s, err := o.openStore(p.Study)
	if err != nil {
		return err
	}
	diagnostics, err := p.CheckBugs(s)
	if err != nil {
		return err
	}
	return told(sources, diagnostics)
}

func (o *options) openStore(s *study.Study) (*store.Store, error) {
	dir := o.store
	if dir == "" {
		dir = filepath.Join(s.Dir, ".harness")
	}
	return store.Open(dir)
}
