// Package protocol holds what the two ends of a plugin connection must agree
// on: how binaries are named, the handshake, the protocol's version, and the
// size of messages. The messages themselves are in harnesspb, generated from
// the .proto files beside this one.
//
// A plugin is a program that, started with the handshake's cookie in its
// environment, prints one go-plugin line on stdout and then serves the gRPC
// services harness.v1.Plugin and the one of its kind, over a socket that is
// secured by one-time certificates. Any language that speaks gRPC will do;
// for Go, core/sdk does all of it.
//
// Versions: a plugin prints the highest protocol version that it and the host
// (which lists its own in PLUGIN_PROTOCOL_VERSIONS) both speak. A new field or
// method is not a new version; a changed meaning is.
package protocol

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Version is the newest protocol version, and at present the only one.
const Version = 1

// MaxMessage is the largest message in bytes that either side accepts.
const MaxMessage = 256 << 20

// WatchStdin is the environment variable with which a host says that it holds
// the other end of the plugin's stdin, so that its end means the host's.
const WatchStdin = "HARNESS_PLUGIN_WATCH_STDIN"

// The kinds of plugins.
const (
	Model     = "model"
	Adapter   = "adapter"
	Benchmark = "benchmark"
	Dataset   = "dataset"
	Engine    = "engine"
)

// Kinds lists the kinds of plugins in the order in which people meet them.
func Kinds() []string { return []string{Model, Adapter, Benchmark, Dataset, Engine} }

// Handshake is what tells a plugin that it was started by a host rather than
// by a curious person. It is not a secret.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{
		ProtocolVersion:  Version,
		MagicCookieKey:   "HARNESS_PLUGIN",
		MagicCookieValue: "b0c6a3a4-harness-plugin",
	}
}

// BinaryName is the file name of a plugin: harness-<kind>-<name>.
func BinaryName(kind, name string) string { return "harness-" + kind + "-" + name }

// ParseBinaryName is the inverse of BinaryName. It reports false for files
// that are not named like plugins.
func ParseBinaryName(file string) (kind, name string, ok bool) {
	rest, found := strings.CutPrefix(file, "harness-")
	if !found {
		return "", "", false
	}
	kind, name, found = strings.Cut(rest, "-")
	if !found || name == "" {
		return "", "", false
	}
	for _, k := range Kinds() {
		if k == kind {
			return kind, name, validName(name)
		}
	}
	return "", "", false
}

func validName(name string) bool {
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case (r == '-' || r == '_') && i > 0:
		default:
			return false
		}
	}
	return true
}

// Plugins is the go-plugin set of both sides. The serving side passes
// register, the host nil.
func Plugins(kind string, register func(grpc.ServiceRegistrar)) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{
		Version: {kind: &glue{kind: kind, register: register}},
	}
}

type glue struct {
	goplugin.NetRPCUnsupportedPlugin
	kind     string
	register func(grpc.ServiceRegistrar)
}

func (g *glue) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	if g.register == nil {
		return fmt.Errorf("this side does not serve %s plugins", g.kind)
	}
	g.register(s)
	return nil
}

// GRPCClient is not how the host gets at a plugin: it takes the connection
// itself, to supervise every call on it.
func (g *glue) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("the connection is used directly")
}
