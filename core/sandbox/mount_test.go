package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harness/core/sandbox"
)

// project makes a folder to mount, with a file "note" that holds its name.
func project(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src", "note"), []byte(name), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/shadow", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	// Other users may read it, even if the umask of this process is strict.
	for _, path := range []string{dir, filepath.Join(dir, "src")} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMountsAreReadOnly(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		env := environment(t)
		one, two := project(t, "one"), project(t, "two")
		env.Mounts = []sandbox.Mount{{Source: one, Target: "/data/one"}, {Source: two, Target: "/data/deep/er/two"}}
		box := open(t, driver, env)
		for _, c := range []struct {
			name, request string
			want          func(string) bool
		}{
			{"the first can be read", "read /data/one/src/note", func(s string) bool { return s == "one" }},
			{"the second can be read", "read /data/deep/er/two/src/note", func(s string) bool { return s == "two" }},
			{"no file can be changed", "write /data/one/src/note", func(s string) bool { return strings.HasPrefix(s, "no: ") }},
			{"no file can be made", "write /data/one/new", func(s string) bool { return strings.HasPrefix(s, "no: ") }},
			{"nothing can be put beside them", "write /data/new", func(s string) bool { return strings.HasPrefix(s, "no: ") }},
			{"a link leads to nothing of the host's", "read /data/one/link", func(s string) bool { return strings.HasPrefix(s, "no: ") }},
			{"what is around them on the host is not there", "read " + filepath.Join(one, "src", "note"), func(s string) bool { return strings.HasPrefix(s, "no: ") }},
			{"only the work folder can be written to", "writable", func(s string) bool { return s == "/box" }},
		} {
			t.Run(c.name, func(t *testing.T) {
				if got := ask(t, box, c.request); !c.want(got) {
					t.Errorf("%s: got %q", c.request, got)
				}
			})
		}
	})
}

func TestMountsThatAreRefused(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		for _, c := range []struct {
			name   string
			mounts []sandbox.Mount
			want   string
		}{
			{"a relative folder", []sandbox.Mount{{"project", "/data/p"}}, "not a plain absolute"},
			{"a folder named with dots", []sandbox.Mount{{"/tmp/../etc", "/data/p"}}, "not a plain absolute"},
			{"a target outside", []sandbox.Mount{{"/tmp", "/etc"}}, "not a plain path below /data"},
			{"a target that leaves", []sandbox.Mount{{"/tmp", "/data/../etc"}}, "not a plain path below /data"},
			{"the whole of /data", []sandbox.Mount{{"/tmp", "/data"}}, "not a plain path below /data"},
			{"one target twice", []sandbox.Mount{{"/tmp", "/data/p"}, {"/usr", "/data/p"}}, "overlap"},
			{"one in the other", []sandbox.Mount{{"/tmp", "/data/p/q"}, {"/usr", "/data/p"}}, "overlap"},
		} {
			t.Run(c.name, func(t *testing.T) {
				env := environment(t)
				env.Mounts = c.mounts
				if _, err := driver.Start(t.Context(), env); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
			})
		}
		t.Run("a folder that is not there", func(t *testing.T) {
			env := environment(t)
			missing := filepath.Join(t.TempDir(), "gone")
			env.Mounts = []sandbox.Mount{{missing, "/data/p"}}
			if err := driver.Prepare(t.Context(), env); err != nil {
				t.Fatal(err)
			}
			if _, err := driver.Start(t.Context(), env); err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestMountsAreAnEnvironmentsOwn(t *testing.T) {
	env := environment(t)
	before := env.Digest()
	env.Mounts = []sandbox.Mount{{"/tmp", "/data/p"}}
	if env.Digest() == before {
		t.Error("boxes with mounts and boxes without have one digest")
	}
}

// counting counts a driver's boxes.
type counting struct {
	sandbox.Driver
	live, most, started atomic.Int64
}

func (c *counting) Start(ctx context.Context, env sandbox.Environment) (sandbox.Box, error) {
	box, err := c.Driver.Start(ctx, env)
	if err != nil {
		return nil, err
	}
	c.started.Add(1)
	live := c.live.Add(1)
	for most := c.most.Load(); live > most && !c.most.CompareAndSwap(most, live); most = c.most.Load() {
	}
	return &countedBox{Box: box, of: c}, nil
}

type countedBox struct {
	sandbox.Box
	of   *counting
	once sync.Once
}

func (b *countedBox) Close() error {
	err := b.Box.Close()
	b.once.Do(func() { b.of.live.Add(-1) })
	return err
}

func TestPoolKeepsFewBoxesOfManyEnvironments(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		counted := &counting{Driver: driver}
		pool := sandbox.NewPool(counted, 2)
		t.Cleanup(func() { closePool(t, pool) })
		var folders []string
		for i := range 6 {
			folders = append(folders, project(t, fmt.Sprint("p", i)))
		}
		ask := func(i int) {
			env := environment(t)
			env.Mounts = []sandbox.Mount{{folders[i], "/data/project"}}
			reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte("read /data/project/src/note"), Timeout: time.Minute})
			if err != nil || string(reply.Payload) != fmt.Sprint("p", i) {
				t.Errorf("project %d: got %q, %s, %v", i, reply.Payload, reply.Detail, err)
			}
		}
		var wait sync.WaitGroup
		for i := range 12 {
			wait.Go(func() { ask(i % len(folders)) })
		}
		wait.Wait()
		if most := counted.most.Load(); most != 2 {
			t.Errorf("%d boxes at a time in a pool of 2", most)
		}

		// The box that was used last stays, the other one is closed.
		ask(0)
		ask(1)
		before := counted.started.Load()
		ask(1)
		ask(2)
		ask(1)
		if got := counted.started.Load() - before; got != 1 {
			t.Errorf("%d boxes were started for one environment that had none", got)
		}
	})
}
