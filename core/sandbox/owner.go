package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// owner identifies the process that something belongs to, beyond its process id, which
// may be reused, so that it can be told whether the process has ended.
type owner struct {
	Machine   string // "-" if the machine has no id
	Boot      string // the machine's boot
	Namespace string // of process ids
	PID       int
	Started   string // in clock ticks since boot
}

// thisProcess returns the owner for this process.
func thisProcess() (owner, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return owner{}, fmt.Errorf("identify this process: %w", err)
	}
	machine := "-"
	if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(strings.Fields(string(id))) == 1 {
		machine = strings.TrimSpace(string(id))
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return owner{}, fmt.Errorf("identify this process: %w", err)
	}
	started, err := startTime(os.Getpid())
	if err != nil {
		return owner{}, fmt.Errorf("identify this process: %w", err)
	}
	return owner{Machine: machine, Boot: strings.TrimSpace(string(boot)), Namespace: namespace, PID: os.Getpid(), Started: started}, nil
}

// startTime returns field 22 of a process's stat, counted from the end of the command
// name, which may hold any characters.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return "", fmt.Errorf("process %d has a stat of %d fields", pid, len(fields))
	}
	return fields[19], nil
}

// gone reports whether a process has certainly ended. Processes of other machines and
// other process namespaces are not visible and count as running.
func (o owner) gone(self owner) bool {
	if o.Boot != self.Boot {
		return o.Machine != "-" && o.Machine == self.Machine
	}
	if o.Namespace != self.Namespace {
		return false
	}
	started, err := startTime(o.PID)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return err == nil && started != o.Started
}

func (o owner) String() string {
	return strings.Join([]string{o.Machine, o.Boot, o.Namespace, strconv.Itoa(o.PID), o.Started}, " ")
}

func parseOwner(text string) (owner, bool) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return owner{}, false
	}
	pid, err := strconv.Atoi(fields[3])
	if err != nil || pid <= 0 {
		return owner{}, false
	}
	return owner{Machine: fields[0], Boot: fields[1], Namespace: fields[2], PID: pid, Started: fields[4]}, true
}
