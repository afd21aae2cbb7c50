package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"harness/core/internal/lines"
)

const (
	dockerName = "docker"
	// ownerLabel marks our containers; its value is the process that owns one.
	ownerLabel = "harness.sandbox.owner"
	// boxUser is the user and group of the service: nobody, by number, so that the image
	// needs no entry for it. candidateUser is that of candidates; see
	// Environment.SecondUser.
	boxUser       = 65534
	candidateUser = 65533
	// callLimit limits calls of the daemon and of bwrap that are fast unless it hangs.
	callLimit = 30 * time.Second
)

// docker drives Docker, or Podman through its Docker-compatible socket.
type docker struct {
	provider *testcontainers.DockerProvider
	client   client.APIClient
	log      *slog.Logger
	self     owner
}

// configureOnce guards the settings of testcontainers, which are process-wide.
var configureOnce sync.Once

// configure switches off testcontainers' log and its reaper, which would need an image
// from a registry; Cleanup does the reaper's work. The library reads the environment
// once, so the variable is set for that moment only.
func configure() {
	const name = "TESTCONTAINERS_RYUK_DISABLED"
	old, set := os.LookupEnv(name)
	os.Setenv(name, "true")
	testcontainers.ReadConfig()
	if set {
		os.Setenv(name, old)
	} else {
		os.Unsetenv(name)
	}
	tclog.SetDefault(tclog.NewNoopLogger())
}

func openDocker(ctx context.Context, options Options) (*docker, error) {
	configureOnce.Do(configure)
	self, err := thisProcess()
	if err != nil {
		return nil, &Error{Driver: dockerName, Op: "open", Err: err}
	}
	fail := func(err error) error {
		return &Error{
			Driver: dockerName, Op: "connect to the Docker daemon at " + daemonAddress(), Err: err,
			Hint: "start Docker or Podman's socket, or point DOCKER_HOST at it; on Debian: apt-get install docker.io; or use sandbox \"bubblewrap\", which needs no daemon",
		}
	}
	// Without the socket, the library would silently use another daemon.
	if socket, ok := strings.CutPrefix(os.Getenv("DOCKER_HOST"), "unix://"); ok {
		if _, err := os.Stat(socket); err != nil {
			return nil, fail(err)
		}
	}
	type opened struct {
		provider *testcontainers.DockerProvider
		err      error
	}
	// The library takes no context here, and a daemon may hang.
	got := make(chan opened, 1)
	go func() {
		provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
		got <- opened{provider, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	var provider *testcontainers.DockerProvider
	select {
	case o := <-got:
		provider, err = o.provider, o.err
	case <-ctx.Done():
		err = fmt.Errorf("no answer: %w", ctx.Err())
	}
	if err == nil {
		_, err = provider.Client().Ping(ctx, client.PingOptions{})
	}
	if err != nil {
		return nil, fail(err)
	}
	return &docker{provider: provider, client: provider.Client(), log: options.Logger, self: self}, nil
}

// daemonAddress returns the daemon's address for error messages.
func daemonAddress() string {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host
	}
	return "unix:///var/run/docker.sock"
}

func (d *docker) Name() string { return dockerName }

func (d *docker) Close() error { return d.provider.Close() }

func (d *docker) Start(ctx context.Context, env Environment) (Box, error) {
	if err := env.validate(); err != nil {
		return nil, err
	}
	creating, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	created, err := d.provider.CreateContainer(creating, testcontainers.ContainerRequest{
		Image:              imageTag(env),
		Entrypoint:         entrypoint(env),
		Env:                containerVariables(env),
		Labels:             map[string]string{ownerLabel: d.self.String()},
		ConfigModifier:     configModifier(env),
		HostConfigModifier: hostConfigModifier(env),
		EndpointSettingsModifier: func(endpoints map[string]*network.EndpointSettings) {
			clear(endpoints)
		},
	})
	if err != nil {
		if created != nil {
			d.remove(created.GetContainerID())
		}
		return nil, &Error{Driver: dockerName, Op: "create container", Err: err}
	}
	b := &dockerBox{docker: d, id: created.GetContainerID()}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(&Error{Driver: dockerName, Op: "start container", Err: err}, b.Close())
	}
	return b, nil
}

// entrypoint returns the program of a container. The engine cannot start one as a user
// with capabilities, so that setpriv, as root with few, does.
func entrypoint(env Environment) []string {
	if !env.SecondUser {
		return env.Service
	}
	return append([]string{"env", "--chdir=" + boxDir}, becomeService("setpriv", true, env.Service)...)
}

func containerVariables(env Environment) map[string]string {
	all := env.variables()
	if env.SecondUser {
		all[candidateVariable] = strconv.Itoa(candidateUser)
	}
	return all
}

func configModifier(env Environment) func(*container.Config) {
	return func(c *container.Config) {
		c.User = fmt.Sprintf("%d:%d", boxUser, boxUser)
		c.Hostname = "box"
		c.WorkingDir = boxDir
		if env.SecondUser { // see entrypoint
			c.User = "0:0"
			c.WorkingDir = "/" // the engine would make /box, and mount the memory with the mode of that
		}
		c.AttachStdin, c.AttachStdout, c.AttachStderr = true, true, true
		// If the harness is killed, its connection breaks; the service then reads the end
		// of its input, and ends.
		c.OpenStdin, c.StdinOnce = true, true
		c.NetworkDisabled = true
	}
}

func hostConfigModifier(env Environment) func(*container.HostConfig) {
	l := env.Limits
	return func(h *container.HostConfig) {
		h.NetworkMode = "none"
		h.ReadonlyRootfs = true
		h.CapDrop = []string{"ALL"}
		if env.SecondUser {
			// setpriv gives the first one up.
			for _, name := range append([]string{"setpcap"}, serviceCapabilities()...) {
				h.CapAdd = append(h.CapAdd, strings.ToUpper(name))
			}
		}
		h.SecurityOpt = []string{"no-new-privileges"}
		// Those of the engine, and one more that every user may write to.
		h.ReadonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/proc/pressure"}
		h.IpcMode = container.IPCModeNone // no /dev/shm, in which candidates could leave files
		h.LogConfig = container.LogConfig{Type: "none"}
		h.Memory, h.MemorySwap = l.MemoryBytes, l.MemoryBytes
		h.NanoCPUs = int64(l.CPUs * 1e9)
		if l.PIDs > 0 {
			pids := int64(l.PIDs)
			h.PidsLimit = &pids
		}
		for _, m := range env.Mounts {
			h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Target, ReadOnly: true})
		}
		h.Ulimits = []*container.Ulimit{{Name: "core"}, {Name: "msgqueue"}}
		// No memory, queues and semaphores that outlive the processes that made them.
		h.Sysctls = map[string]string{"kernel.shmmni": "0", "kernel.msgmni": "0", "kernel.sem": "250 32000 32 0"}
		tmpfs := fmt.Sprintf("rw,nosuid,nodev,noexec,mode=%s,uid=%d,gid=%d", boxMode(env.SecondUser), boxOwner(env.SecondUser), boxOwner(env.SecondUser))
		tmpfs += sizeOptions(l.TmpfsBytes)
		h.Tmpfs = map[string]string{
			boxDir: tmpfs,
			// Is mounted even without a shared IPC namespace, and writable for all.
			"/dev/mqueue": "ro,nosuid,nodev,noexec,size=4k",
		}
	}
}

// list returns the containers with a label, running or not.
func (d *docker) list(ctx context.Context, label string) ([]container.Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, err := d.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", label)})
	if err != nil {
		return nil, &Error{Driver: dockerName, Op: "list containers", Err: err}
	}
	return list.Items, nil
}

func (d *docker) Boxes(ctx context.Context) ([]string, error) {
	list, err := d.list(ctx, ownerLabel+"="+d.self.String())
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids, err
}

// Cleanup removes the containers of dead processes.
func (d *docker) Cleanup(ctx context.Context) error {
	list, err := d.list(ctx, ownerLabel)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list {
		o, ok := parseOwner(c.Labels[ownerLabel])
		if !ok || !o.gone(d.self) {
			continue
		}
		d.log.Info("remove the container of a killed run", "container", c.ID, "created", units.HumanDuration(time.Since(time.Unix(c.Created, 0)))+" ago")
		errs = append(errs, d.remove(c.ID))
	}
	return errors.Join(errs...)
}

// remove kills and removes a container, even if the caller's context has ended.
func (d *docker) remove(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	_, err := d.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !isNotFound(err) {
		return &Error{Driver: dockerName, Op: "remove container " + id, Err: err}
	}
	return nil
}

type dockerBox struct {
	docker  *docker
	id      string
	session *session
	// hangUp closes the connection to the service's streams.
	hangUp func()
	// copied is closed when the goroutine that reads the streams has ended.
	copied chan struct{}
}

func (b *dockerBox) start(ctx context.Context) error {
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	streams, err := b.docker.client.ContainerAttach(starting, b.id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	var (
		stderr         lines.Tail
		how            exit
		reader, writer = io.Pipe()
		ended          = make(chan struct{})
		hungUp         = make(chan struct{})
	)
	b.hangUp = sync.OnceFunc(func() {
		close(hungUp)
		streams.Close()
		reader.CloseWithError(io.ErrClosedPipe)
	})
	b.copied = make(chan struct{})
	if _, err := b.docker.client.ContainerStart(starting, b.id, client.ContainerStartOptions{}); err != nil {
		b.hangUp()
		close(b.copied)
		return err
	}
	go func() {
		defer close(b.copied)
		defer close(ended)
		_, err := stdcopy.StdCopy(writer, &stderr, streams.Reader)
		writer.CloseWithError(errors.Join(err, io.EOF))
		select {
		case <-hungUp:
			how = exit{status: "killed"}
		default:
			how = b.docker.exitOf(b.id)
		}
	}()
	b.session = &session{in: streams.Conn, out: reader, stderr: &stderr, ended: ended, how: func() exit { return how }, kill: b.hangUp}
	return b.session.start(ctx)
}

// exitOf asks the daemon how a container ended. Its streams have ended before.
func (d *docker) exitOf(id string) exit {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	for {
		got, err := d.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		switch {
		case isNotFound(err):
			return exit{status: "the container was removed"}
		case err != nil:
			return exit{err: &Error{Driver: dockerName, Op: "inspect container", Err: err, Hint: "is the Docker daemon still running?"}}
		case !got.Container.State.Running:
			return exit{status: fmt.Sprintf("exit code %d", got.Container.State.ExitCode), oom: got.Container.State.OOMKilled}
		}
		// The service closed its output and still runs, or is about to end.
		select {
		case <-ctx.Done():
			return exit{status: "the service closed its output"}
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *dockerBox) Do(ctx context.Context, request Request) (Reply, error) {
	return b.session.do(ctx, request)
}

func (b *dockerBox) Close() error {
	if b.hangUp != nil {
		b.hangUp()
	}
	err := b.docker.remove(b.id)
	if b.copied != nil {
		<-b.copied
	}
	return err
}
