// Package plan turns a study, and what plugins say of themselves, into a
// directed acyclic graph of steps. Trials that need the same step share it,
// because equal work has an equal ID.
package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/store"
	"harness/core/study"
)

// Plan is what a study comes to.
type Plan struct {
	Study *study.Study
	// Steps in an order in which each stands behind its needs.
	Steps  []*step.Step
	Trials []*Trial
	// Benchmarks that trials use, in the order of their first use.
	Benchmarks []*Benchmark
	// Data is what the study trains on, as far as it does.
	Data []*Data
	// Engine trains and decodes; nil where no trial needs one.
	Engine *step.Engine

	networks map[[2]string]*network // by model and adapter, as far as they were built
	// attempts are what is known of prompts, by what decides them: see attemptsOf.
	attempts map[string][]step.Attempt
}

// Trial is one cell of a study: a model, an adapter, a benchmark, a prompt.
type Trial struct {
	Labels map[string]string // model, adapter, benchmark, prompt
	Score  step.ID           // the step that measures it
	Select step.ID           // the step that chose its weights; empty: nothing was trained
}

// Options of New.
type Options struct {
	World World
	// Engine is the name of the engine plugin that the caller asks for; empty: the
	// study's.
	Engine string
	// Plugins are asked for the networks of New's plan, so that what does not fit
	// is found before any work. Nil: they are not looked at.
	Plugins step.Plugins
	// Driver is set where one sandbox driver is to be tried: its verdicts are then
	// apart from those of the others.
	Driver string
}

// World answers what a plan asks about plugins and about data outside the study's
// text.
type World interface {
	Info(ctx context.Context, kind, name string) (pluginhost.Info, error)
	Describe(ctx context.Context, kind, name string) (*pb.Description, error)
	Resolve(ctx context.Context, kind, name string, request *pb.ResolveRequest) (*pb.ResolveResponse, error)
	// Backend is the class of what an engine computes on with some settings: cpu,
	// cuda, go.
	Backend(ctx context.Context, engine string, settings json.RawMessage) (string, error)
	// CheckpointDigest and AdapterDigest name what lies in a folder.
	CheckpointDigest(ctx context.Context, dir string) (string, error)
	AdapterDigest(ctx context.Context, dir string) (string, error)
	// AdapterConfig reads the adapter_config.json of a folder that PEFT saved.
	AdapterConfig(ctx context.Context, dir string) (json.RawMessage, error)
}

// New plans a study. Mistakes that only the outside world reveals (a folder
// that is not there) come as diagnostics at the attribute that names it, all
// of them together.
func New(ctx context.Context, s *study.Study, options Options) (*Plan, hcl.Diagnostics, error) {
	b := newBuilder(s, options)
	if err := b.resolve(ctx); err != nil {
		return nil, b.diagnostics, err
	}
	if b.Plugins != nil {
		if err := b.checkNetworks(ctx); err != nil {
			return nil, b.diagnostics, err
		}
	}
	if b.diagnostics.HasErrors() {
		return nil, b.diagnostics, nil
	}
	if err := b.trials(ctx); err != nil {
		return nil, b.diagnostics, err
	}
	return b.plan, b.diagnostics, nil
}

func newBuilder(s *study.Study, options Options) *builder {
	return &builder{
		Options: options, study: s,
		plan: &Plan{Study: s, networks: map[[2]string]*network{}, attempts: map[string][]step.Attempt{}}, steps: map[step.ID]*step.Step{},
		plugins: map[*study.Block]step.Plugin{}, wrong: map[*study.Block]bool{}, digests: map[string]string{}, saved: map[string]json.RawMessage{},
	}
}

type builder struct {
	Options
	study       *study.Study
	plan        *Plan
	steps       map[step.ID]*step.Step // what plan.Steps holds
	plugins     map[*study.Block]step.Plugin
	wrong       map[*study.Block]bool      // with a mistake that the world revealed
	digests     map[string]string          // of the folders that core itself reads
	saved       map[string]json.RawMessage // adapter_config.json of the folders to load
	diagnostics hcl.Diagnostics
}

// resolve asks every plugin about its block.
func (b *builder) resolve(ctx context.Context) error {
	for _, blocks := range [][]*study.Block{b.study.Models, b.study.Adapters, b.study.Datasets, b.study.Benchmarks} {
		for _, block := range blocks {
			if err := b.resolveBlock(ctx, block); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) resolveBlock(ctx context.Context, block *study.Block) error {
	info, err := b.World.Info(ctx, block.Kind, block.Type)
	if err != nil {
		return err
	}
	resolved, err := b.World.Resolve(ctx, block.Kind, block.Type, &pb.ResolveRequest{Config: block.Config, BaseDir: b.study.Dir})
	told := complaints(err)
	if err != nil && len(told) == 0 {
		return err
	}
	before := len(b.diagnostics)
	for _, one := range told {
		for _, d := range one.Diagnostics {
			b.diagnostics = append(b.diagnostics, block.Diagnostic(d))
		}
	}
	pin := step.Pin(info)
	pin.Config, pin.Identity, pin.BaseDir = block.Config, resolved.GetIdentity(), b.study.Dir
	b.plugins[block] = pin
	b.digestFolder(ctx, block, "source", block.Source, b.World.CheckpointDigest)
	b.readSaved(ctx, block)
	b.wrong[block] = len(b.diagnostics) > before
	return ctx.Err()
}

// readSaved reads how a finished adapter is set.
func (b *builder) readSaved(ctx context.Context, block *study.Block) {
	if block.Load == "" {
		return
	}
	config, err := b.World.AdapterConfig(ctx, b.path(block.Load))
	if err != nil {
		b.diagnostics = append(b.diagnostics, block.Diagnostic(&pb.Diagnostic{
			Summary: "Not an adapter's folder",
			Detail:  fmt.Sprintf("load = %q: %v. It must be a folder that PEFT saved.", block.Load, err),
			Path:    []string{"load"},
		}))
		return
	}
	b.saved[block.Load] = config
	b.digestFolder(ctx, block, "load", block.Load, b.World.AdapterDigest)
}

func (b *builder) digestFolder(ctx context.Context, block *study.Block, attribute, folder string, digestOf func(context.Context, string) (string, error)) {
	if folder == "" {
		return
	}
	digest, err := digestOf(ctx, b.path(folder))
	if err != nil {
		b.diagnostics = append(b.diagnostics, block.Diagnostic(&pb.Diagnostic{
			Summary: "Folder cannot be read",
			Detail:  fmt.Sprintf("%s = %q: %v. A relative path starts at the study's folder.", attribute, folder, err),
			Path:    []string{attribute},
		}))
		return
	}
	b.digests[folder] = digest
}

func (b *builder) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.study.Dir, name)
}

// add puts a step into the plan, once, and returns its ID.
func (b *builder) add(label string, work step.Work) (step.ID, error) {
	s, err := step.New(label, work)
	if err != nil {
		return "", err
	}
	if b.steps[s.ID] == nil {
		b.steps[s.ID] = s
		b.plan.Steps = append(b.plan.Steps, s)
	}
	return s.ID, nil
}

// label joins what tells a step from its like.
func label(parts ...string) string { return strings.Join(parts, " · ") }

// Reach lists the steps that a trial needs, each behind its needs.
func (p *Plan) Reach(t *Trial) []*step.Step { return p.upTo(t.Score) }

// Results finds which steps of the plan a store has.
func (p *Plan) Results(s *store.Store) (*step.Results, error) {
	results := step.NewResults(s)
	for _, one := range p.Steps { // each stands behind what it reads
		if _, err := results.Look(one); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// upTo lists a step behind all that it needs.
func (p *Plan) upTo(id step.ID) []*step.Step {
	wanted := map[step.ID]bool{id: true}
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if s := p.Steps[i]; wanted[s.ID] {
			for _, in := range s.Inputs {
				wanted[in.Step] = true
			}
		}
	}
	var reach []*step.Step
	for _, s := range p.Steps {
		if wanted[s.ID] {
			reach = append(reach, s)
		}
	}
	return reach
}
