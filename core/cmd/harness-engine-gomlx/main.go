// Command harness-engine-gomlx is the engine that ships: a worker process that
// trains and decodes model graphs with GoMLX. The environment variable
// GOMLX_BACKEND chooses what it computes on (see package core/engine).
package main

import (
	"log/slog"
	"os"

	gomlx "harness/core/engine"
	"harness/core/sdk/engine"
)

func main() {
	engine.Serve(gomlx.New(gomlx.Options{
		Backend: os.Getenv("GOMLX_BACKEND"),
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}))
}
