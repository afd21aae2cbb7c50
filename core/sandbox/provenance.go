package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// identifier is a driver that can say what a prepared environment is made of on
// this machine, beyond its description.
type identifier interface {
	Identify(ctx context.Context, env Environment) (string, error)
}

// Identify says what an environment is made of on this machine: the image's ID,
// or the programs that boxes without images use. Empty: the driver cannot say. It
// is for the record; verdicts are not keyed by it.
func (p *Pool) Identify(ctx context.Context, env Environment) (string, error) {
	if driver, ok := p.driver.(identifier); ok {
		return driver.Identify(ctx, env)
	}
	return "", nil
}

// Identify is the ID of the environment's image.
func (d *docker) Identify(ctx context.Context, env Environment) (string, error) {
	image, err := d.client.ImageInspect(ctx, imageTag(env))
	if err != nil {
		return "", &Error{Driver: dockerName, Op: "look for image " + imageTag(env), Err: err}
	}
	return image.ID, nil
}

// Identify lists the programs and files of this machine that the environment
// requires, with the beginning of their SHA-256.
func (d *bubblewrap) Identify(_ context.Context, env Environment) (string, error) {
	var parts []string
	for _, r := range env.Requires {
		path := r.Path
		if r.Command != "" {
			var err error
			if path, err = exec.LookPath(r.Command); err != nil {
				return "", &Error{Driver: bubblewrapName, Op: "look for " + r.Command, Err: err}
			}
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return "", &Error{Driver: bubblewrapName, Op: "look for " + path, Err: err}
		}
		sum, err := hashFile(real)
		if err != nil {
			return "", &Error{Driver: bubblewrapName, Op: "read " + real, Err: err}
		}
		parts = append(parts, real+" "+sum)
	}
	return strings.Join(parts, ", "), nil
}

// hashFile is the beginning of a file's SHA-256; a folder has none.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return "", err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}
