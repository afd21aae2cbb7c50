// Package plan turns a study, and what plugins say of themselves, into a
// directed acyclic graph of steps. Trials that need the same step share it,
// because equal work has an equal key.
package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/store"
	"harness/core/study"
	"harness/core/weights/peft"
	"harness/core/weights/snapshot"
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
	// Together lists steps that run as one, each list in the order of its
	// steps' places. Each remains a step of its own, with its key and result.
	Together [][]*step.Step
	// Stacks says for each network that is trained at several rates whether its
	// trainings run together, in the order of the trials.
	Stacks []Stack
}

// Trial is one cell of a study: a model, an adapter, a benchmark, a prompt.
type Trial struct {
	Labels map[string]string // model, adapter, benchmark, prompt
	Score  store.Key         // the step that measures it
	Select store.Key         // the step that chose its weights; empty: nothing was trained
}

// Options of New.
type Options struct {
	Plugins *pluginhost.Host
	// Engine is the engine plugin's name; "gomlx" is the one that ships.
	Engine string
}

// New plans a study. Mistakes that only the outside world reveals (a folder
// that is not there) come as diagnostics at the attribute that names it, all
// of them together.
func New(ctx context.Context, s *study.Study, options Options) (*Plan, hcl.Diagnostics, error) {
	b := newBuilder(s, options)
	if err := b.resolve(ctx); err != nil || b.diagnostics.HasErrors() {
		return nil, b.diagnostics, err
	}
	if err := b.trials(ctx); err != nil {
		return nil, b.diagnostics, err
	}
	return b.plan, b.diagnostics, nil
}

func newBuilder(s *study.Study, options Options) *builder {
	return &builder{
		Options: options, study: s,
		plan: &Plan{Study: s}, steps: map[store.Key]*step.Step{}, stacks: map[store.Key]int{},
		plugins: map[*study.Block]step.Plugin{}, digests: map[string]string{}, saved: map[string]json.RawMessage{},
	}
}

type builder struct {
	Options
	study       *study.Study
	plan        *Plan
	steps       map[store.Key]*step.Step // what plan.Steps holds
	stacks      map[store.Key]int        // numbers in plan.Together, by the step in the first place
	plugins     map[*study.Block]step.Plugin
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
	info, err := b.Plugins.Info(ctx, block.Kind, block.Type)
	if err != nil {
		return err
	}
	resolved, err := b.Plugins.Resolve(ctx, block.Kind, block.Type, &pb.ResolveRequest{Config: block.Config, BaseDir: b.study.Dir})
	var told *pluginhost.DiagnosticsError
	switch {
	case errors.As(err, &told):
		for _, d := range told.Diagnostics {
			b.diagnostics = append(b.diagnostics, block.Diagnostic(d))
		}
	case err != nil:
		return err
	}
	b.plugins[block] = step.Plugin{
		Kind: block.Kind, Name: block.Type, Version: info.Version, Checksum: info.Checksum,
		Config: block.Config, Identity: resolved.GetIdentity(), BaseDir: b.study.Dir,
	}
	b.digestFolder(block, "source", block.Source)
	b.digestFolder(block, "load", block.Load)
	b.readSaved(block)
	return nil
}

// readSaved reads how a finished adapter is set.
func (b *builder) readSaved(block *study.Block) {
	if block.Load == "" {
		return
	}
	config, err := peft.ReadConfig(b.path(block.Load))
	if err != nil {
		b.diagnostics = append(b.diagnostics, block.Diagnostic(&pb.Diagnostic{
			Summary: "Not an adapter's folder",
			Detail:  fmt.Sprintf("load = %q: %v. It must be a folder that PEFT saved.", block.Load, err),
			Path:    []string{"load"},
		}))
		return
	}
	b.saved[block.Load] = config
}

func (b *builder) digestFolder(block *study.Block, attribute, folder string) {
	if folder == "" {
		return
	}
	digest, err := snapshot.Digest(b.path(folder))
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

// add puts a step into the plan, once, and returns its key.
func (b *builder) add(label string, work step.Work) (store.Key, error) {
	s, err := step.New(label, work)
	if err != nil {
		return "", err
	}
	if b.steps[s.Key] == nil {
		b.steps[s.Key] = s
		b.plan.Steps = append(b.plan.Steps, s)
	}
	return s.Key, nil
}

// label joins what tells a step from its like.
func label(parts ...string) string { return strings.Join(parts, " · ") }

// Reach lists the steps that a trial needs, each behind its needs.
func (p *Plan) Reach(t *Trial) []*step.Step { return p.upTo(t.Score) }

// upTo lists a step behind all that it needs.
func (p *Plan) upTo(key store.Key) []*step.Step {
	wanted := map[store.Key]bool{key: true}
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if s := p.Steps[i]; wanted[s.Key] {
			for _, need := range s.Needs {
				wanted[need] = true
			}
		}
	}
	var reach []*step.Step
	for _, s := range p.Steps {
		if wanted[s.Key] {
			reach = append(reach, s)
		}
	}
	return reach
}
