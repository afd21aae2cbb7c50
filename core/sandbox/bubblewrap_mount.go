package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// boxMount mounts /box, since bwrap cannot mount memory with the option noexec.
// Without that, a candidate could load its own library into the process that tests it
// and control it.
//
// The mount is made in a mount namespace that ends with the box, over an empty folder
// of the cache that all boxes share.
type boxMount struct {
	unshare, shell string // programs
	point          string
	root           bool
}

// mountLimit is the time limit of the trial in findMount.
const mountLimit = 10 * time.Second

// findMount checks, by a trial, that this process may mount memory for its boxes.
func findMount(ctx context.Context, cache, bwrap string) (boxMount, error) {
	m := boxMount{point: filepath.Join(cache, "box"), root: os.Geteuid() == 0}
	if err := os.MkdirAll(m.point, 0o755); err != nil {
		return boxMount{}, fmt.Errorf("make a folder to mount on: %w", err)
	}
	var err error
	if m.unshare, err = exec.LookPath("unshare"); err != nil {
		return boxMount{}, err
	}
	if m.shell, err = exec.LookPath("sh"); err != nil {
		return boxMount{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, mountLimit)
	defer cancel()
	argv := m.wrap(1<<20, []string{bwrap, "--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--ro-bind", "/", "/", "true"})
	if said, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return boxMount{}, fmt.Errorf("mount memory in a namespace of its own: %w: %s", err, said)
	}
	return m, nil
}

// wrap returns a command that mounts size bytes of memory (0: the kernel's default)
// and then executes argv. It needs no environment variables.
func (m boxMount) wrap(size int64, argv []string) []string {
	options := "noexec,nosuid,nodev,mode=0700"
	if size > 0 {
		options += ",size=" + strconv.FormatInt(size, 10)
	}
	wrapped := []string{m.unshare, "--mount", "--propagation", "private"}
	if !m.root {
		wrapped = append(wrapped, "--user", "--map-root-user")
	}
	script := `PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"`
	return append(append(wrapped, "--", m.shell, "-c", script, "sh", options, m.point), argv...)
}
