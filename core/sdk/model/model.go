// Package model is for plugins that bring a model family: how its checkpoints
// become a graph, and how it is asked for a fix and what its answers mean.
package model

import (
	"context"

	"google.golang.org/grpc"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/internal/serve"
)

// The messages of model plugins. Their fields are documented in
// core/protocol/proto/harness/v1/model.proto and bug.proto.
type (
	Description        = harnesspb.Description
	BuildRequest       = harnesspb.BuildRequest
	CheckpointTensor   = harnesspb.CheckpointTensor
	BuildResponse      = harnesspb.BuildResponse
	NodePatterns       = harnesspb.NodePatterns
	PromptOptions      = harnesspb.PromptOptions
	PromptRequest      = harnesspb.PromptRequest
	PromptResponse     = harnesspb.PromptResponse
	Prompt             = harnesspb.Prompt
	ExampleRequest     = harnesspb.ExampleRequest
	ExampleResponse    = harnesspb.ExampleResponse
	Example            = harnesspb.Example
	PatchRequest       = harnesspb.PatchRequest
	PatchResponse      = harnesspb.PatchResponse
	Patch              = harnesspb.Patch
	Edit               = harnesspb.Edit
	GenerateRequest    = harnesspb.GenerateRequest
	GenerateResponse   = harnesspb.GenerateResponse
	GeneratedCandidate = harnesspb.GeneratedCandidate
	Bug                = harnesspb.Bug
	Span               = harnesspb.Span
	Sample             = harnesspb.Sample
	Pair               = harnesspb.Pair
)

// Model is a model family.
type Model interface {
	sdk.Describer
	// Build turns a checkpoint's config.json into a graph.
	Build(ctx context.Context, request *BuildRequest) (*BuildResponse, error)
	// Prompt writes the family's prompt for each bug, in the bugs' order.
	Prompt(ctx context.Context, request *PromptRequest) (*PromptResponse, error)
	// Example writes prompt and target for each training sample, in order.
	Example(ctx context.Context, request *ExampleRequest) (*ExampleResponse, error)
	// Patch turns each raw output into edits of the buggy file, in order.
	Patch(ctx context.Context, request *PatchRequest) (*PatchResponse, error)
}

// Generator is for models that answer by themselves, without the engine. Their
// description says so (Generates).
type Generator interface {
	// Generate sends one response a bug, in any order. Send may be called from
	// one goroutine at a time, and its error ends the call.
	Generate(ctx context.Context, request *GenerateRequest, send func(*GenerateResponse) error) error
}

// Serve serves a model, and does not return before the host has let go of it.
// It is all that main does. The methods of Model and Generator are abilities
// that are found one by one: calling one that the plugin does not have fails
// with an error that names it. A family has all of Model; a model that answers
// by itself needs Generate only, if it says of its candidates what they patch,
// else Patch, too.
func Serve(m sdk.Describer) {
	serve.Serve(protocol.Model, func(r grpc.ServiceRegistrar) { Register(r, m) })
}

// Register adds a model's services to a gRPC server, for those who serve it by
// other means than Serve.
func Register(r grpc.ServiceRegistrar, m sdk.Describer) {
	serve.Register(r, protocol.Model, m)
	harnesspb.RegisterModelServer(r, &server{model: m})
}

type server struct {
	harnesspb.UnimplementedModelServer
	model sdk.Describer
}

func (s *server) Build(ctx context.Context, request *BuildRequest) (*BuildResponse, error) {
	m, ok := s.model.(interface {
		Build(context.Context, *BuildRequest) (*BuildResponse, error)
	})
	if !ok {
		return nil, serve.Missing(protocol.Model, "Build")
	}
	return m.Build(ctx, request)
}

func (s *server) Prompt(ctx context.Context, request *PromptRequest) (*PromptResponse, error) {
	m, ok := s.model.(interface {
		Prompt(context.Context, *PromptRequest) (*PromptResponse, error)
	})
	if !ok {
		return nil, serve.Missing(protocol.Model, "Prompt")
	}
	return m.Prompt(ctx, request)
}

func (s *server) Example(ctx context.Context, request *ExampleRequest) (*ExampleResponse, error) {
	m, ok := s.model.(interface {
		Example(context.Context, *ExampleRequest) (*ExampleResponse, error)
	})
	if !ok {
		return nil, serve.Missing(protocol.Model, "Example")
	}
	return m.Example(ctx, request)
}

func (s *server) Patch(ctx context.Context, request *PatchRequest) (*PatchResponse, error) {
	m, ok := s.model.(interface {
		Patch(context.Context, *PatchRequest) (*PatchResponse, error)
	})
	if !ok {
		return nil, serve.Missing(protocol.Model, "Patch")
	}
	return m.Patch(ctx, request)
}

func (s *server) Generate(request *GenerateRequest, stream harnesspb.Model_GenerateServer) error {
	generator, ok := s.model.(Generator)
	if !ok {
		return serve.Missing(protocol.Model, "Generate")
	}
	return generator.Generate(stream.Context(), request, stream.Send)
}
