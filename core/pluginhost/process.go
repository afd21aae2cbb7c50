package pluginhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"harness/core/internal/lines"
	"harness/core/protocol"
)

// process is a plugin that has been started and is ready.
type process struct {
	plugin   *plugin
	child    *child
	client   *goplugin.Client
	conn     *grpc.ClientConn
	protocol int

	watching sync.WaitGroup
	leave    context.CancelFunc // ends the watch
	stopOnce sync.Once

	mu    sync.Mutex
	calls int   // in flight
	hung  error // why the host killed it
}

// launch starts p's binary. Cancelling ctx gives up.
func launch(ctx context.Context, p *plugin) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", label(p.kind, p.name), err)
	}
	if p.problem != "" {
		return nil, p.unstartable(errors.New(p.problem))
	}
	if err := p.permitted(); err != nil {
		return nil, err
	}
	options := p.host.options
	child := newChild(p.path)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  protocol.Handshake(),
		VersionedPlugins: protocol.Plugins(p.kind, nil),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     options.StartTimeout,
		Logger:           bridge(options.Logger, p.kind, p.name),
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(protocol.MaxMessage), grpc.MaxCallSendMsgSize(protocol.MaxMessage))},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, sockets string) (runner.Runner, error) {
			environment := append(pluginEnvironment(), protocol.WatchStdin+"=1")
			child.prepare(append(environment, spec.Env...), sockets)
			return child, nil
		},
	})
	cancel := context.AfterFunc(ctx, func() { _ = child.Kill(ctx) })
	connection, err := client.Client()
	if !cancel() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		// Whether it is still there decides what is said, so look first.
		failure := p.startFailure(ctx, child, err)
		_ = child.Kill(ctx)
		client.Kill()
		return nil, failure
	}
	watch, leave := context.WithCancel(context.Background())
	process := &process{
		plugin: p, child: child, client: client, conn: connection.(*goplugin.GRPCClient).Conn,
		protocol: client.NegotiatedVersion(), leave: leave,
	}
	process.watching.Add(1)
	go process.watch(watch)
	return process, nil
}

// permitted checks that the file still is what its checksum was taken of, and
// that the host wants it to run.
func (p *plugin) permitted() error {
	sum, err := p.checksum()
	if err != nil {
		return p.unstartable(err)
	}
	if allow := p.host.options.Allow; allow != nil {
		if err := allow(p.kind, p.name, sum); err != nil {
			return p.refused(err, "")
		}
	}
	want, err := hex.DecodeString(sum)
	if err != nil {
		return p.unstartable(err)
	}
	same, err := (&goplugin.SecureConfig{Checksum: want, Hash: sha256.New()}).Check(p.path)
	if err != nil {
		return p.unstartable(err)
	}
	if !same {
		return p.refused(fmt.Errorf("the file %s has changed since its checksum was taken", p.path),
			"run the command again to use the new one")
	}
	return nil
}

// settle is how long to wait for a process that seems to have ended to be
// reaped, so that it is known how it ended.
const settle = 2 * time.Second

func (p *plugin) startFailure(ctx context.Context, c *child, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("starting %s: %w", label(p.kind, p.name), context.Cause(ctx))
	}
	failure := &Error{Plugin: label(p.kind, p.name), Path: p.path, Reason: Start, Err: err,
		Hint: "rebuild or reinstall it, or remove the file"}
	line := c.first.String()
	parts := strings.Split(line, "|")
	switch {
	case c.ID() == "0" && c.exited() == nil:
		failure.Err = fmt.Errorf("the system cannot run it: %w", err)
		failure.Hint = "a plugin is a program for this machine; reinstall it, or remove the file"
	case line != "" && len(parts) < 4:
		failure.Reason = Protocol
		failure.Err = fmt.Errorf("it printed %q where the plugin handshake was expected", lines.Readable(line))
		failure.Hint = "it is not a plugin, or it prints to stdout before it serves"
	case len(parts) >= 4 && strings.Contains(err.Error(), "ncompatible"):
		failure.Reason = Protocol
		failure.Err = fmt.Errorf("it speaks plugin protocol version %s, and this harness speaks version %d", lines.Readable(parts[1]), protocol.Version)
		failure.Hint = "get a release of the plugin that fits this harness, or rebuild it"
	case len(parts) >= 4:
		failure.Reason = Protocol
		failure.Err = fmt.Errorf("its handshake is not accepted: %w", err)
	case strings.HasPrefix(err.Error(), "timeout"):
		failure.Reason = Hang
		failure.Err = fmt.Errorf("it was not ready after %v and has been killed", p.host.options.StartTimeout)
		failure.Hint = "it may wait for something; see what it needs, or remove the file"
	default:
		if state := c.await(settle); state != nil {
			failure.Err = fmt.Errorf("it ended before it was ready: %s", ended(state))
		}
	}
	failure.Stderr = c.stderr.Recent()
	return failure
}

// await waits for the process to be reaped, and returns nil if it is not.
func (c *child) await(limit time.Duration) *os.ProcessState {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.done:
		c.drain()
		return c.state
	case <-timer.C:
		return nil
	}
}

func ended(state *os.ProcessState) string {
	text := state.String()
	if text == "signal: killed" {
		text += ", perhaps because memory ran out"
	}
	return text
}

func (p *process) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hung == nil && p.child.exited() == nil
}

// hang kills a process that does not answer.
func (p *process) hang(why error) {
	p.mu.Lock()
	if p.hung == nil {
		p.hung = why
	}
	p.mu.Unlock()
	_ = p.child.Kill(context.Background())
}

func (p *process) whyHung() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hung
}

// stop ends the process: by asking, and if that takes long by force.
func (p *process) stop() {
	p.stopOnce.Do(func() {
		p.leave()
		p.watching.Wait()
		force := time.AfterFunc(time.Second, func() { _ = p.child.Kill(context.Background()) })
		defer force.Stop()
		p.client.Kill()
	})
}
