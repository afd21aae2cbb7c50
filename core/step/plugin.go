package step

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/semver"

	"harness/core/pluginhost"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
)

// Plugins is where steps get plugins. A pluginhost.Host runs them in processes
// of their own.
type Plugins interface {
	Names(kind string) []string
	Info(ctx context.Context, kind, name string) (pluginhost.Info, error)
	Describe(ctx context.Context, kind, name string) (*pb.Description, error)
	Resolve(ctx context.Context, kind, name string, request *pb.ResolveRequest) (*pb.ResolveResponse, error)
	Model(ctx context.Context, name string) (*client.Model, error)
	Adapter(ctx context.Context, name string) (*client.Adapter, error)
	Benchmark(ctx context.Context, name string) (*client.Benchmark, error)
	Dataset(ctx context.Context, name string) (*client.Dataset, error)
	Engine(ctx context.Context, name string) (*client.Engine, error)
}

// Plugin pins a plugin and its configuration within a key. What it computes is
// taken to follow from its name, declared version and configuration.
type Plugin struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Version string `json:"version"`
	// Checksum of the binary, where the version does not say what it computes:
	// a pre-release such as 0.3.0-dev.
	Checksum string          `json:"checksum,omitempty"`
	Config   json.RawMessage `json:"config,omitempty"`
	// Identity of the outside data that the configuration names.
	Identity string `json:"identity,omitempty"`
	// BaseDir is where relative paths in Config start, on this machine.
	BaseDir string `json:"-"`
}

// Pin is a plugin by what decides what it computes.
func Pin(info pluginhost.Info) Plugin {
	p := Plugin{Kind: info.Kind, Name: info.Name, Version: info.Version}
	if version := "v" + info.Version; !semver.IsValid(version) || semver.Prerelease(version) != "" {
		p.Checksum = info.Checksum
	}
	return p
}

// Bare is the plugin without its configuration.
func (p Plugin) Bare() Plugin {
	return Plugin{Kind: p.Kind, Name: p.Name, Version: p.Version, Checksum: p.Checksum}
}

// unchanged refuses outside data that are not any more what the plan saw.
func (p Plugin) unchanged(ctx context.Context, env *Env) error {
	resolved, err := env.Plugins.Resolve(ctx, p.Kind, p.Name, &pb.ResolveRequest{Config: p.Config, BaseDir: p.BaseDir})
	if err != nil {
		return fmt.Errorf("look at the data of %s %s again: %w", p.Kind, p.Name, err)
	}
	if got := resolved.GetIdentity(); got != p.Identity {
		return fmt.Errorf("the data of %s %s changed while the study ran: they were %.32s and are %.32s now; run again", p.Kind, p.Name, p.Identity, got)
	}
	return nil
}

// Engine pins the engine and the class of its backend: cpu, cuda, go. Which
// device, runtime and machine that is decides nothing.
type Engine struct {
	Plugin
	Backend string `json:"backend"`
	// Settings are the study's engine block. What of them decides a result shows in
	// Backend.
	Settings json.RawMessage `json:"-"`
}
