// Package adapter is for plugins with a method of fine-tuning: a rewrite of any model's
// graph.
package adapter

import (
	"context"

	"google.golang.org/grpc"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/internal/serve"
)

// The messages of adapter plugins. Their fields are documented in
// core/protocol/proto/harness/v1/adapter.proto and ir.proto.
type (
	Description    = harnesspb.Description
	AttachRequest  = harnesspb.AttachRequest
	AttachResponse = harnesspb.AttachResponse
	PeftFormat     = harnesspb.PeftFormat
	Rewrite        = harnesspb.Rewrite
	NodePatterns   = harnesspb.NodePatterns
	PeftJoin       = harnesspb.PeftJoin
)

// Adapter is a method of fine-tuning.
type Adapter interface {
	sdk.Describer
	// Attach returns the changes of the graph: new parameters, replaced nodes, and which
	// parameters train.
	Attach(ctx context.Context, request *AttachRequest) (*AttachResponse, error)
}

// Serve serves an adapter until the host ends it. It is all that main does. A plugin without Attach only names a method
// that was applied elsewhere; its description must set Recorded.
func Serve(a sdk.Describer) {
	serve.Serve(protocol.Adapter, func(r grpc.ServiceRegistrar) { Register(r, a) })
}

// Register adds an adapter's services to a gRPC server that is not started by Serve.
func Register(r grpc.ServiceRegistrar, a sdk.Describer) {
	serve.Register(r, protocol.Adapter, a)
	harnesspb.RegisterAdapterServer(r, &server{adapter: a})
}

type server struct {
	harnesspb.UnimplementedAdapterServer
	adapter sdk.Describer
}

func (s *server) Attach(ctx context.Context, request *AttachRequest) (*AttachResponse, error) {
	adapter, ok := s.adapter.(Adapter)
	if !ok {
		return nil, serve.Missing(protocol.Adapter, "Attach")
	}
	return adapter.Attach(ctx, request)
}
