package engine

import (
	"debug/elf"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-xla/compute/xla"

	"harness/core/engine/compiled"
	"harness/core/engine/xlaruntime"
)

// openBackend finds what to compute on. setting has the form of
// $GOMLX_BACKEND ("xla:cuda", "xla:/path/plugin.so", "go"); where it is empty
// the first of these is taken: the runtime in the cache folder, a CPU plugin
// that GoMLX's installer has put into the system, the pure-Go backend. It also
// gives the backend's name and the file of its runtime, where that is known.
func openBackend(setting string, log *slog.Logger) (backend compute.Backend, name, library string, err error) {
	// Workers never download: what runs was chosen when the study was planned.
	xla.EnableAutoInstall(false)
	if setting != "" {
		return openNamed(setting)
	}
	switch path, digest, err := xlaruntime.Find(); {
	case err == nil:
		if err := compiled.Register(path, digest); err != nil {
			return nil, "", "", err
		}
		backend, err := xla.New(path)
		if err != nil {
			return nil, "", "", fmt.Errorf("load the XLA runtime %s: %w", path, err)
		}
		return backend, "xla:cpu", path, nil
	case !errors.Is(err, xlaruntime.ErrMissing):
		return nil, "", "", err
	}
	if slices.ContainsFunc(xla.GetAvailablePlugins(), func(name string) bool { return strings.HasPrefix(name, "cpu") }) {
		return openNamed("xla:cpu")
	}
	log.Warn("no XLA runtime: computing on the pure-Go backend, which is many times slower; `make xla` gets the runtime")
	return openNamed("go")
}

func openNamed(setting string) (backend compute.Backend, name, library string, err error) {
	kind, config, _ := strings.Cut(setting, ":")
	switch kind {
	case "xla":
		if file, _, _ := strings.Cut(config, ","); filepath.IsAbs(file) {
			if err := checkLibrary(file); err != nil {
				return nil, "", "", err
			}
			library = file
		}
		if strings.HasPrefix(config, "cuda") && !strings.Contains(config, "tf32") {
			// Products of f32 in f32, as the goldens have them.
			config += ",tf32=false"
		}
		backend, err = xla.New(config)
	case "go":
		backend, err = gobackend.New(config)
	default:
		return nil, "", "", fmt.Errorf("unknown backend %q: expected xla:cpu, xla:cuda, xla:/path/to/plugin.so or go", setting)
	}
	if err != nil {
		return nil, "", "", fmt.Errorf("open the backend %q: %w", setting, err)
	}
	return backend, setting, library, nil
}

// classOf is the class of a backend: cpu, cuda, go. Of a runtime that is named by
// its file alone the device tells.
func classOf(name, device string) string {
	kind, config, _ := strings.Cut(name, ":")
	if kind == "go" {
		return "go"
	}
	if filepath.IsAbs(config) {
		config = strings.ToLower(device)
	}
	for _, class := range []string{"cuda", "cpu"} {
		if strings.Contains(config, class) {
			return class
		}
	}
	return config
}

// runtimeDigest is the SHA-256 of the runtime's library, or the versions of the
// modules of this program that compute.
func runtimeDigest(library string) (string, error) {
	if library != "" {
		sum, err := xlaruntime.Sum(library)
		return "sha256:" + sum, err
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", nil
	}
	var modules []string
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, "github.com/gomlx/") {
			modules = append(modules, m.Path+"@"+m.Version)
		}
	}
	return strings.Join(modules, " "), nil
}

// checkLibrary finds a shared library that is cut short, which dlopen would
// answer with a fatal signal.
func checkLibrary(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the backend's plugin: %w", err)
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("the backend's plugin %s is not a complete shared library: %w", path, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Off+p.Filesz > uint64(info.Size()) || p.Off+p.Filesz < p.Off {
			return fmt.Errorf("the backend's plugin %s is not a complete shared library: it is cut short", path)
		}
	}
	return nil
}
