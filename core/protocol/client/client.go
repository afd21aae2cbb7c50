// Package client calls plugins over a gRPC connection through the same Go
// interfaces that their authors implement (core/sdk/model.Model and so on).
// It knows nothing of processes: core/pluginhost gives it connections that
// are supervised, core/sdk/plugintest one to the same process.
package client

import (
	"context"
	"errors"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"harness/core/protocol/harnesspb"
)

// Base answers what plugins of every kind answer.
type Base struct {
	description *harnesspb.Description
	conn        grpc.ClientConnInterface
}

// NewBase returns the Base of a plugin that has described itself so.
func NewBase(conn grpc.ClientConnInterface, description *harnesspb.Description) Base {
	return Base{description: description, conn: conn}
}

// Describe returns the description that the plugin gave when it was found.
func (b Base) Describe(context.Context) *harnesspb.Description {
	return proto.Clone(b.description).(*harnesspb.Description)
}

// Resolve checks a configuration beyond its schema.
func (b Base) Resolve(ctx context.Context, request *harnesspb.ResolveRequest) (*harnesspb.ResolveResponse, error) {
	return harnesspb.NewPluginClient(b.conn).Resolve(ctx, request)
}

// Describe asks the plugin at the end of conn what it is.
func Describe(ctx context.Context, conn grpc.ClientConnInterface) (*harnesspb.Description, error) {
	return harnesspb.NewPluginClient(conn).Describe(ctx, &harnesspb.DescribeRequest{})
}

// each hands every message of a stream to f, and ends the call if f fails.
func each[T any](stream grpc.ServerStreamingClient[T], err error, f func(*T) error) error {
	if err != nil {
		return err
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(message); err != nil {
			return err
		}
	}
}

// Model calls a model plugin.
type Model struct {
	Base
	c harnesspb.ModelClient
}

// NewModel returns a Model that calls over base's connection.
func NewModel(base Base) *Model { return &Model{base, harnesspb.NewModelClient(base.conn)} }

// Build implements core/sdk/model.Model.
func (m *Model) Build(ctx context.Context, request *harnesspb.BuildRequest) (*harnesspb.BuildResponse, error) {
	return m.c.Build(ctx, request)
}

// Prompt implements core/sdk/model.Model.
func (m *Model) Prompt(ctx context.Context, request *harnesspb.PromptRequest) (*harnesspb.PromptResponse, error) {
	return m.c.Prompt(ctx, request)
}

// Example implements core/sdk/model.Model.
func (m *Model) Example(ctx context.Context, request *harnesspb.ExampleRequest) (*harnesspb.ExampleResponse, error) {
	return m.c.Example(ctx, request)
}

// Patch implements core/sdk/model.Model.
func (m *Model) Patch(ctx context.Context, request *harnesspb.PatchRequest) (*harnesspb.PatchResponse, error) {
	return m.c.Patch(ctx, request)
}

// Generate implements core/sdk/model.Generator.
func (m *Model) Generate(ctx context.Context, request *harnesspb.GenerateRequest, send func(*harnesspb.GenerateResponse) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := m.c.Generate(ctx, request)
	return each(stream, err, send)
}

// Adapter calls an adapter plugin.
type Adapter struct {
	Base
	c harnesspb.AdapterClient
}

// NewAdapter returns an Adapter that calls over base's connection.
func NewAdapter(base Base) *Adapter { return &Adapter{base, harnesspb.NewAdapterClient(base.conn)} }

// Attach implements core/sdk/adapter.Adapter.
func (a *Adapter) Attach(ctx context.Context, request *harnesspb.AttachRequest) (*harnesspb.AttachResponse, error) {
	return a.c.Attach(ctx, request)
}

// AttachTo attaches the adapter to a network that a model plugin built, with
// the targets that the family names for it. A peftConfig that is not empty
// stands in place of config.
func (a *Adapter) AttachTo(ctx context.Context, built *harnesspb.BuildResponse, config, peftConfig []byte) (*harnesspb.AttachResponse, error) {
	name := a.description.GetName()
	targets, ok := built.GetTargets()[name]
	if !ok {
		targets = built.GetTargets()[""]
	}
	groups := map[string]*harnesspb.NodePatterns{}
	for key, patterns := range built.GetTargets() {
		if group, ok := strings.CutPrefix(key, name+"."); ok {
			groups[group] = patterns
		}
	}
	return a.Attach(ctx, &harnesspb.AttachRequest{
		Config: config, PeftConfig: peftConfig,
		Graph: built.GetGraph(), TaskType: built.GetTaskType(),
		DefaultTargets: targets.GetPatterns(), TargetGroups: groups,
	})
}

// Benchmark calls a benchmark plugin.
type Benchmark struct {
	Base
	c harnesspb.BenchmarkClient
}

// NewBenchmark returns a Benchmark that calls over base's connection.
func NewBenchmark(base Base) *Benchmark {
	return &Benchmark{base, harnesspb.NewBenchmarkClient(base.conn)}
}

// Fetch implements core/sdk/benchmark.Benchmark.
func (b *Benchmark) Fetch(ctx context.Context, request *harnesspb.FetchRequest, progress func(*harnesspb.FetchEvent)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.c.Fetch(ctx, request)
	return each(stream, err, func(e *harnesspb.FetchEvent) error {
		progress(e)
		return nil
	})
}

// Bugs implements core/sdk/benchmark.Benchmark.
func (b *Benchmark) Bugs(ctx context.Context, request *harnesspb.BugsRequest, send func(*harnesspb.BugRecord) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.c.Bugs(ctx, request)
	return each(stream, err, send)
}

// Environments implements core/sdk/benchmark.Benchmark.
func (b *Benchmark) Environments(ctx context.Context, request *harnesspb.EnvironmentsRequest) (*harnesspb.EnvironmentsResponse, error) {
	return b.c.Environments(ctx, request)
}

// Check implements core/sdk/benchmark.Benchmark.
func (b *Benchmark) Check(ctx context.Context, request *harnesspb.CheckRequest) (*harnesspb.CheckResponse, error) {
	return b.c.Check(ctx, request)
}

// Verdict implements core/sdk/benchmark.Benchmark.
func (b *Benchmark) Verdict(ctx context.Context, request *harnesspb.VerdictRequest) (*harnesspb.VerdictResponse, error) {
	return b.c.Verdict(ctx, request)
}

// Export implements core/sdk/benchmark.Exporter; plugins that are none answer
// with an error of the code Unimplemented.
func (b *Benchmark) Export(ctx context.Context, request *harnesspb.ExportRequest, progress func(*harnesspb.FetchEvent)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.c.Export(ctx, request)
	return each(stream, err, func(e *harnesspb.FetchEvent) error {
		progress(e)
		return nil
	})
}

// Import implements core/sdk/benchmark.Importer, like Export.
func (b *Benchmark) Import(ctx context.Context, request *harnesspb.ImportRequest, progress func(*harnesspb.FetchEvent)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.c.Import(ctx, request)
	return each(stream, err, func(e *harnesspb.FetchEvent) error {
		progress(e)
		return nil
	})
}

// Dataset calls a dataset plugin.
type Dataset struct {
	Base
	c harnesspb.DatasetClient
}

// NewDataset returns a Dataset that calls over base's connection.
func NewDataset(base Base) *Dataset { return &Dataset{base, harnesspb.NewDatasetClient(base.conn)} }

// Samples implements core/sdk/dataset.Dataset.
func (d *Dataset) Samples(ctx context.Context, request *harnesspb.SamplesRequest, send func(*harnesspb.Sample) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := d.c.Samples(ctx, request)
	return each(stream, err, send)
}
