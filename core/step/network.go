package step

import (
	"context"
	"encoding/json"
	"fmt"

	"harness/core/checkpoint"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/snapshot"
	"harness/core/weights/tokenizer"
)

// Network pins a graph and the weights it starts from.
type Network struct {
	Model    Plugin `json:"model"`
	Snapshot ID     `json:"-"` // the checkpoint; empty with a model that generates by itself
	// Adapter, if there is one, is the rewrite of the graph; its parameters start from
	// initializers drawn with Seed.
	Adapter Plugin `json:"adapter"`
	// Saved is the adapter_config.json of a finished adapter, which says how it
	// is set in place of the plugin's own configuration.
	Saved json.RawMessage `json:"saved,omitempty"`
	// Seed is zero where nothing is drawn: trained weights replace what was.
	Seed uint64 `json:"seed,omitempty"`
}

func (w Network) input() Input { return Input{Name: "checkpoint", Step: w.Snapshot} }

// network is a Network with its parts at hand.
type network struct {
	built     *pb.BuildResponse
	attached  *pb.AttachResponse // nil: the graph as it is
	state     *pb.ModelState
	tokenizer *tokenizer.Tokenizer
	model     modelClient
}

// modelClient is what steps ask of a model plugin with a graph.
type modelClient interface {
	Build(context.Context, *pb.BuildRequest) (*pb.BuildResponse, error)
	Prompter
	Example(context.Context, *pb.ExampleRequest) (*pb.ExampleResponse, error)
	Patch(context.Context, *pb.PatchRequest) (*pb.PatchResponse, error)
}

func (w Network) open(ctx context.Context, env *Env) (*network, error) {
	dir, err := env.Results.Folder(ctx, w.Snapshot)
	if err != nil {
		return nil, err
	}
	model, err := env.Plugins.Model(ctx, w.Model.Name)
	if err != nil {
		return nil, err
	}
	summary, err := snapshot.Summarize(dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %s: %w", w.Model.Name, err)
	}
	n := &network{model: model}
	if n.built, n.attached, err = w.Graph(ctx, env.Plugins, summary); err != nil {
		return nil, err
	}
	if n.tokenizer, err = tokenizer.Load(dir); err != nil {
		return nil, err
	}
	if err := checkPromptTokens(ctx, env, w.Model.Name, n.tokenizer); err != nil {
		return nil, fmt.Errorf("checkpoint of %s: %w", w.Model.Name, err)
	}
	n.state = &pb.ModelState{Graph: n.built.Graph, Checkpoint: dir, InitSeed: w.Seed, Rewrite: n.attached.GetRewrite()}
	return n, nil
}

// Graph asks the plugins for the graph of a checkpoint and for the adapter's
// rewrite of it, nil where the adapter trains nothing. It needs no weights.
func (w Network) Graph(ctx context.Context, plugins Plugins, s *snapshot.Summary) (*pb.BuildResponse, *pb.AttachResponse, error) {
	model, err := plugins.Model(ctx, w.Model.Name)
	if err != nil {
		return nil, nil, err
	}
	built, err := model.Build(ctx, checkpoint.Request(w.Model.Config, s))
	if err != nil {
		return nil, nil, err
	}
	if w.Adapter.Name == "" {
		return built, nil, nil
	}
	description, err := plugins.Describe(ctx, "adapter", w.Adapter.Name)
	if err != nil || !description.Trains {
		return built, nil, err
	}
	adapter, err := plugins.Adapter(ctx, w.Adapter.Name)
	if err != nil {
		return nil, nil, err
	}
	attached, err := adapter.AttachTo(ctx, built, w.Adapter.Config, w.Saved)
	return built, attached, err
}
