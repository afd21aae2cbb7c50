package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asCandidate is this program as the user of candidates, started as a service starts
// what belongs to one.
func asCandidate(arguments []string) *exec.Cmd {
	user := os.Getenv("HARNESS_CANDIDATE_USER")
	setpriv := []string{"--reuid", user, "--regid", user, "--clear-groups", "--inh-caps", "-all", "--ambient-caps", "-all", "--", "/opt/harness/probe", "candidate"}
	return exec.Command("/usr/bin/setpriv", append(setpriv, arguments...)...)
}

// settings lists what below /proc, apart from processes, can be opened for writing.
func settings() (found []string) {
	_ = filepath.WalkDir("/proc", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if _, err := strconv.Atoi(entry.Name()); err == nil && filepath.Dir(path) == "/proc" {
			return fs.SkipDir
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || entry.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			f.Close()
			found = append(found, path)
		}
		return nil
	})
	return found
}

// devices lists the device nodes of /dev whose mode this process may change. It sets
// the mode that they have.
func devices() (found []string) {
	entries, err := os.ReadDir("/dev")
	check(err)
	for _, entry := range entries {
		path := filepath.Join("/dev", entry.Name())
		var node unix.Stat_t
		check(unix.Lstat(path, &node))
		if entry.Type()&fs.ModeDevice != 0 && unix.Chmod(path, node.Mode&0o7777) == nil {
			found = append(found, path)
		}
	}
	return found
}

// leave lists what could be made that outlives its process and is no file.
func leave() (found []string) {
	try := func(name string, code unix.Errno) {
		if code == 0 {
			found = append(found, name)
		}
	}
	name, word := []byte("probe\x00"), []byte("user\x00")
	queue := [8]int64{1: 1, 2: 8} // one message of eight bytes
	const mine = ^uintptr(3)      // the keys of the user
	_, _, code := unix.Syscall(unix.SYS_SHMGET, 4711, 4096, unix.IPC_CREAT|0o600)
	try("memory", code)
	_, _, code = unix.Syscall(unix.SYS_MSGGET, 4711, unix.IPC_CREAT|0o600, 0)
	try("queue", code)
	_, _, code = unix.Syscall(unix.SYS_SEMGET, 4711, 1, unix.IPC_CREAT|0o600)
	try("semaphores", code)
	_, _, code = unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(&name[0])), unix.O_CREAT|unix.O_RDWR, 0o600, uintptr(unsafe.Pointer(&queue[0])), 0, 0)
	try("POSIX queue", code)
	_, _, code = unix.Syscall6(unix.SYS_ADD_KEY, uintptr(unsafe.Pointer(&word[0])), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&name[0])), 5, mine, 0)
	try("key", code)
	return found
}
