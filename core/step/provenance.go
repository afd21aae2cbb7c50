package step

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"harness/core/judge"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
)

// Provenance is what accompanied a step and decided nothing. It is part of
// step.json.
type Provenance struct {
	Harness string         `json:"harness"` // version of this program
	Plugins []UsedPlugin   `json:"plugins,omitempty"`
	Device  *ComputeDevice `json:"device,omitempty"`  // that trained or decoded
	Sandbox *judge.Boxes   `json:"sandbox,omitempty"` // that judged
	Machine Machine        `json:"machine"`
	Start   time.Time      `json:"start"`
	End     time.Time      `json:"end"`
	// PeakMemory of the engine's process, in bytes, where it said so.
	PeakMemory int64 `json:"peak_memory_bytes,omitempty"`

	mu sync.Mutex
}

// UsedPlugin is a plugin that a step called.
type UsedPlugin struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Checksum string `json:"checksum"` // SHA-256 of the binary
}

// ComputeDevice is what an engine computed on.
type ComputeDevice struct {
	Class       string `json:"class"`       // cpu, cuda, go
	Backend     string `json:"backend"`     // "xla:cpu"
	Description string `json:"description"` // of the device and its runtime
	Runtime     string `json:"runtime,omitempty"`
	Memory      int64  `json:"memory_bytes,omitempty"` // 0: not known
}

// Machine is where a step ran.
type Machine struct {
	Host string `json:"host,omitempty"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
}

func thisMachine() Machine {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return Machine{Host: host, OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
}

// begin gives a step a provenance of its own.
func (e *Env) begin() {
	e.provenance = &Provenance{Harness: e.Version, Machine: thisMachine(), Start: time.Now().UTC().Round(time.Second)}
	e.Plugins = &watched{Plugins: e.Plugins, used: e.provenance}
	if e.Progress == nil {
		e.Progress = func(int64, int64, string) {}
	}
}

// end completes the provenance.
func (e *Env) end(context.Context) (*Provenance, error) {
	p := e.provenance
	p.mu.Lock()
	defer p.mu.Unlock()
	p.End = time.Now().UTC().Round(time.Second)
	slices.SortFunc(p.Plugins, func(a, b UsedPlugin) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return p, nil
}

// watched notes the plugins that a step gets.
type watched struct {
	Plugins
	used *Provenance
}

func (w *watched) note(ctx context.Context, kind, name string) error {
	info, err := w.Info(ctx, kind, name)
	if err != nil {
		return err
	}
	w.used.mu.Lock()
	defer w.used.mu.Unlock()
	one := UsedPlugin{info.Kind, info.Name, info.Version, info.Checksum}
	if !slices.Contains(w.used.Plugins, one) {
		w.used.Plugins = append(w.used.Plugins, one)
	}
	return nil
}

func (w *watched) Model(ctx context.Context, name string) (*client.Model, error) {
	if err := w.note(ctx, "model", name); err != nil {
		return nil, err
	}
	return w.Plugins.Model(ctx, name)
}

func (w *watched) Adapter(ctx context.Context, name string) (*client.Adapter, error) {
	if err := w.note(ctx, "adapter", name); err != nil {
		return nil, err
	}
	return w.Plugins.Adapter(ctx, name)
}

func (w *watched) Benchmark(ctx context.Context, name string) (*client.Benchmark, error) {
	if err := w.note(ctx, "benchmark", name); err != nil {
		return nil, err
	}
	return w.Plugins.Benchmark(ctx, name)
}

func (w *watched) Dataset(ctx context.Context, name string) (*client.Dataset, error) {
	if err := w.note(ctx, "dataset", name); err != nil {
		return nil, err
	}
	return w.Plugins.Dataset(ctx, name)
}

func (w *watched) Engine(ctx context.Context, name string) (*client.Engine, error) {
	if err := w.note(ctx, "engine", name); err != nil {
		return nil, err
	}
	return w.Plugins.Engine(ctx, name)
}

// engine opens the engine and notes the device that it computes on. A device of
// another class than the plan knew would be another result.
func (e *Env) engine(ctx context.Context, pin Engine) (*client.Engine, error) {
	engine, err := e.Plugins.Engine(ctx, pin.Name)
	if err != nil {
		return nil, err
	}
	device, err := DeviceOf(ctx, engine, pin.Settings)
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", pin.Name, err)
	}
	if device.Class != pin.Backend {
		return nil, fmt.Errorf("engine %s computes on %s now, and on %s when the study was planned", pin.Name, device.Class, pin.Backend)
	}
	if p := e.provenance; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.Device = device
	}
	return engine, nil
}

// DeviceOf gives an engine its settings and asks it what it computes on.
func DeviceOf(ctx context.Context, engine *client.Engine, settings json.RawMessage) (*ComputeDevice, error) {
	d, err := engine.Device(ctx, &pb.DeviceRequest{Config: settings})
	if err != nil {
		return nil, err
	}
	if d.Class == "" {
		return nil, fmt.Errorf("it does not name the class of its backend %q, which is part of what decides a result", d.Backend)
	}
	return &ComputeDevice{Class: d.Class, Backend: d.Backend, Description: d.Description, Runtime: d.Runtime, Memory: d.MemoryBytes}, nil
}

// notePeak keeps the largest memory that the engine said.
func (e *Env) notePeak(bytes int64) {
	if p := e.provenance; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.PeakMemory = max(p.PeakMemory, bytes)
	}
}

// noteBoxes keeps where candidates were judged.
func (e *Env) noteBoxes(boxes judge.Boxes) {
	if p := e.provenance; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.Sandbox = &boxes
	}
}

var _ Plugins = (*pluginhost.Host)(nil)

// Provenance of a finished step.
func (r *Results) Provenance(id ID) (*Provenance, error) {
	result, err := r.Result(id)
	if err != nil {
		return nil, err
	}
	p := &Provenance{}
	if err := json.Unmarshal(result.Provenance, p); err != nil {
		return nil, fmt.Errorf("provenance of step %s: %w", result.Key.Short(), err)
	}
	return p, nil
}
