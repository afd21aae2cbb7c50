// Package xlaruntime finds and installs the XLA CPU runtime, a shared library with the
// PJRT interface.
//
// The library is in the user's cache folder, next to a file with its SHA-256 at the
// time of installation. The sum is checked before each use, because loading a truncated
// library kills the process.
package xlaruntime

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gomlx/go-xla/installer"
)

const (
	library = "pjrt_c_api_cpu_plugin.so"
	sumFile = library + ".sha256"

	// The fallback: the same library as a Python wheel.
	wheelPackage = "lammps-jax-pjrt-cpu"
	wheelVersion = "0.11.2"
	wheelSHA256  = "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"

	// maxLibrary is the maximum unpacked size; the library has 200 MB.
	maxLibrary      = 1 << 30
	downloadTimeout = 5 * time.Minute
)

// ErrMissing means that no runtime is installed.
var ErrMissing = errors.New("the XLA runtime is not installed: run `make xla`, or `harness-engine-gomlx install`")

// Dir is the folder of the installed runtime.
func Dir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the XLA runtime: %w", err)
	}
	return filepath.Join(cache, "harness", "xla"), nil
}

// Find returns the path of the installed library and its SHA-256 in hexadecimal,
// after checking it; the error is ErrMissing if there is none.
func Find() (path, sum string, err error) {
	dir, err := Dir()
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(dir, library)
	want, err := os.ReadFile(filepath.Join(dir, sumFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", ErrMissing
	}
	if err != nil {
		return "", "", fmt.Errorf("find the XLA runtime: %w", err)
	}
	sum, err = Sum(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", ErrMissing
	}
	if err != nil {
		return "", "", fmt.Errorf("find the XLA runtime: %w", err)
	}
	if strings.TrimSpace(string(want)) != sum {
		return "", "", fmt.Errorf("the XLA runtime %s is damaged (its SHA-256 has changed since the installation): delete it and run `make xla`", path)
	}
	return path, sum, nil
}

// Install installs the runtime unless it is already installed. It downloads it from
// GoMLX's releases, as GoMLX does, or, if these cannot be reached, as a pinned Python
// wheel through pip. It reports its progress to say.
func Install(ctx context.Context, say func(format string, args ...any)) (string, error) {
	if path, _, err := Find(); err == nil {
		return path, nil
	}
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	temp, err := os.MkdirTemp(dir, ".install-")
	if err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	defer os.RemoveAll(temp)

	say("downloading the XLA runtime from GoMLX's releases")
	found, gomlxErr := fromReleases(temp)
	if gomlxErr != nil {
		say("download failed (%v); downloading the wheel %s %s with pip", firstLine(gomlxErr), wheelPackage, wheelVersion)
		var wheelErr error
		if found, wheelErr = fromWheel(ctx, temp); wheelErr != nil {
			return "", fmt.Errorf("install the XLA runtime: from GoMLX's releases: %v; from a wheel: %w", firstLine(gomlxErr), wheelErr)
		}
	}
	return keep(dir, found)
}

// keep moves the library into place and then writes its sum. A sum without a library,
// or a library without a sum, counts as not installed.
func keep(dir, found string) (string, error) {
	sum, err := Sum(found)
	if err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	path := filepath.Join(dir, library)
	if err := os.Rename(found, path); err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	temp := filepath.Join(dir, "."+sumFile)
	if err := os.WriteFile(temp, []byte(sum+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	if err := os.Rename(temp, filepath.Join(dir, sumFile)); err != nil {
		return "", fmt.Errorf("install the XLA runtime: %w", err)
	}
	return path, nil
}

func fromReleases(temp string) (string, error) {
	if err := installer.AutoInstall(temp, false, installer.Quiet); err != nil {
		return "", err
	}
	matches, err := filepath.Glob(filepath.Join(temp, "go-xla", "*cpu*plugin*"))
	if err != nil || len(matches) == 0 {
		return "", fmt.Errorf("GoMLX installs no CPU runtime for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	return filepath.EvalSymlinks(matches[0])
}

func fromWheel(ctx context.Context, temp string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check", "--dest", temp, wheelPackage+"=="+wheelVersion)
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip download %s==%s: %w: %s", wheelPackage, wheelVersion, err, lastLine(out))
	}
	wheels, err := filepath.Glob(filepath.Join(temp, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip download left %d wheels", len(wheels))
	}
	sum, err := Sum(wheels[0])
	if err != nil {
		return "", err
	}
	if sum != wheelSHA256 {
		return "", fmt.Errorf("wheel %s has the SHA-256 %s, not the pinned %s, so it is not used", filepath.Base(wheels[0]), sum, wheelSHA256)
	}
	return unpack(wheels[0], filepath.Join(temp, library))
}

// unpack extracts the library from a wheel, which is a zip file.
func unpack(wheel, to string) (string, error) {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return "", fmt.Errorf("open wheel: %w", err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		if filepath.Base(f.Name) != library {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return "", fmt.Errorf("open wheel: %w", err)
		}
		defer in.Close()
		out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(out, io.LimitReader(in, maxLibrary))
		return to, errors.Join(err, out.Sync(), out.Close())
	}
	return "", fmt.Errorf("the wheel does not contain %s", library)
}

// Sum is the SHA-256 of a library, in hexadecimal digits.
func Sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
