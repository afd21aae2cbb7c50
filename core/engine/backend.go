package engine

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-xla/compute/xla"
)

// runtimes are the PJRT plugins that are loaded from the cache folder, by
// sha256: a damaged one kills the process inside dlopen.
var runtimes = map[string]string{
	"ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2": "lammps-jax-pjrt-cpu 0.11.2, linux/amd64",
}

// CachedRuntime is where `make` unpacks the XLA CPU runtime.
func CachedRuntime() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the XLA runtime: %w", err)
	}
	return filepath.Join(cache, "harness", "xla", "pjrt_c_api_cpu_plugin.so"), nil
}

// openBackend finds what to compute on. setting has the form of
// $GOMLX_BACKEND ("xla:cuda", "xla:/path/plugin.so", "go"); where it is empty
// the first of these is taken: the runtime in the cache folder, a CPU plugin
// that GoMLX's installer has put into the system, the pure-Go backend.
func openBackend(setting string, log *slog.Logger) (compute.Backend, string, error) {
	// Workers never download: what runs was chosen when the study was planned.
	xla.EnableAutoInstall(false)
	if setting != "" {
		return openNamed(setting)
	}
	path, err := CachedRuntime()
	if err != nil {
		return nil, "", err
	}
	switch version, err := checkRuntime(path); {
	case err == nil:
		backend, err := xla.New(path)
		if err != nil {
			return nil, "", fmt.Errorf("load the XLA runtime %s: %w", path, err)
		}
		return backend, "xla:cpu (" + version + ")", nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, "", err
	}
	if slices.ContainsFunc(xla.GetAvailablePlugins(), func(name string) bool { return strings.HasPrefix(name, "cpu") }) {
		return openNamed("xla:cpu")
	}
	log.Warn("no XLA runtime: computing on the pure-Go backend, which is many times slower; `make xla` gets the runtime", "looked for", path)
	return openNamed("go")
}

func openNamed(setting string) (compute.Backend, string, error) {
	kind, config, _ := strings.Cut(setting, ":")
	var backend compute.Backend
	var err error
	switch kind {
	case "xla":
		if file, _, _ := strings.Cut(config, ","); filepath.IsAbs(file) {
			if err := checkLibrary(file); err != nil {
				return nil, "", err
			}
		}
		if strings.HasPrefix(config, "cuda") && !strings.Contains(config, "tf32") {
			// Products of f32 in f32, as the goldens have them.
			config += ",tf32=false"
		}
		backend, err = xla.New(config)
	case "go":
		backend, err = gobackend.New(config)
	default:
		return nil, "", fmt.Errorf("unknown backend %q: expected xla:cpu, xla:cuda, xla:/path/to/plugin.so or go", setting)
	}
	if err != nil {
		return nil, "", fmt.Errorf("open the backend %q: %w", setting, err)
	}
	return backend, setting, nil
}

// checkRuntime demands one of the known files and gives its version.
func checkRuntime(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the XLA runtime: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("the XLA runtime %s: %w", path, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	version, ok := runtimes[sum]
	if !ok {
		return "", fmt.Errorf("the XLA runtime %s has the sha256 %s, which is none of the known ones; delete it and run `make xla`, or name another runtime in GOMLX_BACKEND", path, sum)
	}
	return version, nil
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
		return fmt.Errorf("the backend's plugin %s is no whole shared library: %w", path, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Off+p.Filesz > uint64(info.Size()) || p.Off+p.Filesz < p.Off {
			return fmt.Errorf("the backend's plugin %s is no whole shared library: it is cut short", path)
		}
	}
	return nil
}
