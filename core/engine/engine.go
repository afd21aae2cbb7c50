package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/gomlx/compute"

	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
)

// Version is part of the keys of all results of the engine. It changes whenever
// results may change.
const Version = "0.2.0"

// Options configure an Engine.
type Options struct {
	// Backend has the form of $GOMLX_BACKEND; empty: look for a runtime.
	Backend string
	Logger  *slog.Logger // nil: silent
}

// Engine computes on one device, which it opens when first needed. Its methods
// may be called from several goroutines; one of them computes at a time.
type Engine struct {
	options     Options
	log         *slog.Logger
	turn        chan struct{} // holds one token: the right to compute
	backend     compute.Backend
	backendName string
	// backendLibrary is the file of the runtime; empty: the backend is part of this
	// program, or the file is not known. runtime is its digest, after the first
	// request for it.
	backendLibrary, runtime string
	speed                   *speed // nil until measured
	networks                *cache[*network]
	states                  *cache[*state]
	bases                   *cache[*base]
	compiled                *cache[*executable]
}

// Limits of the caches between calls. States hold an adapter's weights or a whole
// fine-tuned network, bases a checkpoint's frozen weights.
const (
	keepNetworks    = 16
	keepStates      = 3
	keepBases       = 2
	keepExecutables = 64
)

// New makes an engine. It is cheap: the first call that needs the device opens it,
// and fails if that is not possible.
func New(o Options) *Engine {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Engine{
		options:  o,
		log:      log,
		turn:     make(chan struct{}, 1),
		networks: newCache(keepNetworks, func(*network) {}),
		states:   newCache(keepStates, (*state).free),
		bases:    newCache(keepBases, (*base).free),
		compiled: newCache(keepExecutables, (*executable).free),
	}
}

// Close frees the device once no call computes any more.
func (e *Engine) Close() error {
	e.turn <- struct{}{}
	defer e.end()
	if e.backend == nil {
		return nil
	}
	return guard("close the device", func() error {
		e.states.clear()
		e.bases.clear()
		e.compiled.clear()
		e.backend.Finalize()
		e.backend = nil
		return nil
	})
}

// Describe describes this plugin.
func (e *Engine) Describe(context.Context) *harnesspb.Description {
	return &harnesspb.Description{
		Kind:    "engine",
		Name:    "gomlx",
		Version: Version,
		Summary: "Trains and decodes model graphs with GoMLX on XLA.",
		Schema: &harnesspb.Schema{Attributes: []*harnesspb.Attribute{{
			Name: "backend", Type: "string",
			Description: "What to compute on, as in $GOMLX_BACKEND, in whose place it stands: xla:cpu, xla:cuda, xla:/path/to/plugin.so or go. Without either, XLA on the CPU, and where that is not installed the backend in pure Go, which is many times slower.",
		}}},
		Settings: settings(),
	}
}

// Device opens the device that the configuration names, and describes it.
func (e *Engine) Device(ctx context.Context, r *harnesspb.DeviceRequest) (*harnesspb.DeviceResponse, error) {
	if err := e.configure(ctx, r.GetConfig()); err != nil {
		return nil, err
	}
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.end()
	if e.runtime == "" {
		var err error
		if e.runtime, err = runtimeDigest(e.backendLibrary); err != nil {
			return nil, err
		}
	}
	return &harnesspb.DeviceResponse{
		Backend: e.backendName, Description: e.backend.Description(), Class: e.class(), Runtime: e.runtime, MemoryBytes: e.memory(),
	}, nil
}

// configure sets the study's configuration. It cannot change once the device is
// open.
func (e *Engine) configure(ctx context.Context, config []byte) error {
	if len(config) == 0 {
		return nil
	}
	var c struct {
		Backend string `json:"backend"`
	}
	if err := sdk.Decode(config, &c); err != nil {
		return err
	}
	switch kind, _, _ := strings.Cut(c.Backend, ":"); kind {
	case "":
		return nil
	case "xla", "go":
	default:
		return sdk.Diagnose([]string{"backend"}, "Unknown backend",
			fmt.Sprintf("There is no backend %q: it is xla:cpu, xla:cuda, xla:/path/to/plugin.so or go.", c.Backend))
	}
	if err := e.wait(ctx); err != nil {
		return err
	}
	defer e.end()
	if e.backend != nil && c.Backend != e.options.Backend {
		return fmt.Errorf("the device is already open with the backend %q; it cannot change to %q", e.backendName, c.Backend)
	}
	e.options.Backend = c.Backend
	return nil
}

// wait waits for the right to compute; end returns it.
func (e *Engine) wait(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin waits for the right to compute, and opens the device.
func (e *Engine) begin(ctx context.Context) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	if e.backend != nil {
		return nil
	}
	err := guard("open the device", func() (err error) {
		e.backend, e.backendName, e.backendLibrary, err = openBackend(e.options.Backend, e.log)
		return err
	})
	if err != nil {
		e.backend = nil
		e.end()
	}
	return err
}

func (e *Engine) end() { <-e.turn }

// guard runs f and turns a panic into an error, because GoMLX reports mistakes by
// panicking.
func guard(doing string, f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = asError(cause)
		}
		// GoMLX wraps its messages; the model graph's node is the most useful one.
		if node := (*nodeError)(nil); errors.As(err, &node) {
			err = node
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", doing, err)
		}
	}()
	return f()
}

func asError(cause any) error {
	if err, ok := cause.(error); ok {
		return err
	}
	return fmt.Errorf("%v", cause)
}

// procKilobytes reads one "Name: n kB" line of a file in /proc. It returns 0 if
// there is none.
func procKilobytes(path, name string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == name {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
