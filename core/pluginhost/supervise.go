package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	goplugin "github.com/hashicorp/go-plugin"

	"harness/core/protocol/harnesspb"
)

// A plugin is a connection on which every call is supervised.
var _ grpc.ClientConnInterface = (*plugin)(nil)

// errNoAnswer and errStalled are the causes with which the host itself ends a
// call.
var (
	errNoAnswer = errors.New("no answer in time")
	errStalled  = errors.New("stalled")
)

// Invoke implements grpc.ClientConnInterface.
func (p *plugin) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	process, err := p.start(ctx)
	if err != nil {
		return err
	}
	callCtx := ctx
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		callCtx, cancel = context.WithTimeoutCause(ctx, p.host.options.CallTimeout, errNoAnswer)
		defer cancel()
	}
	process.enter()
	defer process.exit()
	err = process.conn.Invoke(callCtx, method, args, reply, options...)
	return process.explain(ctx, callCtx, method, err)
}

// NewStream implements grpc.ClientConnInterface.
func (p *plugin) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	process, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	streamCtx, cancel := context.WithCancelCause(ctx)
	inner, err := process.conn.NewStream(streamCtx, desc, method, options...)
	if err != nil {
		err = process.explain(ctx, streamCtx, method, err)
		cancel(nil)
		return nil, err
	}
	s := &stream{ClientStream: inner, process: process, method: method, caller: ctx, ctx: streamCtx, cancel: cancel}
	process.enter()
	limit := p.host.options.StallTimeout
	s.stall = time.AfterFunc(limit, func() { cancel(errStalled) })
	// Whoever abandons a stream cancels its context, as gRPC demands.
	context.AfterFunc(streamCtx, s.end)
	return s, nil
}

// stream is a supervised stream. One that ends in any way has left its process.
type stream struct {
	grpc.ClientStream
	process *process
	method  string
	caller  context.Context
	ctx     context.Context
	cancel  context.CancelCauseFunc
	stall   *time.Timer
	endOnce sync.Once
}

func (s *stream) end() {
	s.endOnce.Do(func() {
		s.stall.Stop()
		s.process.exit()
	})
}

func (s *stream) moved() { s.stall.Reset(s.process.plugin.host.options.StallTimeout) }

func (s *stream) SendMsg(message any) error {
	err := s.ClientStream.SendMsg(message)
	if err == nil {
		s.moved()
		return nil
	}
	if errors.Is(err, io.EOF) { // RecvMsg has the reason
		return err
	}
	return s.fail(err)
}

func (s *stream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		s.moved()
		return nil
	}
	if errors.Is(err, io.EOF) {
		s.end()
		s.cancel(nil)
		return err
	}
	return s.fail(err)
}

func (s *stream) fail(err error) error {
	err = s.process.explain(s.caller, s.ctx, s.method, err)
	s.end()
	s.cancel(nil)
	return err
}

func (p *process) enter() {
	p.mu.Lock()
	p.calls++
	p.mu.Unlock()
}

func (p *process) exit() {
	p.mu.Lock()
	p.calls--
	p.mu.Unlock()
}

func (p *process) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls > 0
}

// silences is how many health checks in a row a process may leave unanswered.
const silences = 3

// watch asks a process with calls in flight whether it is well, and kills one
// that does not answer.
func (p *process) watch(ctx context.Context) {
	defer p.watching.Done()
	interval := p.plugin.host.options.HealthInterval
	health := grpc_health_v1.NewHealthClient(p.conn)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	silent := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.child.done:
			return
		case <-ticker.C:
		}
		if !p.busy() {
			silent = 0
			continue
		}
		checkCtx, cancel := context.WithTimeout(ctx, interval)
		_, err := health.Check(checkCtx, &grpc_health_v1.HealthCheckRequest{Service: goplugin.GRPCServiceName})
		cancel()
		if status.Code(err) != codes.DeadlineExceeded {
			silent = 0
			continue
		}
		if silent++; silent >= silences {
			p.hang(fmt.Errorf("it did not answer %d health checks in a row and has been killed", silences))
			return
		}
	}
}

// explain turns what gRPC says of a failed call into what a person is told.
// caller is the context that the call was made with, call the one it ran with.
func (p *process) explain(caller, call context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	name := label(p.plugin.kind, p.plugin.name)
	short := path.Base(method)
	if caller.Err() != nil {
		return fmt.Errorf("%s: %s: %w", name, short, context.Cause(caller))
	}
	failure := &Error{Plugin: name, Path: p.plugin.path, Method: short}
	s, _ := status.FromError(err)
	switch cause := context.Cause(call); {
	case errors.Is(cause, errNoAnswer):
		p.hang(fmt.Errorf("it did not answer within %v and has been killed", p.plugin.host.options.CallTimeout))
	case errors.Is(cause, errStalled):
		p.hang(fmt.Errorf("it sent nothing for %v and has been killed", p.plugin.host.options.StallTimeout))
	case s.Code() == codes.Unavailable || s.Code() == codes.Canceled:
		// The connection ended, most likely because the process did.
		p.child.await(settle)
	}
	if hung := p.whyHung(); hung != nil {
		p.child.await(settle)
		failure.Reason, failure.Err = Hang, hung
		failure.Hint = "the next call starts it again"
		failure.Stderr = p.child.stderr.Lines()
		return failure
	}
	if state := p.child.exited(); state != nil {
		p.child.drain()
		failure.Reason, failure.Err = Crash, fmt.Errorf("it crashed: %s", ended(state))
		failure.Hint = "the next call starts it again; if it happens again, tell the plugin's author"
		failure.Stderr = p.child.stderr.Lines()
		return failure
	}
	return answered(failure, s, p.child.stderr)
}

// answered explains an error that the plugin itself returned.
func answered(failure *Error, s *status.Status, stderr *tail) error {
	for _, detail := range s.Details() {
		if d, ok := detail.(*harnesspb.Diagnostics); ok && len(d.Diagnostics) > 0 {
			return &DiagnosticsError{Plugin: failure.Plugin, Diagnostics: d.Diagnostics}
		}
	}
	failure.Reason, failure.Err = Refused, errors.New(s.Message())
	switch {
	case s.Code() == codes.Internal && strings.HasPrefix(s.Message(), "panic: "):
		failure.Reason = Crash
		failure.Hint = "this is a mistake in the plugin; tell its author"
		failure.Stderr = stderr.Lines()
	case s.Code() == codes.ResourceExhausted:
		failure.Hint = "one message may have 256 MiB"
	}
	return failure
}
