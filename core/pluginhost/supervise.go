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

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"harness/core/protocol"
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
	call := call{process: process, method: method, caller: ctx, ctx: ctx, mark: process.child.stderr.Mark(), config: configOf(args)}
	if _, has := ctx.Deadline(); !has {
		call.limit = p.host.options.CallTimeout
	}
	if method == harnesspb.Plugin_Describe_FullMethodName {
		call.limit = p.host.options.StartTimeout
	}
	if call.limit > 0 {
		var cancel context.CancelFunc
		call.ctx, cancel = context.WithTimeoutCause(ctx, call.limit, errNoAnswer)
		defer cancel()
	}
	process.enter()
	defer process.exit()
	return call.explain(process.conn.Invoke(call.ctx, method, args, reply, options...))
}

// NewStream implements grpc.ClientConnInterface.
func (p *plugin) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	process, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	streamCtx, cancel := context.WithCancelCause(ctx)
	call := call{process: process, method: method, caller: ctx, ctx: streamCtx, mark: process.child.stderr.Mark()}
	inner, err := process.conn.NewStream(streamCtx, desc, method, options...)
	if err != nil {
		err = call.explain(err)
		cancel(nil)
		return nil, err
	}
	s := &stream{ClientStream: inner, call: call, cancel: cancel}
	process.enter()
	limit := p.host.options.StallTimeout
	s.stall = time.AfterFunc(limit, func() { cancel(errStalled) })
	// Whoever abandons a stream cancels its context, as gRPC demands.
	context.AfterFunc(streamCtx, s.end)
	return s, nil
}

// call is a call in flight.
type call struct {
	process *process
	method  string
	caller  context.Context // that it was made with
	ctx     context.Context // that it runs with
	limit   time.Duration   // that the host itself set; 0: none
	mark    int             // what the process had written when it began
	config  []byte          // of the block that the request is about; nil: it names none
}

// configOf is the block's configuration that most requests have.
func configOf(request any) []byte {
	if r, ok := request.(interface{ GetConfig() []byte }); ok {
		return r.GetConfig()
	}
	return nil
}

// stream is a supervised stream. One that ends in any way has left its process.
type stream struct {
	grpc.ClientStream
	call
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
	if s.config == nil {
		s.config = configOf(message)
	}
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
	err = s.explain(err)
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

// explain turns gRPC's error of a failed call into one for people.
func (c *call) explain(err error) error {
	if err == nil {
		return nil
	}
	p := c.process
	s, _ := status.FromError(err)
	c.awaitDeadline(s.Code())
	name, method := label(p.plugin.kind, p.plugin.name), path.Base(c.method)
	if c.caller.Err() != nil {
		return fmt.Errorf("%s: %s: %w", name, method, context.Cause(c.caller))
	}
	failure := &Error{Plugin: name, Path: p.plugin.path, Method: method}
	switch cause := context.Cause(c.ctx); {
	case errors.Is(cause, errNoAnswer):
		p.hang(fmt.Errorf("it did not answer within %v and has been killed", c.limit))
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
		if c.method == harnesspb.Plugin_Describe_FullMethodName {
			failure.Hint = "a plugin describes itself at once, without looking at files or the network; reinstall it, or remove the file"
		}
		failure.Stderr = p.child.stderr.Since(c.mark)
		return failure
	}
	if state := p.child.exited(); state != nil {
		p.child.drain()
		failure.Reason, failure.Err = Crash, fmt.Errorf("it crashed: %s", ended(state))
		failure.Hint = "the next call starts it again; if it happens again, tell the plugin's author"
		failure.Stderr = p.child.stderr.Since(c.mark)
		return failure
	}
	return c.answered(failure, s)
}

// awaitDeadline makes sure that a deadline which the other side noticed first
// is seen here, too.
func (c *call) awaitDeadline(code codes.Code) {
	if code != codes.DeadlineExceeded && code != codes.Canceled {
		return
	}
	if deadline, ok := c.ctx.Deadline(); ok && time.Until(deadline) < time.Second {
		<-c.ctx.Done()
	}
}

// answered explains an error that the plugin itself returned.
func (c *call) answered(failure *Error, s *status.Status) error {
	for _, detail := range s.Details() {
		if d, ok := detail.(*harnesspb.Diagnostics); ok && len(d.Diagnostics) > 0 {
			return &DiagnosticsError{Kind: c.process.plugin.kind, Name: c.process.plugin.name, Config: c.config, Diagnostics: d.Diagnostics}
		}
	}
	failure.Reason, failure.Err = Refused, errors.New(s.Message())
	switch {
	case s.Code() == codes.Internal && strings.HasPrefix(s.Message(), "panic: "):
		failure.Reason = Crash
		failure.Hint = "this is a mistake in the plugin; tell its author"
		failure.Stderr = c.process.child.stderr.Since(c.mark)
	case s.Code() == codes.ResourceExhausted:
		failure.Hint = fmt.Sprintf("one message may have %d MiB", protocol.MaxMessage>>20)
	}
	return failure
}
