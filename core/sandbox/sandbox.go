package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Request is one question to a box's service.
type Request struct {
	Payload []byte // at most 64 MiB
	// Timeout after which the box is destroyed. Zero or less: none but the context's,
	// which requests about candidates must not rely on.
	Timeout time.Duration
}

// Failure says why a service did not answer.
type Failure string

// The failures. They are data, not errors, since a hostile candidate can cause each.
const (
	Timeout Failure = "timeout" // no answer in time
	Died    Failure = "died"    // the service ended, or its answer was malformed or for another request
	OOM     Failure = "oom"     // the service ended, and the box had run out of memory
	// TooLarge: the request is larger than a box takes, and was not sent.
	TooLarge Failure = "too-large"
)

// Reply is the result of a request.
type Reply struct {
	// Payload is the service's answer, or nil if there is a Failure.
	Payload []byte
	Failure Failure
	// Detail describes a failure for people: exit code, last lines of stderr.
	Detail string
	Wall   time.Duration
	// Spent says that the box must not be used again.
	Spent bool
}

// Driver makes boxes. Its methods may be called from several goroutines.
type Driver interface {
	// Name is what the driver is opened by.
	Name() string
	// Prepare does what has to be done once for an environment. It is fast if any
	// process has done that before.
	Prepare(ctx context.Context, env Environment) error
	// Start starts a box of a prepared environment and waits until its service
	// is ready. The box outlives ctx.
	Start(ctx context.Context, env Environment) (Box, error)
	// Boxes lists what the boxes of this process take up on the machine, to find leaks:
	// the ids of containers; without containers, the folders of control groups (one per
	// controller in version 1), if any.
	Boxes(ctx context.Context) ([]string, error)
	// Cleanup removes what killed processes of the harness left on this machine, and
	// nothing that running ones use.
	Cleanup(ctx context.Context) error
	// Close releases the driver. Its boxes must be closed before.
	Close() error
}

// Box is a running service in its box. One request at a time.
type Box interface {
	// Do sends a request to the service. After an error, or a reply that is Spent, the
	// box can only be closed.
	Do(ctx context.Context, request Request) (Reply, error)
	// Close kills all processes of the box and removes it.
	Close() error
}

// Options of a driver.
type Options struct {
	// Logger logs image builds and the like. Nil: nothing is logged.
	Logger *slog.Logger
	// CacheDir is the folder in which drivers without images keep prepared environments.
	// Empty: a folder in the user's cache.
	CacheDir string
}

// Names lists the drivers that Open knows.
func Names() []string { return []string{dockerName, bubblewrapName} }

// Open finds the driver's engine and checks that it works.
func Open(ctx context.Context, name string, options Options) (Driver, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.CacheDir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("sandbox %s: find the cache folder: %w", name, err)
		}
		options.CacheDir = filepath.Join(cache, "harness", "sandbox")
	}
	switch name {
	case dockerName:
		return openDocker(ctx, options)
	case bubblewrapName:
		return openBubblewrap(ctx, options)
	}
	return nil, fmt.Errorf("unknown sandbox %q; known are %q", name, Names())
}

// Resolve turns "auto" into the name of the driver to use on this machine:
// docker if a daemon answers within two seconds, else bubblewrap. Other names
// are checked and returned.
func Resolve(ctx context.Context, name string) (string, error) {
	switch name {
	case "auto":
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		d, err := openDocker(ctx, Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return bubblewrapName, nil
		}
		return dockerName, d.Close()
	case dockerName, bubblewrapName:
		return name, nil
	}
	return "", fmt.Errorf("unknown sandbox %q; known are %q and \"auto\"", name, Names())
}

// Error is a failure of the harness's own machinery.
type Error struct {
	Driver string
	Op     string // what was being done, such as "build image"
	Err    error
	Hint   string // what the user can do about it; may be empty
}

func (e *Error) Error() string {
	text := fmt.Sprintf("sandbox %s: %s: %v", e.Driver, e.Op, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }
