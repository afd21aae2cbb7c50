// Command harness-engine-gomlx is the engine that ships: a worker process that
// trains and decodes model graphs with GoMLX. The environment variable
// GOMLX_BACKEND chooses what it computes on (see package core/engine). On Linux
// it starts itself again with an allocator that suits XLA (see withAllocator).
//
// Called by hand as "harness-engine-gomlx install" it brings the XLA CPU
// runtime into the user's cache folder.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	gomlx "harness/core/engine"
	"harness/core/engine/xlaruntime"
	"harness/core/sdk/engine"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "install" {
		os.Exit(install())
	}
	withAllocator()
	engine.Serve(gomlx.New(gomlx.Options{
		Backend: os.Getenv("GOMLX_BACKEND"),
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}))
}

func install() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path, err := xlaruntime.Install(ctx, func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "harness-engine-gomlx:", err)
		return 1
	}
	fmt.Println("XLA runtime:", path)
	return 0
}
