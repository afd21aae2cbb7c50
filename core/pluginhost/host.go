// Package pluginhost finds plugin binaries, starts them and supervises them.
//
// A Host keeps at most one process a plugin, started by the first call that
// needs it and started again after a crash by the next. Every call is watched:
// one that has no deadline gets one, one whose process stops answering health
// checks ends with the process killed, and every failure names the plugin,
// says what happened and quotes what the plugin wrote last. Clients implement
// the interfaces of core/sdk, so that a plugin in another process is used like
// one in this.
//
// Nothing but a binary whose content has the checksum that was reported for it
// is ever started. A plugin gets a short list of environment variables, not
// the host's.
package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"harness/core/internal/didyoumean"
	"harness/core/protocol"
	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
)

// Options says where plugins are and how long they may take.
type Options struct {
	// Dirs are the folders with plugin binaries, the first winning. Default:
	// the folder of the running program, then those in $HARNESS_PLUGINS.
	Dirs []string
	// Logger gets what plugins log: warnings and errors as such, all else, such
	// as what go-plugin has to say, for debugging. Default: nothing is logged.
	Logger *slog.Logger
	// StartTimeout bounds the time until a plugin is ready, and the time that it
	// then takes to describe itself. Default: 10 s.
	StartTimeout time.Duration
	// CallTimeout bounds calls with one answer whose context has no deadline.
	// Default: 10 min.
	CallTimeout time.Duration
	// StallTimeout bounds the time without a message on a streaming call.
	// Default: 1 h, since a first training step may have to be compiled.
	StallTimeout time.Duration
	// HealthInterval is how often a process is asked for its health while a
	// call runs. It is killed when it is silent three times. Default: 10 s.
	HealthInterval time.Duration
	// Allow is asked before a plugin is started; an error keeps it from that.
	// Default: all are allowed.
	Allow func(kind, name, checksum string) error
}

// Info is what is known of a plugin.
type Info struct {
	Name     string
	Kind     string
	Version  string
	Protocol int    // as negotiated
	Checksum string // sha256 of the binary, in hex
	Path     string
	Err      error // why it cannot be used; nil if it can
}

// Host runs plugins. It is safe for concurrent use.
type Host struct {
	options Options

	mu      sync.Mutex
	plugins []*plugin // nil: not yet looked for
	closed  bool
}

// New returns a host. It starts nothing and reads nothing yet.
func New(options Options) *Host {
	setDefault(&options.StartTimeout, 10*time.Second)
	setDefault(&options.CallTimeout, 10*time.Minute)
	setDefault(&options.StallTimeout, time.Hour)
	setDefault(&options.HealthInterval, 10*time.Second)
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if options.Dirs == nil {
		options.Dirs = defaultDirs()
	}
	return &Host{options: options}
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

func defaultDirs() []string {
	var dirs []string
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(self))
	}
	return append(dirs, filepath.SplitList(os.Getenv("HARNESS_PLUGINS"))...)
}

// Close ends all plugins. Calls in flight fail, and later ones are refused.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	plugins := h.plugins
	h.mu.Unlock()
	var wait sync.WaitGroup
	for _, p := range plugins {
		wait.Add(1)
		go func() {
			defer wait.Done()
			p.stop()
		}()
	}
	wait.Wait()
	return nil
}

var errClosed = errors.New("the plugin host is closed")

func (h *Host) all() ([]*plugin, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	if h.plugins != nil {
		return h.plugins, nil
	}
	found, err := find(h.options.Dirs)
	if err != nil {
		return nil, err
	}
	h.plugins = make([]*plugin, len(found))
	for i, b := range found {
		h.plugins[i] = &plugin{binary: b, host: h}
	}
	return h.plugins, nil
}

func (h *Host) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

func (h *Host) lookup(kind, name string) (*plugin, error) {
	plugins, err := h.all()
	if err != nil {
		return nil, err
	}
	for _, p := range plugins {
		if p.kind == kind && p.name == name {
			return p, nil
		}
	}
	text := fmt.Sprintf("there is no file %s in %s", protocol.BinaryName(kind, name), strings.Join(h.options.Dirs, ", "))
	hint := "put it into one of these folders, or name another one in HARNESS_PLUGINS"
	names := namesOf(plugins, kind)
	if near := didyoumean.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(names) > 0 {
		hint = fmt.Sprintf("%s plugins there: %s; %s", kind, strings.Join(names, ", "), hint)
	}
	return nil, &Error{Plugin: label(kind, name), Reason: Refused, Err: errors.New(text), Hint: hint}
}

func namesOf(plugins []*plugin, kind string) []string {
	var names []string
	for _, p := range plugins {
		if p.kind == kind {
			names = append(names, p.name)
		}
	}
	return names
}

func label(kind, name string) string { return fmt.Sprintf("%s plugin %q", kind, name) }

// Names lists the names of the plugins of a kind, sorted, whether they work or
// not. It starts none.
func (h *Host) Names(kind string) []string {
	plugins, err := h.all()
	if err != nil {
		return nil
	}
	names := namesOf(plugins, kind)
	sort.Strings(names)
	return names
}

// List describes all plugins. One that does not work has Err set, and keeps
// nothing from the others. Processes that were started for it are ended.
func (h *Host) List(ctx context.Context) ([]Info, error) {
	plugins, err := h.all()
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(plugins))
	var group errgroup.Group
	group.SetLimit(8)
	for i, p := range plugins {
		group.Go(func() error {
			running := p.running()
			infos[i] = p.info(ctx)
			if !running {
				p.stop()
			}
			return nil
		})
	}
	_ = group.Wait()
	return infos, ctx.Err()
}

// Info describes one plugin. Where it cannot be used the error says why, and
// is also the Info's.
func (h *Host) Info(ctx context.Context, kind, name string) (Info, error) {
	p, err := h.lookup(kind, name)
	if err != nil {
		return Info{Name: name, Kind: kind, Err: err}, err
	}
	info := p.info(ctx)
	return info, info.Err
}

// Describe returns a plugin's description.
func (h *Host) Describe(ctx context.Context, kind, name string) (*harnesspb.Description, error) {
	p, err := h.lookup(kind, name)
	if err != nil {
		return nil, err
	}
	description, _, err := p.describe(ctx)
	if err != nil {
		return nil, err
	}
	return proto.Clone(description).(*harnesspb.Description), nil
}

// Resolve checks a configuration beyond its schema. The response is empty
// where the plugin has nothing to resolve.
func (h *Host) Resolve(ctx context.Context, kind, name string, request *harnesspb.ResolveRequest) (*harnesspb.ResolveResponse, error) {
	base, err := h.base(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	return base.Resolve(ctx, request)
}

func (h *Host) base(ctx context.Context, kind, name string) (client.Base, error) {
	p, err := h.lookup(kind, name)
	if err != nil {
		return client.Base{}, err
	}
	description, _, err := p.describe(ctx)
	if err != nil {
		return client.Base{}, err
	}
	return client.NewBase(p, description), nil
}

// Model returns a client of a model plugin.
func (h *Host) Model(ctx context.Context, name string) (*client.Model, error) {
	base, err := h.base(ctx, protocol.Model, name)
	if err != nil {
		return nil, err
	}
	return client.NewModel(base), nil
}

// Adapter returns a client of an adapter plugin.
func (h *Host) Adapter(ctx context.Context, name string) (*client.Adapter, error) {
	base, err := h.base(ctx, protocol.Adapter, name)
	if err != nil {
		return nil, err
	}
	return client.NewAdapter(base), nil
}

// Benchmark returns a client of a benchmark plugin.
func (h *Host) Benchmark(ctx context.Context, name string) (*client.Benchmark, error) {
	base, err := h.base(ctx, protocol.Benchmark, name)
	if err != nil {
		return nil, err
	}
	return client.NewBenchmark(base), nil
}

// Dataset returns a client of a dataset plugin.
func (h *Host) Dataset(ctx context.Context, name string) (*client.Dataset, error) {
	base, err := h.base(ctx, protocol.Dataset, name)
	if err != nil {
		return nil, err
	}
	return client.NewDataset(base), nil
}

// Engine returns a client of an engine plugin.
func (h *Host) Engine(ctx context.Context, name string) (*client.Engine, error) {
	base, err := h.base(ctx, protocol.Engine, name)
	if err != nil {
		return nil, err
	}
	return client.NewEngine(base), nil
}
