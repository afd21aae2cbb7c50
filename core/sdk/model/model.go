// Package model is for plugins with a model family: they turn checkpoints into graphs,
// write prompts, and turn outputs into patches.
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
	Recording          = harnesspb.Recording
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
	// Patch turns each output, or the code that was extracted from it, into edits of the
	// buggy file, in order.
	Patch(ctx context.Context, request *PatchRequest) (*PatchResponse, error)
}

// Generator is implemented by models that answer themselves, without the engine. Their
// description sets Generates.
type Generator interface {
	// Generate sends one response per bug, in any order, and may send the recordings that it
	// reads, from one goroutine at a time. An error of send ends the call.
	Generate(ctx context.Context, request *GenerateRequest, send func(*GenerateResponse) error) error
}

// Serve serves a model until the host ends it. It is all that main does. The methods of
// Model and Generator are optional: calling one that the plugin lacks fails with an error
// that names it. A family has all of Model. A model that answers itself needs Generate,
// and Patch unless its candidates are patches.
func Serve(m sdk.Describer) {
	serve.Serve(protocol.Model, func(r grpc.ServiceRegistrar) { Register(r, m) })
}

// Register adds a model's services to a gRPC server that is not started by Serve.
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
