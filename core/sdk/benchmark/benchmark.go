// Package benchmark is for plugins that bring a set of bugs and the way to
// judge a patched program.
package benchmark

import (
	"context"

	"google.golang.org/grpc"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/internal/serve"
)

// The messages of benchmark plugins. Their fields are documented in
// core/protocol/proto/harness/v1/benchmark.proto and bug.proto.
type (
	Description          = harnesspb.Description
	FetchRequest         = harnesspb.FetchRequest
	FetchEvent           = harnesspb.FetchEvent
	ExportRequest        = harnesspb.ExportRequest
	BugsRequest          = harnesspb.BugsRequest
	BugRecord            = harnesspb.BugRecord
	Bug                  = harnesspb.Bug
	Span                 = harnesspb.Span
	EnvironmentsRequest  = harnesspb.EnvironmentsRequest
	EnvironmentsResponse = harnesspb.EnvironmentsResponse
	Environment          = harnesspb.Environment
	Requirement          = harnesspb.Requirement
	Limits               = harnesspb.Limits
	Method               = harnesspb.Method
	Mount                = harnesspb.Mount
	CheckRequest         = harnesspb.CheckRequest
	CheckResponse        = harnesspb.CheckResponse
	VerdictRequest       = harnesspb.VerdictRequest
	VerdictResponse      = harnesspb.VerdictResponse
	Outcome              = harnesspb.Outcome
	Reason               = harnesspb.Reason
)

// What may come of a candidate.
const (
	Passed       = harnesspb.Outcome_OUTCOME_PASSED
	Failed       = harnesspb.Outcome_OUTCOME_FAILED
	Uncompilable = harnesspb.Outcome_OUTCOME_UNCOMPILABLE
	Timeout      = harnesspb.Outcome_OUTCOME_TIMEOUT
	Crashed      = harnesspb.Outcome_OUTCOME_CRASHED
	Error        = harnesspb.Outcome_OUTCOME_ERROR
)

// Why it came to that, where it is known.
const (
	Limit     = harnesspb.Reason_REASON_LIMIT
	Interface = harnesspb.Reason_REASON_INTERFACE
	Memory    = harnesspb.Reason_REASON_MEMORY
	Platform  = harnesspb.Reason_REASON_PLATFORM
)

// Why a box gave no answer: the words of VerdictRequest's failure.
const (
	BoxTimeout = "timeout" // it was late
	BoxDied    = "died"    // its service ended, or answered nonsense
	BoxOOM     = "oom"     // its service ended, and the box had run out of memory
)

// Benchmark is a set of bugs.
type Benchmark interface {
	sdk.Describer
	// Fetch puts what the other methods need into the request's folder, which
	// is empty before and immutable afterwards. Progress may be called at any
	// time from one goroutine at a time.
	Fetch(ctx context.Context, request *FetchRequest, progress func(*FetchEvent)) error
	// Bugs sends the bugs in the benchmark's canonical order.
	Bugs(ctx context.Context, request *BugsRequest, send func(*BugRecord) error) error
	// Environments lists the boxes that Check names.
	Environments(ctx context.Context, request *EnvironmentsRequest) (*EnvironmentsResponse, error)
	// Check says what the sandbox must do to judge one patched file. The request's
	// LimitMs, where it is not 0, takes the place of the benchmark's own limit on one
	// run of the tests; TimeoutMs of the answer leaves time for all else beside it.
	Check(ctx context.Context, request *CheckRequest) (*CheckResponse, error)
	// Verdict reads what the sandbox found.
	Verdict(ctx context.Context, request *VerdictRequest) (*VerdictResponse, error)
}

// Exporter is for benchmarks that can write their bugs in a layout from which
// they are served where the benchmark's own tools are not installed.
type Exporter interface {
	// Export writes the bugs into the request's folder, which may hold bugs of an
	// earlier export: a bug is there whole or not at all, whenever it is stopped.
	Export(ctx context.Context, request *ExportRequest, progress func(*FetchEvent)) error
}

// Serve serves a benchmark, and does not return before the host has let go of
// it. It is all that main does.
func Serve(b Benchmark) {
	serve.Serve(protocol.Benchmark, func(r grpc.ServiceRegistrar) { Register(r, b) })
}

// Register adds a benchmark's services to a gRPC server, for those who serve
// it by other means than Serve.
func Register(r grpc.ServiceRegistrar, b Benchmark) {
	serve.Register(r, protocol.Benchmark, b)
	harnesspb.RegisterBenchmarkServer(r, &server{benchmark: b})
}

type server struct {
	harnesspb.UnimplementedBenchmarkServer
	benchmark Benchmark
}

func (s *server) Fetch(request *FetchRequest, stream harnesspb.Benchmark_FetchServer) error {
	// Progress that cannot be delivered is no reason to stop: if the host is
	// gone, the context says so.
	return s.benchmark.Fetch(stream.Context(), request, func(e *FetchEvent) { _ = stream.Send(e) })
}

func (s *server) Bugs(request *BugsRequest, stream harnesspb.Benchmark_BugsServer) error {
	return s.benchmark.Bugs(stream.Context(), request, stream.Send)
}

func (s *server) Environments(ctx context.Context, request *EnvironmentsRequest) (*EnvironmentsResponse, error) {
	return s.benchmark.Environments(ctx, request)
}

func (s *server) Check(ctx context.Context, request *CheckRequest) (*CheckResponse, error) {
	return s.benchmark.Check(ctx, request)
}

func (s *server) Verdict(ctx context.Context, request *VerdictRequest) (*VerdictResponse, error) {
	return s.benchmark.Verdict(ctx, request)
}

func (s *server) Export(request *ExportRequest, stream harnesspb.Benchmark_ExportServer) error {
	exporter, ok := s.benchmark.(Exporter)
	if !ok {
		return serve.Missing(protocol.Benchmark, "Export")
	}
	return exporter.Export(stream.Context(), request, func(e *FetchEvent) { _ = stream.Send(e) })
}
