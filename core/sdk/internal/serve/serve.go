// Package serve serves plugins of all kinds.
package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
)

// Serve runs a plugin process until its host ends it or has ended.
func Serve(kind string, register func(grpc.ServiceRegistrar)) {
	stderr := os.Stderr
	if os.Getenv(protocol.WatchStdin) != "" {
		go exitWithHost(os.Stdin, stderr)
	}
	// go-plugin redirects os.Stdout and os.Stderr to a stream of its own, which loses the
	// last output of a crashing plugin. Both are set to the real stderr again before the
	// first request.
	restore := sync.OnceFunc(func() { os.Stdout, os.Stderr = stderr, stderr })
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  protocol.Handshake(),
		VersionedPlugins: protocol.Plugins(kind, register),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return NewServer(restore, stderr, options...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{
			Name: protocol.BinaryName(kind, "plugin"), Level: hclog.Warn, Output: stderr, JSONFormat: true,
		}),
	})
}

// exitWithHost ends the process when the host has ended in any way. The host keeps the
// other end of stdin open and writes nothing to it.
func exitWithHost(stdin io.Reader, stderr io.Writer) {
	_, _ = io.Copy(io.Discard, stdin)
	fmt.Fprintln(stderr, "the host is gone; leaving")
	os.Exit(1)
}

// NewServer makes a gRPC server with this project's message sizes. It converts the errors
// of methods to statuses; a panic ends one call and writes its stack to stderr. Before
// runs before each call.
func NewServer(before func(), stderr io.Writer, options ...grpc.ServerOption) *grpc.Server {
	options = append(options,
		grpc.MaxRecvMsgSize(protocol.MaxMessage),
		grpc.MaxSendMsgSize(protocol.MaxMessage),
		grpc.ChainUnaryInterceptor(func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
			before()
			defer recoverInto(&err, info.FullMethod, stderr)
			response, err = handler(ctx, request)
			return response, sdk.Status(err)
		}),
		grpc.ChainStreamInterceptor(func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
			before()
			defer recoverInto(&err, info.FullMethod, stderr)
			return sdk.Status(handler(server, stream))
		}))
	return grpc.NewServer(options...)
}

func recoverInto(err *error, method string, stderr io.Writer) {
	r := recover()
	if r == nil {
		return
	}
	fmt.Fprintf(stderr, "panic in %s: %v\n%s", method, r, trimStack(debug.Stack()))
	*err = status.Errorf(codes.Internal, "panic: %v", r)
}

// trimStack removes the frames above the function that panicked.
func trimStack(stack []byte) []byte {
	_, below, found := bytes.Cut(stack, []byte("\npanic("))
	if !found {
		return stack
	}
	lines := bytes.SplitN(below, []byte("\n"), 3)
	return lines[len(lines)-1]
}

// Register adds the service of plugins of all kinds.
func Register(r grpc.ServiceRegistrar, kind string, plugin sdk.Describer) {
	harnesspb.RegisterPluginServer(r, &base{kind: kind, plugin: plugin})
}

type base struct {
	harnesspb.UnimplementedPluginServer
	kind   string
	plugin sdk.Describer
}

func (b *base) Describe(ctx context.Context, _ *harnesspb.DescribeRequest) (*harnesspb.Description, error) {
	description := b.plugin.Describe(ctx)
	if description == nil {
		return nil, status.Errorf(codes.Internal, "the %s plugin describes itself as nil", b.kind)
	}
	description = proto.Clone(description).(*harnesspb.Description)
	description.Kind = b.kind
	return description, nil
}

func (b *base) Resolve(ctx context.Context, request *harnesspb.ResolveRequest) (*harnesspb.ResolveResponse, error) {
	resolver, ok := b.plugin.(sdk.Resolver)
	if !ok {
		return &harnesspb.ResolveResponse{}, nil
	}
	return resolver.Resolve(ctx, request)
}

// Missing returns the error of a method that the plugin does not implement.
func Missing(kind, ability string) error {
	return status.Errorf(codes.Unimplemented, "this %s plugin does not have the ability %s", kind, ability)
}
