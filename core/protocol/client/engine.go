package client

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"harness/core/protocol/harnesspb"
)

// Engine calls an engine plugin.
type Engine struct {
	Base
	c harnesspb.EngineClient
}

// NewEngine returns an Engine that calls over base's connection.
func NewEngine(base Base) *Engine { return &Engine{base, harnesspb.NewEngineClient(base.conn)} }

// Device implements core/sdk/engine.Engine.
func (e *Engine) Device(ctx context.Context, request *harnesspb.DeviceRequest) (*harnesspb.DeviceResponse, error) {
	return e.c.Device(ctx, request)
}

// Estimate implements core/sdk/engine.Engine.
func (e *Engine) Estimate(ctx context.Context, request *harnesspb.EstimateRequest) (*harnesspb.EstimateResponse, error) {
	return e.c.Estimate(ctx, request)
}

// Forward implements core/sdk/engine.Engine.
func (e *Engine) Forward(ctx context.Context, request *harnesspb.ForwardRequest) (*harnesspb.ForwardResponse, error) {
	return e.c.Forward(ctx, request)
}

// Merge implements core/sdk/engine.Engine.
func (e *Engine) Merge(ctx context.Context, request *harnesspb.MergeRequest) (*harnesspb.MergeResponse, error) {
	return e.c.Merge(ctx, request)
}

// Decode implements core/sdk/engine.Engine.
func (e *Engine) Decode(ctx context.Context, request *harnesspb.DecodeRequest, send func(*harnesspb.DecodeResponse) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.c.Decode(ctx, request)
	return each(stream, err, send)
}

// Train implements core/sdk/engine.Engine. Examples travel in several
// messages, so their number is not bounded by the size of one.
func (e *Engine) Train(ctx context.Context, start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample, send func(*harnesspb.TrainEvent) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.c.Train(ctx)
	if err != nil {
		return err
	}
	if err := sendExamples(stream, start, train, validation); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	// After io.EOF from a send, receiving tells why the engine hung up.
	return receiveAll(stream, send)
}

// examplesPerMessage keeps messages near a megabyte at a thousand tokens.
const examplesPerMessage = 256

func sendExamples(stream harnesspb.Engine_TrainClient, start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample) error {
	if err := stream.Send(&harnesspb.TrainRequest{Message: &harnesspb.TrainRequest_Start{Start: start}}); err != nil {
		return err
	}
	for len(train)+len(validation) > 0 {
		examples := &harnesspb.TrainExamples{}
		examples.Train, train = split(train)
		examples.Validation, validation = split(validation)
		if err := stream.Send(&harnesspb.TrainRequest{Message: &harnesspb.TrainRequest_Examples{Examples: examples}}); err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

func split(examples []*harnesspb.TokenExample) (head, tail []*harnesspb.TokenExample) {
	n := min(len(examples), examplesPerMessage)
	return examples[:n], examples[n:]
}

func receiveAll(stream grpc.BidiStreamingClient[harnesspb.TrainRequest, harnesspb.TrainEvent], send func(*harnesspb.TrainEvent) error) error {
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(event); err != nil {
			return err
		}
	}
}
