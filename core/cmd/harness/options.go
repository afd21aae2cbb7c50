package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"harness/core/plan"
	"harness/core/pluginhost"
	"harness/core/session"
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
	flags.StringVar(&o.engine, "engine", "", "engine `plugin` that trains and decodes (default the study's, else "+plan.DefaultEngine+")")
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
	return session.NewHost(session.Options{Logger: o.logger()}, nil)
}

// session is what the flags say about opening a study.
func (o *options) session() (session.Options, error) {
	vars, err := study.ParseVariables(o.vars)
	if err != nil {
		return session.Options{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	return session.Options{
		Variables: vars, VarFiles: o.varFiles, Store: o.store, Engine: o.engine, Logger: o.logger(), Version: version, Show: printDiagnostics,
	}, nil
}

// open opens a study. Its mistakes are printed.
func (o *options) open(ctx context.Context, file string, purpose session.Purpose) (*session.Session, error) {
	settings, err := o.session()
	if err != nil {
		return nil, err
	}
	return session.Open(ctx, file, purpose, settings)
}

// engineWithoutStudy names the engine where no study says which.
func (o *options) engineWithoutStudy() string { return cmp.Or(o.engine, plan.DefaultEngine) }

// load reads a study. Its mistakes are printed.
func (o *options) load(ctx context.Context, host *pluginhost.Host, file string) (*study.Study, *study.Sources, error) {
	settings, err := o.session()
	if err != nil {
		return nil, nil, err
	}
	return session.Load(ctx, file, host, settings)
}

// printDiagnostics writes diagnostics to standard error.
func printDiagnostics(sources *study.Sources, diagnostics hcl.Diagnostics) error {
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || width <= 0 {
		width = 100
	}
	return sources.WriteDiagnostics(os.Stderr, diagnostics, uint(width), term.IsTerminal(int(os.Stderr.Fd())))
}
