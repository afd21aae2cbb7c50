// Package benchmark is for plugins with a set of bugs and a way to judge patched
// programs.
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
	ImportRequest        = harnesspb.ImportRequest
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

// The outcomes of a candidate.
const (
	Passed       = harnesspb.Outcome_OUTCOME_PASSED
	Failed       = harnesspb.Outcome_OUTCOME_FAILED
	Uncompilable = harnesspb.Outcome_OUTCOME_UNCOMPILABLE
	Timeout      = harnesspb.Outcome_OUTCOME_TIMEOUT
	Crashed      = harnesspb.Outcome_OUTCOME_CRASHED
	Flaky        = harnesspb.Outcome_OUTCOME_FLAKY
	Error        = harnesspb.Outcome_OUTCOME_ERROR
)

// The reasons of outcomes, as far as they are known.
const (
	Limit     = harnesspb.Reason_REASON_LIMIT
	Interface = harnesspb.Reason_REASON_INTERFACE
	Memory    = harnesspb.Reason_REASON_MEMORY
	Platform  = harnesspb.Reason_REASON_PLATFORM
	Forbidden = harnesspb.Reason_REASON_FORBIDDEN
	Caller    = harnesspb.Reason_REASON_CALLER
)

// The failures of a box: values of VerdictRequest's failure.
const (
	BoxTimeout = "timeout" // no answer in time
	BoxDied    = "died"    // its service ended, or its answer was malformed
	BoxOOM     = "oom"     // its service ended, and the box had run out of memory
	// BoxTooLarge: the request is larger than a box takes.
	BoxTooLarge = "too-large"
)

// Benchmark is a set of bugs.
type Benchmark interface {
	sdk.Describer
	// Fetch writes the files that the other methods need into the request's folder, which
	// is empty before and must not change afterwards. Progress may be called at any time,
	// from one goroutine at a time; its notes are kept and shown with results.
	Fetch(ctx context.Context, request *FetchRequest, progress func(*FetchEvent)) error
	// Bugs sends the bugs in the benchmark's canonical order. A bug that cannot be judged is
	// sent, too, with the reason (BugRecord.Unsound): it counts for no model and is named.
	Bugs(ctx context.Context, request *BugsRequest, send func(*BugRecord) error) error
	// Environments lists the environments that Check names.
	Environments(ctx context.Context, request *EnvironmentsRequest) (*EnvironmentsResponse, error)
	// Check returns the request to the sandbox that judges one patched file. If the
	// request's LimitMs is not 0, it replaces the benchmark's own limit of one run of the
	// tests; TimeoutMs of the answer must also allow time for everything else.
	Check(ctx context.Context, request *CheckRequest) (*CheckResponse, error)
	// Verdict turns the sandbox's reply into a verdict.
	Verdict(ctx context.Context, request *VerdictRequest) (*VerdictResponse, error)
}

// Exporter is implemented by benchmarks that can write their bugs in a layout that can
// be used without the benchmark's own tools.
type Exporter interface {
	// Export writes the bugs into the request's folder, which may hold bugs of an earlier
	// export. If it is stopped, each bug is there completely or not at all.
	Export(ctx context.Context, request *ExportRequest, progress func(*FetchEvent)) error
}

// Importer is implemented by benchmarks whose layout takes the bugs of other projects.
type Importer interface {
	// Import writes a bug of a repository into the request's folder: completely, or not at
	// all. One that is there already is kept.
	Import(ctx context.Context, request *ImportRequest, progress func(*FetchEvent)) error
}

// Serve serves a benchmark until the host ends it. It is all that main does.
func Serve(b Benchmark) {
	serve.Serve(protocol.Benchmark, func(r grpc.ServiceRegistrar) { Register(r, b) })
}

// Register adds a benchmark's services to a gRPC server that is not started by Serve.
func Register(r grpc.ServiceRegistrar, b Benchmark) {
	serve.Register(r, protocol.Benchmark, b)
	harnesspb.RegisterBenchmarkServer(r, &server{benchmark: b})
}

type server struct {
	harnesspb.UnimplementedBenchmarkServer
	benchmark Benchmark
}

func (s *server) Fetch(request *FetchRequest, stream harnesspb.Benchmark_FetchServer) error {
	// Progress that cannot be sent does not end the call: if the host is gone, the context
	// ends it.
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

func (s *server) Import(request *ImportRequest, stream harnesspb.Benchmark_ImportServer) error {
	importer, ok := s.benchmark.(Importer)
	if !ok {
		return serve.Missing(protocol.Benchmark, "Import")
	}
	return importer.Import(stream.Context(), request, func(e *FetchEvent) { _ = stream.Send(e) })
}
