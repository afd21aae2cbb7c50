package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// owner says which process something belongs to, and can tell whether that
// process is gone: a process id alone is reused.
type owner struct {
	Machine   string // "-" where the machine has no id
	Boot      string // the machine's boot
	Namespace string // of process ids
	PID       int
	Started   string // in clock ticks since boot
}

// thisProcess is the owner that this process is.
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

// startTime is field 22 of a process's stat, counted from behind the command
// name, which may hold anything.
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

// gone says whether o is certainly dead. Processes of other machines and other
// process namespaces cannot be seen from here: they count as living.
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
