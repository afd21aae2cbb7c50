package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"harness/core/internal/lines"
)

// child is a plugin's process: go-plugin's runner.Runner, with a session and a
// process group of its own that is killed as a whole, a guard that does so
// when the host is killed, a stdin whose end tells the plugin that the host is
// gone, and pipes that are read to their end.
type child struct {
	path   string
	stderr lines.Tail

	errPipe, outPipe *os.File // read ends
	stdin            *os.File // write end
	first            firstLine
	done             chan struct{} // closed when the process has been reaped
	drained          chan struct{} // closed when stderr has been read to its end
	drainOnce        sync.Once

	mu      sync.Mutex
	cmd     *exec.Cmd
	sockets string
	pid     int // 0: not started, or reaped
	killed  bool
	state   *os.ProcessState // set before done is closed
}

var _ runner.Runner = (*child)(nil)

func newChild(path string) *child {
	return &child{path: path, done: make(chan struct{}), drained: make(chan struct{})}
}

// prepare takes the environment that go-plugin wants the process to have, and the
// folder that it made for its sockets.
func (c *child) prepare(environment []string, sockets string) {
	cmd := exec.Command(c.path)
	cmd.Env = environment
	cmd.SysProcAttr = ownSession()
	c.mu.Lock()
	c.cmd, c.sockets = cmd, sockets
	c.mu.Unlock()
}

// Start implements runner.Runner.
func (c *child) Start(context.Context) error {
	var ends []*os.File // the process's ends, which the host closes
	defer func() {
		for _, f := range ends {
			f.Close()
		}
	}()
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	ends = append(ends, inR)
	outR, outW, err := os.Pipe()
	if err != nil {
		inW.Close()
		return err
	}
	ends = append(ends, outW)
	errR, errW, err := os.Pipe()
	if err != nil {
		inW.Close()
		outR.Close()
		return err
	}
	ends = append(ends, errW)

	c.mu.Lock()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = inR, outW, errW
	c.stdin, c.outPipe, c.errPipe = inW, outR, errR
	c.mu.Unlock()

	started := make(chan error, 1)
	go c.live(started)
	err = <-started
	if err != nil {
		inW.Close()
		outR.Close()
		errR.Close()
	}
	return err
}

// live starts the process and stays until it is reaped. It keeps its thread
// for as long, since Linux ties a child's parent-death signal to the thread
// that started it.
func (c *child) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	c.mu.Lock()
	if c.killed {
		c.mu.Unlock()
		started <- errors.New("cancelled")
		return
	}
	guard, err := c.startGuarded()
	cmd, pid := c.cmd, c.pid
	c.mu.Unlock()
	started <- err
	if err != nil {
		return
	}

	// While it is dead and not reaped nothing else can have its number, so
	// this is the moment to kill what it left behind in its group.
	awaitExit(pid)
	c.mu.Lock()
	guard.dismiss()
	killGroup(pid)
	_ = cmd.Wait()
	c.pid, c.state = 0, cmd.ProcessState
	c.mu.Unlock()
	c.stdin.Close()
	close(c.done)

	// A grandchild that left the group may hold the pipes. It does not matter
	// what it says.
	time.AfterFunc(500*time.Millisecond, func() {
		c.outPipe.Close()
		c.errPipe.Close()
	})
}

// startGuarded starts the process and its guard, or neither. The caller holds
// the lock.
func (c *child) startGuarded() (*guard, error) {
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	guard, err := startGuard(c.cmd.Process.Pid, c.sockets)
	if err != nil {
		killGroup(c.cmd.Process.Pid)
		_ = c.cmd.Wait()
		return nil, err
	}
	c.pid = c.cmd.Process.Pid
	return guard, nil
}

// Wait implements runner.AttachedRunner.
func (c *child) Wait(context.Context) error {
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.state.Success() {
		return errors.New(c.state.String())
	}
	return nil
}

// Kill implements runner.AttachedRunner.
func (c *child) Kill(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	if c.pid != 0 {
		killGroup(c.pid)
	}
	return nil
}

// exited returns how the process ended, or nil while it runs.
func (c *child) exited() *os.ProcessState {
	select {
	case <-c.done:
		return c.state
	default:
		return nil
	}
}

// drain waits until all that an ended process wrote has been read.
func (c *child) drain() {
	select {
	case <-c.drained:
	case <-time.After(time.Second): // a grandchild holds the pipe
	}
}

// Stdout implements runner.Runner. go-plugin gets the first line; the rest is
// not protocol and is kept with what was written to stderr.
func (c *child) Stdout() io.ReadCloser { return &stdoutReader{c} }

// Stderr implements runner.Runner.
func (c *child) Stderr() io.ReadCloser { return &stderrReader{c} }

// Name implements runner.Runner.
func (c *child) Name() string { return c.path }

// ID implements runner.AttachedRunner.
func (c *child) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.Itoa(c.pid)
}

// Diagnose implements runner.Runner. What is said of a failed start is derived
// from the child itself.
func (c *child) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.AddrTranslator.
func (c *child) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin implements runner.AddrTranslator.
func (c *child) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// firstLine is what a plugin printed on stdout up to its first line end.
type firstLine struct {
	mu   sync.Mutex
	text []byte
	done bool
}

const firstLineBytes = 16 << 10

// add takes what was read and reports how much of it belongs to the line.
func (f *firstLine) add(p []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done {
		return 0
	}
	n := len(p)
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		n, f.done = i+1, true
	}
	if len(f.text) < firstLineBytes {
		f.text = append(f.text, p[:n]...)
	}
	return n
}

func (f *firstLine) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(bytes.TrimSpace(f.text))
}

type stdoutReader struct{ c *child }

func (r *stdoutReader) Read(p []byte) (int, error) {
	for {
		n, err := r.c.outPipe.Read(p)
		line := r.c.first.add(p[:n])
		_, _ = r.c.stderr.Write(p[line:n])
		if line > 0 || err != nil {
			return line, err
		}
	}
}

func (r *stdoutReader) Close() error { return r.c.outPipe.Close() }

type stderrReader struct{ c *child }

func (r *stderrReader) Read(p []byte) (int, error) {
	n, err := r.c.errPipe.Read(p)
	_, _ = r.c.stderr.Write(p[:n])
	if err != nil {
		r.c.drainOnce.Do(func() { close(r.c.drained) })
	}
	return n, err
}

func (r *stderrReader) Close() error { return r.c.errPipe.Close() }
