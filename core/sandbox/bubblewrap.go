package sandbox

import (
	"bytes"
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
	mount   boxMount
	log     *slog.Logger
	self    owner
	cgroups *cgroups
	// disableUserns: the installed bwrap can forbid user namespaces.
	disableUserns bool
}

func openBubblewrap(ctx context.Context, options Options) (*bubblewrap, error) {
	fail := func(op string, err error, hint string) error {
		return &Error{Driver: bubblewrapName, Op: op, Err: err, Hint: hint}
	}
	path, err := exec.LookPath("bwrap")
	if err != nil {
		return nil, fail("find bwrap", err, "on Debian: apt-get install bubblewrap; or use sandbox \"docker\"")
	}
	asking, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	help, err := exec.CommandContext(asking, path, "--help").CombinedOutput()
	if err != nil {
		return nil, fail("run "+path+" --help", err, "")
	}
	self, err := thisProcess()
	if err != nil {
		return nil, fail("open", err, "")
	}
	d := &bubblewrap{path: path, cache: options.CacheDir, log: options.Logger, self: self, cgroups: findCgroups(self)}
	d.disableUserns = bytes.Contains(help, []byte("--disable-userns"))
	if d.mount, err = findMount(ctx, options.CacheDir, path); err != nil {
		// Without it a candidate could load its own library into the process that judges it.
		return nil, fail("mount a work folder in which nothing can be executed", err,
			"this needs root or user namespaces, and unshare and mount of util-linux; on Debian: apt-get install util-linux mount; or use sandbox \"docker\"")
	}
	if d.cgroups == nil {
		d.log.Warn("cannot make control groups: memory is limited per process, processes per user, CPU time not at all")
	}
	return d, nil
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
	if err := os.Rename(making, dir); err != nil {
		return fail("keep environment "+env.ID, err)
	}
	return nil
}

// preparedDir returns the folder of a prepared environment. Its name depends on the
// host's programs too, so that an upgrade of the host makes another.
func (d *bubblewrap) preparedDir(env Environment) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, env.contentDigest())
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
	p, err := d.launch(env, launch{argv: env.Setup, filesFrom: dir, filesWritable: true})
	if err != nil {
		return err
	}
	defer p.close()
	var output lines.Tail
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&output, p.stdout)
	}()
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.kill()
		return ctx.Err()
	}
	<-copied
	if how := p.exit(); how.status != "exit code 0" {
		return fmt.Errorf("%v ended with %s:\n%s\n%s", env.Setup, how.status, output.String(), p.stderr.String())
	}
	return nil
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
	p, err := d.launch(env, launch{argv: env.Service, filesFrom: dir})
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
