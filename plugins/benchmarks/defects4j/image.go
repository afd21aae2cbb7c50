package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// idle is the program of a container whose command is called. It ends with its
// standard input, which this process holds open: also when this process is killed.
var idle = []string{"cat"}

// provider connects to the engine. The library's reaper would need an image from a
// registry, and is not needed.
func provider() (*testcontainers.DockerProvider, error) {
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, err
	}
	testcontainers.ReadConfig()
	tclog.SetDefault(tclog.NewNoopLogger())
	p, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
	if err != nil {
		return nil, fmt.Errorf("connect to the container engine: %w", err)
	}
	return p, nil
}

// imageIdentity returns the digest of an image of the engine.
func imageIdentity(ctx context.Context, image string) (string, error) {
	p, err := provider()
	if err != nil {
		return "", err
	}
	defer p.Close()
	got, err := p.Client().ImageInspect(ctx, image)
	if err != nil {
		return "", fmt.Errorf("inspect image %s: %w; pull it (docker pull %s) or build it", image, err, image)
	}
	return got.ID, nil
}

// openImage starts a container of an image with Defects4J in it, which sees the
// scratch folder by its name. It has no network.
func openImage(ctx context.Context, image, scratch string) (*installation, error) {
	p, err := provider()
	if err != nil {
		return nil, err
	}
	created, err := p.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image: image, Entrypoint: idle, Cmd: []string{},
		// The image may be local, and must not be looked for in a registry.
		AlwaysPullImage: false,
		Env:             map[string]string{"HOME": scratch},
		ConfigModifier: func(c *container.Config) {
			c.User = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()) // must be able to delete what is written
			c.WorkingDir = scratch
			c.AttachStdin, c.OpenStdin, c.StdinOnce = true, true, true
		},
		HostConfigModifier: func(h *container.HostConfig) {
			h.Binds = []string{scratch + ":" + scratch}
			h.NetworkMode = "none"
			init := true
			h.Init = &init
			h.AutoRemove = true
		},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create a container of image %s: %w", image, err), p.Close())
	}
	remove := func() error {
		_, err := p.Client().ContainerRemove(context.WithoutCancel(ctx), created.GetContainerID(), client.ContainerRemoveOptions{Force: true})
		return errors.Join(err, p.Close())
	}
	input, err := p.Client().ContainerAttach(ctx, created.GetContainerID(), client.ContainerAttachOptions{Stream: true, Stdin: true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("attach to a container of image %s: %w", image, err), remove())
	}
	i := &installation{scratch: scratch, close: func() error {
		defer input.Close()
		return remove()
	}}
	if err := created.Start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a container of image %s: %w", image, err), i.close())
	}
	call := func(ctx context.Context, argv []string) (called, error) {
		// The garbage collector would close the input once nothing else refers to it.
		defer runtime.KeepAlive(input)
		if deadline, ok := ctx.Deadline(); ok {
			// The engine does not end a command that nobody waits for.
			seconds := max(1, math.Ceil(time.Until(deadline).Seconds()))
			argv = append([]string{"timeout", "--signal", "KILL", strconv.FormatFloat(seconds, 'f', 0, 64)}, argv...)
		}
		code, output, err := created.Exec(ctx, argv, exec.WithWorkingDir(scratch))
		var stdout, stderr bytes.Buffer
		if err == nil {
			_, err = stdcopy.StdCopy(&stdout, &stderr, output)
		}
		if ctx.Err() != nil {
			return called{}, context.Cause(ctx)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return called{}, fmt.Errorf("run %s in a container of image %s: %w", strings.Join(argv, " "), image, err)
		}
		return called{exit: code, stdout: stdout.String(), stderr: stderr.String()}, nil
	}
	i.cli = cli{run: func(ctx context.Context, arguments ...string) (called, error) {
		return call(ctx, append([]string{"defects4j"}, arguments...))
	}}
	i.read = func(ctx context.Context, name string) ([]byte, error) {
		result, err := call(ctx, []string{"cat", name})
		switch {
		case err != nil:
			return nil, err
		case strings.Contains(result.stderr, "Is a directory"):
			return nil, errFolder
		case result.exit == 1: // cat's own exit code
			return nil, fmt.Errorf("%w: %s", fs.ErrNotExist, strings.TrimSpace(result.stderr))
		case result.exit != 0: // the engine's own, which gives the reason on standard output
			return nil, fmt.Errorf("read %s in a container of image %s: exit code %d: %s", name, image, result.exit, strings.TrimSpace(result.stdout+result.stderr))
		}
		return []byte(result.stdout), nil
	}
	return i, nil
}
