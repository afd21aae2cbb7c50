// Package dataset is for plugins with training samples.
package dataset

import (
	"context"

	"google.golang.org/grpc"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/internal/serve"
)

// The messages of dataset plugins. Their fields are documented in
// core/protocol/proto/harness/v1/dataset.proto and bug.proto.
type (
	Description    = harnesspb.Description
	SamplesRequest = harnesspb.SamplesRequest
	Sample         = harnesspb.Sample
	Pair           = harnesspb.Pair
	// PairContent and TextContent are the kinds of a Sample's Content.
	PairContent = harnesspb.Sample_Pair
	TextContent = harnesspb.Sample_Text
)

// Dataset is a source of training samples.
type Dataset interface {
	sdk.Describer
	// Samples sends all samples, always in the same order.
	Samples(ctx context.Context, request *SamplesRequest, send func(*Sample) error) error
}

// Serve serves a dataset until the host ends it. It is all that main does.
func Serve(d Dataset) {
	serve.Serve(protocol.Dataset, func(r grpc.ServiceRegistrar) { Register(r, d) })
}

// Register adds a dataset's services to a gRPC server that is not started by Serve.
func Register(r grpc.ServiceRegistrar, d Dataset) {
	serve.Register(r, protocol.Dataset, d)
	harnesspb.RegisterDatasetServer(r, &server{dataset: d})
}

type server struct {
	harnesspb.UnimplementedDatasetServer
	dataset Dataset
}

func (s *server) Samples(request *SamplesRequest, stream harnesspb.Dataset_SamplesServer) error {
	return s.dataset.Samples(stream.Context(), request, stream.Send)
}
