package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"harness/core/internal/lines"
)

// launch holds what differs between setup and service of one environment.
type launch struct {
	argv          []string
	filesFrom     string // folder of the host that is /opt/harness
	filesWritable bool
}

// process is a running bwrap.
type process struct {
	stdin  *os.File
	stdout *os.File
	stderr lines.Tail

	command *exec.Cmd
	group   *cgroup // nil without control groups
	ended   chan struct{}
	how     exit // set before ended is closed
	kill    func()
}

func (p *process) exit() exit { return p.how }

// close kills the box, waits for its end and removes its control group.
func (p *process) close() error {
	p.kill()
	<-p.ended
	return p.group.remove()
}

// arguments returns the arguments of bwrap, without those that name file descriptors.
func (d *bubblewrap) arguments(env Environment, l launch) []string {
	user := strconv.Itoa(boxUser)
	args := []string{
		"--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "box",
		"--die-with-parent", "--new-session",
		// If root runs bwrap, the service would keep root's capabilities.
		"--cap-drop", "ALL",
		"--clearenv",
	}
	if d.users.split() {
		// The box's first process is bwrap, which ends with its parent. It is a user of its
		// own, whose files no other opens. The second needs capabilities to become another
		// user: see argv.
		for _, name := range append([]string{"setpcap"}, serviceCapabilities()...) {
			args = append(args, "--cap-add", "CAP_"+strings.ToUpper(name))
		}
	} else {
		args = append(args, "--unshare-user", "--uid", user, "--gid", user,
			// Otherwise bwrap would be the box's first process and keep the service's pipes
			// open, where a candidate could open them too.
			"--as-pid-1")
	}
	for name, value := range d.variables(env, l) {
		args = append(args, "--setenv", name, value)
	}
	args = append(args, rootArguments()...)
	args = append(args, "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev")
	for _, path := range d.covered {
		args = append(args, "--ro-bind-try", path, path)
	}
	bind := "--ro-bind"
	if l.filesWritable {
		bind = "--bind"
	}
	args = append(args, parents(filesDir)...)
	args = append(args, bind, staged(0), filesDir)
	if !l.filesWritable { // the result of setup must not depend on mounts
		for i, m := range env.Mounts {
			args = append(args, parents(m.Target)...)
			args = append(args, "--ro-bind", staged(i+1), m.Target)
		}
	}
	args = append(args, "--bind", stagedBox, boxDir, "--dir", "/tmp", "--remount-ro", "/")
	workDir := boxDir
	if l.filesWritable {
		workDir = filesDir
	}
	return append(args, "--chdir", workDir)
}

// parents returns arguments that make the folders above a path. Those that bwrap makes
// by itself can only be entered by the user that makes the box.
func parents(of string) []string {
	var args []string
	for dir := path.Dir(of); dir != "/"; dir = path.Dir(dir) {
		args = append([]string{"--dir", dir}, args...)
	}
	return args
}

// variables returns the environment variables of the box's program.
func (d *bubblewrap) variables(env Environment, l launch) map[string]string {
	all := env.variables()
	if env.SecondUser && d.users.split() && !l.filesWritable {
		all[candidateVariable] = strconv.Itoa(candidateUser)
	}
	return all
}

// argv returns the box's program, which first becomes the user that it is to be.
func (d *bubblewrap) argv(env Environment, l launch) []string {
	if !d.users.split() {
		return l.argv
	}
	return becomeService(d.stage.setpriv, env.SecondUser && !l.filesWritable, l.argv)
}

// rootArguments returns arguments that bind, read-only, what programs need of the
// host's root: system folders and a few files of /etc. No home folders, no /var, no
// credentials.
func rootArguments() []string {
	args := []string{"--dir", "/etc", "--ro-bind", "/usr", "/usr"}
	for _, dir := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		if target, err := os.Readlink(dir); err == nil {
			args = append(args, "--symlink", target, dir)
		} else {
			args = append(args, "--ro-bind-try", dir, dir)
		}
	}
	etc := []string{"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "passwd", "group", "nsswitch.conf", "fonts"}
	// Debian's JDK keeps its configuration in /etc, and refuses to start without it.
	if java, err := filepath.Glob("/etc/java*"); err == nil {
		for _, path := range java {
			etc = append(etc, filepath.Base(path))
		}
	}
	for _, name := range etc {
		args = append(args, "--ro-bind-try", "/etc/"+name, "/etc/"+name)
	}
	return args
}

// pipes are those that bwrap is started with. This process closes its copies of
// theirs after the start.
type pipes struct {
	ours, theirs []*os.File
	err          error
}

// add makes a pipe and returns our end.
func (p *pipes) add(weRead bool) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		p.err = err
		return nil
	}
	if !weRead {
		r, w = w, r
	}
	p.ours = append(p.ours, r)
	p.theirs = append(p.theirs, w)
	return r
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// launch starts a box. Its first process waits on a file descriptor until its limits
// are set.
func (d *bubblewrap) launch(ctx context.Context, env Environment, l launch) (p *process, err error) {
	var (
		all    pipes
		in     = all.add(false)
		out    = all.add(true)
		errOut = all.add(true)
		to     = talk{
			options:   all.add(false),                                        // 3: --args, which hides our paths from /proc/1/cmdline in the box
			release:   all.add(false),                                        // 4: --block-fd
			info:      all.add(true),                                         // 5: --info-fd
			filter:    all.add(false),                                        // 6: --seccomp
			handshake: handshake{ready: all.add(true), goOn: all.add(false)}, // 7, 8
		}
	)
	if all.err != nil {
		closeAll(all.ours)
		closeAll(all.theirs)
		return nil, all.err
	}
	p = &process{stdin: in, stdout: out, ended: make(chan struct{})}
	argv := append([]string{d.path, "--args", "3", "--block-fd", "4", "--info-fd", "5", "--seccomp", "6", "--"}, d.argv(env, l)...)
	show := []string{l.filesFrom}
	if !l.filesWritable {
		for _, m := range env.Mounts {
			show = append(show, m.Source)
		}
	}
	argv = d.stage.wrap(d.users, env.Limits.TmpfsBytes, env.SecondUser, show, argv)
	p.command = exec.Command(argv[0], argv[1:]...)
	p.command.Stdin, p.command.Stdout, p.command.Stderr = all.theirs[0], all.theirs[1], all.theirs[2]
	p.command.ExtraFiles = all.theirs[3:]
	if !d.users.split() { // nothing closes the handshake's
		p.command.ExtraFiles = all.theirs[3:7]
	}
	p.command.Env = []string{}
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.group, err = d.cgroups.create(env.Limits); err != nil {
		closeAll(all.ours)
		closeAll(all.theirs)
		return nil, fmt.Errorf("make a control group: %w", err)
	}

	started := make(chan error)
	go p.run(started, errOut, &all)
	if err := <-started; err != nil {
		closeAll(all.ours)
		return nil, errors.Join(err, p.group.remove())
	}
	defer closeAll(all.ours[3:])
	p.kill = sync.OnceFunc(func() {
		// With --die-with-parent, the first process inside ends with bwrap, and its
		// process namespace with that.
		_ = p.command.Process.Kill()
		in.Close()
		out.Close()
	})
	if err := d.release(ctx, env.Limits, p, to, d.arguments(env, l)); err != nil {
		// After close, all output of bwrap has been read.
		closed := p.close()
		return nil, errors.Join(fmt.Errorf("%w%s", err, (&session{stderr: &p.stderr}).quote()), closed)
	}
	return p, nil
}

// run starts bwrap and waits for its end on one thread, since --die-with-parent refers
// to the thread that started it.
func (p *process) run(started chan<- error, stderr *os.File, all *pipes) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.command.Start()
	closeAll(all.theirs)
	started <- err
	if err != nil {
		return
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&p.stderr, stderr)
	}()
	_ = p.command.Wait()
	select {
	case <-read:
	case <-time.After(exitGrace): // no process should hold the pipe any more
	}
	stderr.Close()
	<-read
	p.how = exit{status: describeState(p.command.ProcessState), oom: p.group.ranOutOfMemory()}
	close(p.ended)
}

func describeState(s *os.ProcessState) string {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", s.ExitCode())
}

// talk holds our ends of the pipes to the processes that make a box.
type talk struct {
	options, release, info, filter *os.File
	handshake                      handshake
}

// release sends bwrap its arguments, sets the limits of the box and starts its
// program.
func (d *bubblewrap) release(ctx context.Context, limits Limits, p *process, to talk, arguments []string) error {
	if d.users.split() {
		if err := d.users.admit(ctx, p.command.Process.Pid, to.handshake); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(to.options, strings.Join(arguments, "\x00")+"\x00"); err != nil {
		return fmt.Errorf("send bwrap its arguments: %w", err)
	}
	to.options.Close()
	if _, err := to.filter.Write(d.filter); err != nil {
		return fmt.Errorf("send bwrap the filter of system calls: %w", err)
	}
	to.filter.Close()
	if err := to.info.SetReadDeadline(time.Now().Add(callLimit)); err != nil {
		return err
	}
	var child struct {
		PID int `json:"child-pid"`
	}
	if err := json.NewDecoder(to.info).Decode(&child); err != nil {
		return fmt.Errorf("bwrap did not report the process id of its child: %w", err)
	}
	if child.PID <= 1 {
		return fmt.Errorf("bwrap reported the process id %d for its child", child.PID)
	}
	if err := p.group.add(child.PID); err != nil {
		return fmt.Errorf("add the box to its control group: %w", err)
	}
	if p.group == nil {
		if err := limitResources(child.PID, limits); err != nil {
			return fmt.Errorf("limit the box: %w", err)
		}
	}
	for _, resource := range []int{unix.RLIMIT_CORE, unix.RLIMIT_MSGQUEUE} {
		if err := unix.Prlimit(child.PID, resource, &unix.Rlimit{}, nil); err != nil {
			return fmt.Errorf("forbid core dumps and message queues: %w", err)
		}
	}
	if _, err := to.release.Write([]byte{1}); err != nil {
		return fmt.Errorf("start the program of the box: %w", err)
	}
	return nil
}

// limitResources limits a process without control groups.
func limitResources(pid int, limits Limits) error {
	set := func(resource int, value uint64) error {
		return unix.Prlimit(pid, resource, &unix.Rlimit{Cur: value, Max: value}, nil)
	}
	var errs []error
	if limits.MemoryBytes > 0 {
		errs = append(errs, set(unix.RLIMIT_DATA, uint64(limits.MemoryBytes)))
	}
	if limits.TmpfsBytes > 0 { // files are in /box, or in memory that is not a process's own
		errs = append(errs, set(unix.RLIMIT_FSIZE, uint64(limits.TmpfsBytes)))
	}
	if limits.PIDs > 0 {
		errs = append(errs, set(unix.RLIMIT_NPROC, uint64(limits.PIDs)))
	}
	return errors.Join(errs...)
}
