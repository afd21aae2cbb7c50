package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cgroupMount  = "/sys/fs/cgroup"
	cgroupPrefix = "harness-box-"
	// cpuPeriod is the scheduler's accounting period, in microseconds.
	cpuPeriod = 100_000
)

// cgroups makes control groups for boxes. A nil one makes none.
type cgroups struct {
	self owner
	// parents are the folders in which groups are made: one for version 2, one
	// for each controller for version 1.
	parents []string
	v2      bool
	next    atomic.Int64
}

// findCgroups finds a folder in which this process may make control groups that limit
// memory and processes. It returns nil if there is none.
func findCgroups(self owner) *cgroups {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	own := map[string]string{} // controller → this process's group
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			own[controller] = fields[2] // version 2 has the controller ""
		}
	}
	var candidates []*cgroups
	if group, ok := own[""]; ok {
		// A group that contains processes cannot delegate controllers, so a sibling of
		// our own group is tried first. On a machine that also has version 1, the folder
		// is of another file system.
		for _, parent := range []string{filepath.Dir(group), group} {
			dir := filepath.Join(cgroupMount, parent)
			var at unix.Statfs_t
			if unix.Statfs(dir, &at) == nil && at.Type == unix.CGROUP2_SUPER_MAGIC {
				candidates = append(candidates, &cgroups{self: self, v2: true, parents: []string{dir}})
			}
		}
	}
	v1 := &cgroups{self: self}
	for _, controller := range []string{"memory", "pids", "cpu"} {
		group, ok := own[controller]
		if !ok {
			break
		}
		v1.parents = append(v1.parents, filepath.Join(cgroupMount, controller, group))
	}
	if len(v1.parents) == 3 {
		candidates = append(candidates, v1)
	}
	for _, c := range candidates {
		if c.works() {
			return c
		}
	}
	return nil
}

// works makes a group, limits it and removes it.
func (c *cgroups) works() bool {
	g, err := c.create(Limits{MemoryBytes: 1 << 30, PIDs: 100, CPUs: 1})
	if err != nil {
		return false
	}
	return g.remove() == nil
}

// name returns the name of a new group. It holds the owner but for the boot, which no
// group survives.
func (c *cgroups) name() string {
	return fmt.Sprintf("%s%d-%s-%d", cgroupPrefix, c.self.PID, c.self.Started, c.next.Add(1))
}

// create makes a group with limits.
func (c *cgroups) create(limits Limits) (*cgroup, error) {
	if c == nil {
		return nil, nil
	}
	g := &cgroup{v2: c.v2}
	name := c.name()
	for _, parent := range c.parents {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, errors.Join(err, g.remove())
		}
		g.dirs = append(g.dirs, dir)
	}
	if err := g.limit(limits); err != nil {
		return nil, errors.Join(err, g.remove())
	}
	return g, nil
}

// all calls each with the folder and the owner of every existing group whose owner is
// in our process namespace.
func (c *cgroups) all(each func(dir string, o owner)) error {
	if c == nil {
		return nil
	}
	var errs []error
	for _, parent := range c.parents {
		entries, err := os.ReadDir(parent)
		errs = append(errs, err)
		for _, entry := range entries {
			fields := strings.Split(strings.TrimPrefix(entry.Name(), cgroupPrefix), "-")
			pid, err := strconv.Atoi(fields[0])
			if !strings.HasPrefix(entry.Name(), cgroupPrefix) || len(fields) != 3 || err != nil {
				continue
			}
			o := c.self
			o.PID, o.Started = pid, fields[1]
			each(filepath.Join(parent, entry.Name()), o)
		}
	}
	return errors.Join(errs...)
}

// of lists the folders of a process's groups.
func (c *cgroups) of(process owner) (dirs []string, err error) {
	err = c.all(func(dir string, o owner) {
		if o == process {
			dirs = append(dirs, dir)
		}
	})
	return dirs, err
}

// cleanup removes the groups of dead processes.
func (c *cgroups) cleanup() error {
	var errs []error
	err := c.all(func(dir string, o owner) {
		if !o.gone(c.self) {
			return
		}
		// A group with running processes stays.
		g := cgroup{dirs: []string{dir}}
		if err := g.remove(); !errors.Is(err, syscall.EBUSY) {
			errs = append(errs, err)
		}
	})
	return errors.Join(append(errs, err)...)
}

// cgroup is the control group of a box. A nil one does nothing.
type cgroup struct {
	dirs []string // in version 1 one each for memory, pids and cpu
	v2   bool
}

func (g *cgroup) limit(l Limits) error {
	if g.v2 {
		return g.limit2(l)
	}
	memory, pids, cpu := g.dirs[0], g.dirs[1], g.dirs[2]
	var errs []error
	if l.MemoryBytes > 0 {
		errs = append(errs, set(memory, "memory.limit_in_bytes", l.MemoryBytes))
		// Memory and swap together; the file is missing if the kernel does not count swap.
		if err := set(memory, "memory.memsw.limit_in_bytes", l.MemoryBytes); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if l.PIDs > 0 {
		errs = append(errs, set(pids, "pids.max", int64(l.PIDs)))
	}
	if l.CPUs > 0 {
		errs = append(errs, set(cpu, "cpu.cfs_period_us", cpuPeriod), set(cpu, "cpu.cfs_quota_us", int64(l.CPUs*cpuPeriod)))
	}
	return errors.Join(errs...)
}

func (g *cgroup) limit2(l Limits) error {
	dir := g.dirs[0]
	var errs []error
	if l.MemoryBytes > 0 {
		errs = append(errs, set(dir, "memory.max", l.MemoryBytes))
		if err := set(dir, "memory.swap.max", 0); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if l.PIDs > 0 {
		errs = append(errs, set(dir, "pids.max", int64(l.PIDs)))
	}
	if l.CPUs > 0 {
		// Not every session that delegates memory delegates CPU time too.
		err := set(dir, "cpu.max", fmt.Sprintf("%d %d", int64(l.CPUs*cpuPeriod), cpuPeriod))
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// set writes to an existing control file.
func set(dir, file string, value any) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(f, value)
	return errors.Join(err, f.Close())
}

func (g *cgroup) add(pid int) error {
	if g == nil {
		return nil
	}
	var errs []error
	for _, dir := range g.dirs {
		errs = append(errs, set(dir, "cgroup.procs", int64(pid)))
	}
	return errors.Join(errs...)
}

// ranOutOfMemory reports whether the kernel killed a process of the group because
// memory ran out.
func (g *cgroup) ranOutOfMemory() bool {
	if g == nil {
		return false
	}
	file := "memory.oom_control"
	if g.v2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.dirs[0], file))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "oom_kill" {
			return fields[1] != "0"
		}
	}
	return false
}

// remove removes the group. It waits for the last process, since the kernel takes a
// moment to end a process namespace.
func (g *cgroup) remove() error {
	if g == nil {
		return nil
	}
	var errs []error
	deadline := time.Now().Add(exitGrace)
	for _, dir := range g.dirs {
		err := os.Remove(dir)
		for errors.Is(err, syscall.EBUSY) && time.Now().Before(deadline) {
			time.Sleep(2 * time.Millisecond)
			err = os.Remove(dir)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
