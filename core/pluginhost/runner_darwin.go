package pluginhost

import (
	"syscall"
	"unsafe"
)

// ownSession gives a process a session of its own, of which it is the leader
// as it is of its group. When the host dies its guard kills the group.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// ownGroup gives a process a group of its own.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the group of a process that ownSession was for. The caller knows that the
// process pid has not been reaped.
func killGroup(pid int) {
	if pid > 1 {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// awaitExit returns when the process has ended, and leaves it to be reaped.
// It is the call with which package os waits there.
func awaitExit(pid int) {
	const (
		byPID  = 1
		exited = 0x4
		noWait = 0x20
	)
	var information [16]uint64
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid),
			uintptr(unsafe.Pointer(&information[0])), exited|noWait, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}
