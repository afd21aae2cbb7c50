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

// openBackend opens the backend. setting has the form of $GOMLX_BACKEND
// ("xla:cuda", "xla:/path/plugin.so", "go"). If it is empty, openBackend takes the
// first that exists of: the runtime in the cache folder, a CPU plugin that
// GoMLX's installer has put into the system, the pure-Go backend. It also returns
// the backend's name and, if known, the file of its runtime.
func openBackend(setting string, log *slog.Logger) (backend compute.Backend, name, library string, err error) {
	// Workers never download: the plan of the study has fixed the backend.
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
			// f32 products in full f32, as in the goldens.
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

// classOf is the class of a backend: cpu, cuda, go. If only the runtime's file is
// known, the device's description decides.
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

// runtimeDigest is the SHA-256 of the runtime's library. Without one, it is the
// versions of this program's computing modules.
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

// checkLibrary detects a truncated shared library, on which dlopen would raise a
// fatal signal.
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
			return fmt.Errorf("the backend's plugin %s is not a complete shared library: it is truncated", path)
		}
	}
	return nil
}
