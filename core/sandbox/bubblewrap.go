package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"harness/core/internal/lines"
)

const bubblewrapName = "bubblewrap"

// setupLimit bounds an environment's setup.
const setupLimit = 10 * time.Minute

// bubblewrap makes boxes of Linux namespaces over the host's root file system.
type bubblewrap struct {
	path    string // of bwrap
	cache   string // folder of prepared environments
	stage   stage
	users   users
	filter  []byte   // of system calls
	covered []string // what of /proc is not about processes and could be written to
	log     *slog.Logger
	self    owner
	cgroups *cgroups
}

func openBubblewrap(ctx context.Context, options Options) (*bubblewrap, error) {
	fail := func(op string, err error, hint string) error {
		return &Error{Driver: bubblewrapName, Op: op, Err: err, Hint: hint}
	}
	path, err := exec.LookPath("bwrap")
	if err != nil {
		return nil, fail("find bwrap", err, "on Debian: apt-get install bubblewrap; or use sandbox \"docker\"")
	}
	self, err := thisProcess()
	if err != nil {
		return nil, fail("open", err, "")
	}
	d := &bubblewrap{path: path, cache: options.CacheDir, log: options.Logger, self: self, cgroups: findCgroups(self)}
	if d.filter, err = seccompFilter(); err != nil {
		return nil, fail("forbid system calls", err, "")
	}
	if d.covered, err = writableProc(); err != nil {
		return nil, fail("look at /proc", err, "")
	}
	if d.stage, err = findStage(filepath.Join(options.CacheDir, "box")); err == nil {
		err = d.chooseUsers(ctx)
	}
	if err != nil {
		// Without it a candidate could load its own library into the process that judges it.
		return nil, fail("mount a work folder in which nothing can be executed, for a user without rights", err,
			"this needs root or user namespaces, and unshare, mount and setpriv of util-linux; on Debian: apt-get install util-linux mount; or use sandbox \"docker\"")
	}
	if d.cgroups == nil {
		d.log.Warn("cannot make control groups: memory is limited per process, processes per user, CPU time not at all")
	}
	if !d.users.split() {
		d.log.Warn("candidates run as the user of the service that judges them: there are no newuidmap and subordinate users in /etc/subuid and /etc/subgid; on Debian: apt-get install uidmap")
	}
	return d, nil
}

// chooseUsers tries boxes with the users that this machine may have, the better choice
// first.
func (d *bubblewrap) chooseUsers(ctx context.Context) error {
	var errs []error
	for _, d.users = range findUsers() {
		err := d.try(ctx)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// try runs a program in a box.
func (d *bubblewrap) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	env := Environment{ID: "trial", SecondUser: true, Limits: Limits{TmpfsBytes: 1 << 20}}
	return d.run(ctx, env, launch{argv: []string{"/usr/bin/env", "true"}, filesFrom: "/usr"})
}

// writableProc lists what is in /proc, apart from processes, and is a folder or may be
// written to by somebody: settings of the kernel above all.
func writableProc() ([]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || entry.Name()[0] >= '0' && entry.Name()[0] <= '9' {
			continue // a process, perhaps one that has just ended
		}
		if info.IsDir() || info.Mode().IsRegular() && info.Mode().Perm()&0o222 != 0 {
			found = append(found, "/proc/"+entry.Name())
		}
	}
	return found, nil
}

func (d *bubblewrap) Name() string { return bubblewrapName }

func (d *bubblewrap) Close() error { return nil }

// Prepare checks the host's requirements and runs the setup, unless its result exists.
func (d *bubblewrap) Prepare(ctx context.Context, env Environment) error {
	if err := env.validate(); err != nil {
		return err
	}
	fail := func(op string, err error) error { return &Error{Driver: bubblewrapName, Op: op, Err: err} }
	if err := Missing(env); err != nil {
		return err
	}
	dir, err := d.preparedDir(env)
	if err != nil {
		return fail("prepare environment "+env.ID, err)
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(d.cache, 0o755); err != nil {
		return fail("make the cache folder", err)
	}
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return fail("lock "+lock.Path(), err)
	}
	defer lock.Unlock()
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	d.log.Info("prepare environment", "environment", env.ID, "folder", dir)
	// The holder of the lock may remove what a killed holder left.
	making := dir + ".tmp"
	if err := removeAll(making); err != nil {
		return fail("remove an unfinished environment", err)
	}
	if err := writeFiles(making, env.Files); err != nil {
		return fail("write the files of environment "+env.ID, err)
	}
	if len(env.Setup) > 0 {
		if err := d.setup(ctx, env, making); err != nil {
			return fail("set up environment "+env.ID, err)
		}
	}
	// The users of the box read these files, and own none.
	if err := d.give(making, os.Geteuid()); err != nil {
		return fail("let boxes read environment "+env.ID, err)
	}
	if err := os.Rename(making, dir); err != nil {
		return fail("keep environment "+env.ID, err)
	}
	return nil
}

// preparedDir returns the folder of a prepared environment. Its name depends on the
// host's programs too, so that an upgrade of the host makes another.
func (d *bubblewrap) preparedDir(env Environment) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, "2", env.contentDigest()) // 2: all users may read what is in it
	for _, r := range env.Requires {
		path := r.Path
		if path == "" {
			found, err := exec.LookPath(r.Command)
			if err != nil {
				return "", err
			}
			path = found
		}
		resolved, err := filepath.EvalSymlinks(path)
		if err != nil {
			return "", err
		}
		info, err := os.Stat(resolved)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, resolved, info.Size(), info.ModTime().UnixNano())
	}
	return filepath.Join(d.cache, hex.EncodeToString(sum.Sum(nil)[:16])), nil
}

func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o555); err != nil {
			return err
		}
	}
	return nil
}

// give lets boxes read a tree. Root gives it to a user, too.
func (d *bubblewrap) give(dir string, id int) error {
	return walk(dir, func(path string, mode fs.FileMode) error {
		if d.users.root {
			if err := os.Lchown(path, id, id); err != nil {
				return err
			}
		}
		return share(path, mode)
	})
}

// walk calls each with all files and folders of a tree, folders after what is in them.
func walk(dir string, each func(path string, mode fs.FileMode) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if entry.IsDir() {
			err = walk(path, each)
		} else {
			err = call(path, each)
		}
		if err != nil {
			return err
		}
	}
	return call(dir, each)
}

func call(path string, each func(path string, mode fs.FileMode) error) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	return each(path, info.Mode())
}

// removeAll removes a folder, even if setup made parts of it read-only.
func removeAll(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return nil
	})
	return errors.Join(err, os.RemoveAll(dir))
}

// setup runs the environment's setup in a box that may write to dir.
func (d *bubblewrap) setup(ctx context.Context, env Environment, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	if err := d.give(dir, boxUser); err != nil {
		return err
	}
	inside := *d
	if !d.users.root {
		inside.users = users{} // the folder is this user's, who cannot give it away
	}
	return inside.run(ctx, env, launch{argv: env.Setup, filesFrom: dir, filesWritable: true})
}

// run runs a program in a box and waits for its end.
func (d *bubblewrap) run(ctx context.Context, env Environment, l launch) error {
	p, err := d.launch(ctx, env, l)
	if err != nil {
		return err
	}
	var output lines.Tail
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&output, p.stdout)
	}()
	select {
	case <-p.ended:
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.close())
	}
	<-copied
	if how := p.exit(); how.status != "exit code 0" {
		return errors.Join(fmt.Errorf("%v ended with %s:\n%s\n%s", l.argv, how.status, output.String(), p.stderr.String()), p.close())
	}
	return p.close()
}

func (d *bubblewrap) Start(ctx context.Context, env Environment) (Box, error) {
	if err := env.validate(); err != nil {
		return nil, err
	}
	fail := func(err error) error { return &Error{Driver: bubblewrapName, Op: "start box", Err: err} }
	dir, err := d.preparedDir(env)
	if err != nil {
		return nil, fail(err)
	}
	p, err := d.launch(ctx, env, launch{argv: env.Service, filesFrom: dir})
	if err != nil {
		return nil, fail(err)
	}
	b := &bubblewrapBox{process: p, session: &session{in: p.stdin, out: p.stdout, stderr: &p.stderr, ended: p.ended, how: p.exit, kill: p.kill}}
	if err := b.session.start(ctx); err != nil {
		return nil, errors.Join(fail(err), b.Close())
	}
	return b, nil
}

func (d *bubblewrap) Boxes(context.Context) ([]string, error) {
	dirs, err := d.cgroups.of(d.self)
	if err != nil {
		return nil, &Error{Driver: bubblewrapName, Op: "list control groups", Err: err}
	}
	return dirs, nil
}

// Cleanup removes the control groups of dead processes. Their boxes ended with them.
func (d *bubblewrap) Cleanup(context.Context) error {
	if err := d.cgroups.cleanup(); err != nil {
		return &Error{Driver: bubblewrapName, Op: "remove old control groups", Err: err}
	}
	return nil
}

type bubblewrapBox struct {
	process *process
	session *session
}

func (b *bubblewrapBox) Do(ctx context.Context, request Request) (Reply, error) {
	return b.session.do(ctx, request)
}

func (b *bubblewrapBox) Close() error { return b.process.close() }
