package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/adapt"
	"harness/core/checkpoint"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// merge lets the engine fold a network's adapter into weights, and hands the
// file of changed parameters to use. It lies beside the result, where there is
// room for as much.
func (c Checkpointing) merge(ctx context.Context, engine *client.Engine, state *pb.ModelState, use func(changed string) error) (err error) {
	if err := c.checkEmpty(); err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(c.To))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	dir, err := os.MkdirTemp(parent, ".merge-*")
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// The engine is another process with its own working directory.
	changed, err := filepath.Abs(filepath.Join(dir, "changed.safetensors"))
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	if _, err := engine.Merge(ctx, &pb.MergeRequest{Model: state, Out: changed}); err != nil {
		return err
	}
	return use(changed)
}

// SavedAdapter is a folder that PEFT saved, and the checkpoint it was trained
// on.
type SavedAdapter struct {
	Checkpoint, Adapter string
	// Model and Engine are plugins. An empty Model means whichever reads the
	// checkpoint's configuration.
	Model, Engine string
}

// Merge writes a whole checkpoint with the adapter folded in. It says which
// plugins read the two folders.
func (s SavedAdapter) Merge(ctx context.Context, plugins Plugins, c Checkpointing) (model, adapter string, err error) {
	if err := c.checkEmpty(); err != nil {
		return "", "", err
	}
	config, err := peft.ReadConfig(s.Adapter)
	if err != nil {
		return "", "", err
	}
	model, built, err := s.build(ctx, plugins)
	if err != nil {
		return "", "", err
	}
	adapter, attached, err := attachSaved(ctx, plugins, built, config)
	if err != nil {
		return "", "", err
	}
	layout, err := adapt.LayoutOf(built.Graph, attached)
	if err != nil {
		return "", "", fmt.Errorf("adapter %s: %w", adapter, err)
	}
	tensors, err := layout.Load(s.Adapter)
	if err != nil {
		return "", "", err
	}
	engine, err := plugins.Engine(ctx, s.Engine)
	if err != nil {
		return "", "", err
	}
	return model, adapter, s.merge(ctx, engine, built, attached, tensors, c)
}

func (s SavedAdapter) merge(ctx context.Context, engine *client.Engine, built *pb.BuildResponse, attached *pb.AttachResponse, tensors safetensors.Set, c Checkpointing) (err error) {
	dir, err := os.MkdirTemp("", "harness-merge-*")
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	state := &pb.ModelState{Graph: built.Graph, Rewrite: attached.Rewrite, Trained: filepath.Join(dir, "trained.safetensors")}
	if state.Checkpoint, err = filepath.Abs(s.Checkpoint); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	if err := safetensors.WriteSource(state.Trained, tensors, nil); err != nil {
		return err
	}
	return c.merge(ctx, engine, state, func(changed string) error {
		return c.write(ctx, &network{built: built, state: state}, changed)
	})
}

// build asks the model plugin that is named, or those that read the checkpoint's
// model type.
func (s SavedAdapter) build(ctx context.Context, plugins Plugins) (string, *pb.BuildResponse, error) {
	summary, err := snapshot.Summarize(s.Checkpoint)
	if err != nil {
		return "", nil, err
	}
	if s.Model == "" {
		families, err := FindFamilies(ctx, plugins, summary.Config)
		if err != nil {
			return "", nil, fmt.Errorf("checkpoint %s: %w", s.Checkpoint, err)
		}
		name, built, err := families.build(ctx, plugins, checkpoint.Request(nil, summary))
		if err != nil {
			return "", nil, fmt.Errorf("checkpoint %s: %w", s.Checkpoint, err)
		}
		return name, built, nil
	}
	model, err := plugins.Model(ctx, s.Model)
	if err != nil {
		return "", nil, err
	}
	built, err := model.Build(ctx, checkpoint.Request(nil, summary))
	return s.Model, built, err
}

// attachSaved asks the adapter plugins that read PEFT's method.
func attachSaved(ctx context.Context, plugins Plugins, built *pb.BuildResponse, config []byte) (string, *pb.AttachResponse, error) {
	method, err := peft.PeftType(config)
	if err != nil {
		return "", nil, err
	}
	names, err := pluginNames(ctx, plugins, "adapter", func(d *pb.Description) bool { return slices.Contains(d.GetPeftTypes(), method) })
	if err != nil {
		return "", nil, err
	}
	if len(names) == 0 {
		return "", nil, fmt.Errorf("no adapter plugin reads PEFT's %q", method)
	}
	var problems []error
	for _, name := range names {
		adapter, err := plugins.Adapter(ctx, name)
		if err != nil {
			return "", nil, err
		}
		attached, err := adapter.AttachTo(ctx, built, nil, config)
		if err == nil {
			return name, attached, nil
		}
		problems = append(problems, err)
	}
	return "", nil, fmt.Errorf("none of the adapter plugins %s reads it: %w", strings.Join(names, ", "), errors.Join(problems...))
}

// pluginNames lists plugins of a kind that fit, sorted by name. One that cannot be
// used is passed over: it is not known to be meant.
func pluginNames(ctx context.Context, plugins Plugins, kind string, fits func(*pb.Description) bool) ([]string, error) {
	var names []string
	for _, name := range plugins.Names(kind) {
		description, err := plugins.Describe(ctx, kind, name)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil && fits(description) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
