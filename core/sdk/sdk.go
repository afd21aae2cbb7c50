// Package sdk is the package that authors of plugins in Go import, together with the
// package of the plugin's kind: sdk/model, sdk/adapter, sdk/benchmark, sdk/dataset or
// sdk/engine.
//
// A plugin is a value with a few methods and a main that serves it:
//
//	func main() { model.Serve(codegen{}) }
//
// The host calls the methods of a plugin in this order:
//
//  1. Describe, when a study is read. It returns the plugin's description and the
//     schema of its block. It must be fast: `harness validate` calls nothing else.
//  2. Resolve, if the plugin has it, when a study is planned. It checks what a schema
//     cannot, and identifies the outside data (by a digest, a commit).
//  3. The methods of the kind, in any order and from several goroutines. Each call has
//     the configuration, checked against the schema and with defaults filled in, so
//     that a plugin keeps no state.
//
// Methods return ordinary errors. Mistakes in the study's text are reported with
// Diagnose, so that the user sees file and line.
package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"harness/core/protocol/harnesspb"
)

// The messages of all kinds of plugins.
type (
	Description     = harnesspb.Description
	Schema          = harnesspb.Schema
	Attribute       = harnesspb.Attribute
	Block           = harnesspb.Block
	ResolveRequest  = harnesspb.ResolveRequest
	ResolveResponse = harnesspb.ResolveResponse
)

// Describer is implemented by every plugin.
type Describer interface {
	// Describe returns the plugin's description. Serve fills in the kind.
	Describe(ctx context.Context) *Description
}

// Resolver is implemented by plugins whose configuration names outside data, or has
// values that must fit together in ways that a schema cannot express.
type Resolver interface {
	Resolve(ctx context.Context, request *ResolveRequest) (*ResolveResponse, error)
}

// Diagnose makes an error that the host shows as a diagnostic at an attribute of the
// plugin's block. The path leads from the block's body to the attribute; an empty path
// means the whole block. The summary says in a few words what is wrong; the detail says
// why and what to do. The host finds several of them in wrapped errors and in those of
// errors.Join.
func Diagnose(path []string, summary, detail string) error {
	return &diagnosticError{&harnesspb.Diagnostic{Summary: summary, Detail: detail, Path: path}}
}

type diagnosticError struct{ diagnostic *harnesspb.Diagnostic }

func (e *diagnosticError) Error() string {
	if e.diagnostic.Detail == "" {
		return e.diagnostic.Summary
	}
	return e.diagnostic.Summary + ": " + e.diagnostic.Detail
}

// Status converts the error of a method to a gRPC status with every diagnostic in err's
// tree. Serve applies it to all methods.
func Status(err error) error {
	if err == nil {
		return nil
	}
	if found := diagnostics(err, nil); len(found) > 0 {
		s, detailErr := status.New(codes.InvalidArgument, err.Error()).
			WithDetails(&harnesspb.Diagnostics{Diagnostics: found})
		if detailErr != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		return s.Err()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	}
	return status.Error(codes.Unknown, err.Error())
}

func diagnostics(err error, found []*harnesspb.Diagnostic) []*harnesspb.Diagnostic {
	if d, ok := err.(*diagnosticError); ok {
		return append(found, d.diagnostic)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return diagnostics(inner, found)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			found = diagnostics(inner, found)
		}
	}
	return found
}

// Decode reads a configuration into the struct that v points to. A field that the struct
// lacks is an error, since the plugin would ignore an attribute of its schema. An empty
// configuration is an empty object.
func Decode(config []byte, v any) error {
	if len(bytes.TrimSpace(config)) == 0 {
		config = []byte("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("decoding configuration: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("decoding configuration: there is more after the JSON object")
	}
	return nil
}
