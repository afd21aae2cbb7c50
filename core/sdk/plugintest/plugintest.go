// Package plugintest helps to test plugins. It serves a plugin over real gRPC in the
// test's own process, so that values which cannot be transferred are found, and checks
// what the host relies on.
//
//	func TestPlugin(t *testing.T) {
//		plugintest.Describe(t, "adapter", lora{})
//		a := plugintest.Adapter(t, lora{})
//		response, err := a.Attach(t.Context(), …)
//	}
package plugintest

import (
	"context"
	"net"
	"os"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"harness/core/protocol"
	"harness/core/protocol/client"
	"harness/core/sdk"
	"harness/core/sdk/adapter"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/dataset"
	"harness/core/sdk/engine"
	"harness/core/sdk/internal/serve"
	"harness/core/sdk/model"
)

// Model serves a model plugin until the test ends.
func Model(t testing.TB, m sdk.Describer) *client.Model {
	t.Helper()
	return client.NewModel(base(t, func(r grpc.ServiceRegistrar) { model.Register(r, m) }))
}

// Adapter serves an adapter plugin until the test ends.
func Adapter(t testing.TB, a sdk.Describer) *client.Adapter {
	t.Helper()
	return client.NewAdapter(base(t, func(r grpc.ServiceRegistrar) { adapter.Register(r, a) }))
}

// Benchmark serves a benchmark plugin until the test ends.
func Benchmark(t testing.TB, b benchmark.Benchmark) *client.Benchmark {
	t.Helper()
	return client.NewBenchmark(base(t, func(r grpc.ServiceRegistrar) { benchmark.Register(r, b) }))
}

// Dataset serves a dataset plugin until the test ends.
func Dataset(t testing.TB, d dataset.Dataset) *client.Dataset {
	t.Helper()
	return client.NewDataset(base(t, func(r grpc.ServiceRegistrar) { dataset.Register(r, d) }))
}

// Engine serves an engine plugin until the test ends.
func Engine(t testing.TB, e engine.Engine) *client.Engine {
	t.Helper()
	return client.NewEngine(base(t, func(r grpc.ServiceRegistrar) { engine.Register(r, e) }))
}

func base(t testing.TB, register func(grpc.ServiceRegistrar)) client.Base {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := serve.NewServer(func() {}, os.Stderr)
	register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:plugin",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(protocol.MaxMessage), grpc.MaxCallSendMsgSize(protocol.MaxMessage)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serving the plugin: %v", err)
		}
	})
	description, err := client.Describe(context.Background(), conn)
	if err != nil {
		t.Fatalf("the plugin does not describe itself: %v", err)
	}
	return client.NewBase(conn, description)
}
