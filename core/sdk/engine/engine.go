// Package engine is for plugins that train and decode on a device.
package engine

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/internal/serve"
)

// The messages of engine plugins. Their fields are documented in
// core/protocol/proto/harness/v1/engine.proto.
type (
	Description    = harnesspb.Description
	Setting        = harnesspb.Setting
	DeviceRequest  = harnesspb.DeviceRequest
	DeviceResponse = harnesspb.DeviceResponse

	EstimateRequest  = harnesspb.EstimateRequest
	NetworkWork      = harnesspb.NetworkWork
	TrainWork        = harnesspb.TrainWork
	DecodeWork       = harnesspb.DecodeWork
	EstimateResponse = harnesspb.EstimateResponse
	NetworkEstimate  = harnesspb.NetworkEstimate
	TrainEstimate    = harnesspb.TrainEstimate
	DecodeEstimate   = harnesspb.DecodeEstimate
	MemoryEstimate   = harnesspb.MemoryEstimate

	ModelState      = harnesspb.ModelState
	Recipe          = harnesspb.Recipe
	TrainStart      = harnesspb.TrainStart
	TokenExample    = harnesspb.TokenExample
	TrainEvent      = harnesspb.TrainEvent
	TrainEventStep  = harnesspb.TrainEvent_Step
	TrainEventDone  = harnesspb.TrainEvent_Done
	TrainStep       = harnesspb.TrainStep
	TrainDone       = harnesspb.TrainDone
	DecodeRequest   = harnesspb.DecodeRequest
	DecodeResponse  = harnesspb.DecodeResponse
	Decoding        = harnesspb.Decoding
	TokenPrompt     = harnesspb.TokenPrompt
	TokenCandidate  = harnesspb.TokenCandidate
	ForwardRequest  = harnesspb.ForwardRequest
	ForwardResponse = harnesspb.ForwardResponse
	MergeRequest    = harnesspb.MergeRequest
	MergeResponse   = harnesspb.MergeResponse
)

// Engine trains and decodes on one device.
type Engine interface {
	sdk.Describer
	// Device opens the device, and describes it.
	Device(ctx context.Context, request *DeviceRequest) (*DeviceResponse, error)
	// Estimate says what networks will take, and which of them it cannot compute.
	Estimate(ctx context.Context, request *EstimateRequest) (*EstimateResponse, error)
	// Train runs one segment of an epoch. It sends any number of step events and, last,
	// one done event, from one goroutine at a time; an error of send ends the segment.
	Train(ctx context.Context, start *TrainStart, train, validation []*TokenExample, send func(*TrainEvent) error) error
	// Decode sends an answer for each prompt, as soon as that is complete.
	Decode(ctx context.Context, request *DecodeRequest, send func(*DecodeResponse) error) error
	// Forward returns logits.
	Forward(ctx context.Context, request *ForwardRequest) (*ForwardResponse, error)
	// Merge folds an adapter into the weights of the layers that it replaces.
	Merge(ctx context.Context, request *MergeRequest) (*MergeResponse, error)
}

// Serve serves an engine until the host ends it. It is all that main does.
func Serve(e Engine) {
	serve.Serve(protocol.Engine, func(r grpc.ServiceRegistrar) { Register(r, e) })
}

// Register adds an engine's services to a gRPC server that is not started by Serve.
func Register(r grpc.ServiceRegistrar, e Engine) {
	serve.Register(r, protocol.Engine, e)
	harnesspb.RegisterEngineServer(r, &server{engine: e})
}

type server struct {
	harnesspb.UnimplementedEngineServer
	engine Engine
}

func (s *server) Device(ctx context.Context, request *DeviceRequest) (*DeviceResponse, error) {
	return s.engine.Device(ctx, request)
}

func (s *server) Estimate(ctx context.Context, request *EstimateRequest) (*EstimateResponse, error) {
	return s.engine.Estimate(ctx, request)
}

func (s *server) Train(stream harnesspb.Engine_TrainServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return status.Error(codes.InvalidArgument, "the first message of Train is not a start message")
	}
	var train, validation []*TokenExample
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		examples := message.GetExamples()
		if examples == nil {
			return status.Error(codes.InvalidArgument, "a message of Train after the first holds no examples")
		}
		train = append(train, examples.GetTrain()...)
		validation = append(validation, examples.GetValidation()...)
	}
	return s.engine.Train(stream.Context(), start, train, validation, stream.Send)
}

func (s *server) Decode(request *DecodeRequest, stream harnesspb.Engine_DecodeServer) error {
	return s.engine.Decode(stream.Context(), request, stream.Send)
}

func (s *server) Forward(ctx context.Context, request *ForwardRequest) (*ForwardResponse, error) {
	return s.engine.Forward(ctx, request)
}

func (s *server) Merge(ctx context.Context, request *MergeRequest) (*MergeResponse, error) {
	return s.engine.Merge(ctx, request)
}
