package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"

	"harness/core/internal/atomicfile"
	"harness/core/plan"
	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/store"
	"harness/core/weights/peft"
	"harness/core/weights/snapshot"
)

// world answers what planning asks. It is safe for concurrent use.
type world struct {
	host     *pluginhost.Host
	session  *Session
	file     string // of memory
	studyDir string
	hash     func(path string) (string, error)

	mu     sync.Mutex
	memory memory // the answers so far, and those of the last run
	asked  memory // those that this session got
}

// memory is studies/NAME.json in the store: what the last run of a study got
// from the world, and the keys of its steps.
type memory struct {
	Plugins  map[string]knownPlugin `json:"plugins"`  // by "kind/name"
	Resolved map[string]string      `json:"resolved"` // identity by digest of the question
	// Checkpoints are digests by folder, relative to the study's.
	Checkpoints map[string]string       `json:"checkpoints"`
	Adapters    map[string]knownAdapter `json:"adapters"` // likewise
	Backends    map[string]string       `json:"backends"` // class by engine and its settings
	Steps       map[string]store.Key    `json:"steps"`    // by label
}

type knownPlugin struct {
	Version     string          `json:"version"`
	Protocol    int             `json:"protocol"`
	Checksum    string          `json:"checksum"`
	Description json.RawMessage `json:"description"`
}

type knownAdapter struct {
	Digest string          `json:"digest"`
	Config json.RawMessage `json:"config"`
}

func (m *memory) init() {
	if m.Plugins == nil {
		m.Plugins = map[string]knownPlugin{}
	}
	if m.Resolved == nil {
		m.Resolved = map[string]string{}
	}
	if m.Checkpoints == nil {
		m.Checkpoints = map[string]string{}
	}
	if m.Adapters == nil {
		m.Adapters = map[string]knownAdapter{}
	}
	if m.Backends == nil {
		m.Backends = map[string]string{}
	}
	if m.Steps == nil {
		m.Steps = map[string]store.Key{}
	}
}

var (
	_ plan.World = (*world)(nil)
)

// newWorld reads what the last run of the study in file learnt.
func newWorld(s *Session, file string) (*world, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	place, err := filepath.Rel(s.Store.Root(), absolute)
	if err != nil {
		place = absolute
	}
	sum := sha256.Sum256([]byte(filepath.ToSlash(place)))
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) + "-" + hex.EncodeToString(sum[:4]) + ".json"
	w := &world{host: s.Host, session: s, file: filepath.Join(s.Store.Root(), "studies", name), studyDir: filepath.Dir(absolute)}
	w.hash = rememberedHash()
	text, err := os.ReadFile(w.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read what the last run learnt: %w", err)
	default:
		if err := json.Unmarshal(text, &w.memory); err != nil {
			return nil, fmt.Errorf("read what the last run learnt: %s: %w; remove the file, it will be made again", w.file, err)
		}
	}
	w.memory.init()
	w.asked.init()
	return w, nil
}

// save keeps the answers of this session, and the keys of steps unless they are
// nil.
func (w *world) save(keys map[string]store.Key) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.asked
	now.Steps = w.memory.Steps
	if keys != nil {
		now.Steps = keys
	}
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return fmt.Errorf("remember the run: %w", err)
	}
	if err := atomicfile.WriteBytes(w.file, append(text, '\n')); err != nil {
		return fmt.Errorf("remember the run: %w", err)
	}
	return nil
}

// remembers reports whether answers of the last run are to be taken.
func (w *world) remembers() bool {
	return w.session.purpose == Read || w.session.purpose == Take
}

// answer finds one in the memory, or asks and keeps it.
func answer[T any](w *world, of func(*memory) map[string]T, question string, ask func() (T, error)) (T, error) {
	w.mu.Lock()
	known, ok := of(&w.asked)[question]
	if !ok && w.remembers() {
		known, ok = of(&w.memory)[question]
	}
	w.mu.Unlock()
	if ok {
		return known, nil
	}
	given, err := ask()
	if err != nil {
		return given, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	of(&w.asked)[question] = given
	return given, nil
}

func (w *world) plugin(ctx context.Context, kind, name string) (knownPlugin, error) {
	return answer(w, func(m *memory) map[string]knownPlugin { return m.Plugins }, kind+"/"+name, func() (knownPlugin, error) {
		info, err := w.host.Info(ctx, kind, name)
		if err != nil {
			return knownPlugin{}, err
		}
		description, err := w.host.Describe(ctx, kind, name)
		if err != nil {
			return knownPlugin{}, err
		}
		text, err := protojson.Marshal(description)
		return knownPlugin{info.Version, info.Protocol, info.Checksum, text}, err
	})
}

// Names implements study.PluginSource.
func (w *world) Names(kind string) []string {
	names := w.host.Names(kind)
	if w.remembers() {
		for id := range w.memory.Plugins {
			if name, ok := strings.CutPrefix(id, kind+"/"); ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	return names
}

// Info implements plan.World.
func (w *world) Info(ctx context.Context, kind, name string) (pluginhost.Info, error) {
	p, err := w.plugin(ctx, kind, name)
	return pluginhost.Info{Kind: kind, Name: name, Version: p.Version, Protocol: p.Protocol, Checksum: p.Checksum, Err: err}, err
}

// Describe implements study.PluginSource and plan.World.
func (w *world) Describe(ctx context.Context, kind, name string) (*pb.Description, error) {
	p, err := w.plugin(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	description := &pb.Description{}
	if err := protojson.Unmarshal(p.Description, description); err != nil {
		return nil, fmt.Errorf("description of the %s plugin %q: %w", kind, name, err)
	}
	return description, nil
}

// Resolve implements plan.World. The study's folder is not part of the question:
// a study may be moved together with its store and its data.
func (w *world) Resolve(ctx context.Context, kind, name string, request *pb.ResolveRequest) (*pb.ResolveResponse, error) {
	p, err := w.plugin(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s %s %s %s", kind, name, p.Version, p.Checksum, request.Config))
	identity, err := answer(w, func(m *memory) map[string]string { return m.Resolved }, hex.EncodeToString(sum[:16]), func() (string, error) {
		resolved, err := w.host.Resolve(ctx, kind, name, request)
		return resolved.GetIdentity(), err
	})
	return &pb.ResolveResponse{Identity: identity}, err
}

// Backend implements plan.World.
func (w *world) Backend(ctx context.Context, name string, settings json.RawMessage) (string, error) {
	question := name
	if len(settings) > 0 {
		question += " " + string(settings)
	}
	class, err := answer(w, func(m *memory) map[string]string { return m.Backends }, question, func() (string, error) {
		engine, err := w.host.Engine(ctx, name)
		if err != nil {
			return "", err
		}
		device, err := step.DeviceOf(ctx, engine, settings)
		if err != nil {
			return "", fmt.Errorf("engine %s: %w", name, err)
		}
		return device.Class, nil
	})
	var mistake *pluginhost.DiagnosticsError
	if err != nil && w.session.purpose == Plan && ctx.Err() == nil && !errors.As(err, &mistake) {
		w.session.options.Logger.Warn("it is not known what the engine computes on, so that no trained step counts as done", "error", err)
		return "unknown", nil
	}
	return class, err
}

// place is a folder as the memory names it.
func (w *world) place(dir string) string {
	if place, err := filepath.Rel(w.studyDir, dir); err == nil {
		return filepath.ToSlash(place)
	}
	return dir
}

// CheckpointDigest implements plan.World.
func (w *world) CheckpointDigest(ctx context.Context, dir string) (string, error) {
	return answer(w, func(m *memory) map[string]string { return m.Checkpoints }, w.place(dir), func() (string, error) {
		return snapshot.Digest(ctx, dir, w.hash)
	})
}

func (w *world) adapter(ctx context.Context, dir string) (knownAdapter, error) {
	return answer(w, func(m *memory) map[string]knownAdapter { return m.Adapters }, w.place(dir), func() (knownAdapter, error) {
		config, err := peft.ReadConfig(dir)
		if err != nil {
			return knownAdapter{}, err
		}
		digest, err := step.AdapterDigest(ctx, dir, w.hash)
		return knownAdapter{digest, config}, err
	})
}

// AdapterDigest implements plan.World.
func (w *world) AdapterDigest(ctx context.Context, dir string) (string, error) {
	a, err := w.adapter(ctx, dir)
	return a.Digest, err
}

// AdapterConfig implements plan.World.
func (w *world) AdapterConfig(ctx context.Context, dir string) (json.RawMessage, error) {
	a, err := w.adapter(ctx, dir)
	return a.Config, err
}

// used lists the plugins that this session asked about, as "kind/name".
func (w *world) used() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.asked.Plugins))
}
