package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// refusal is a system call that boxes of bubblewrap refuse, and the error that the
// caller gets.
type refusal struct {
	call  uint32
	errno unix.Errno
}

// refusals returns the system calls that boxes refuse. Docker's own filter and settings
// of the kernel do the same for containers.
func refusals() []refusal {
	var all []refusal
	refuse := func(errno unix.Errno, calls ...uint32) {
		for _, call := range calls {
			all = append(all, refusal{call, errno})
		}
	}
	// Memory, queues and keys that outlive the processes that made them: one candidate
	// could leave them to the next, and they do not count as memory of any process.
	refuse(unix.ENOSYS,
		unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV, unix.SYS_MSGCTL,
		unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP, unix.SYS_SEMCTL, unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL)
	// Attributes of files: /box itself stays, with all that is attached to it.
	refuse(unix.EOPNOTSUPP, unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR, sysSetxattrat)
	// How processes are scheduled, above all those of the service.
	refuse(unix.EPERM,
		unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETATTR,
		unix.SYS_SCHED_SETAFFINITY, unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES)
	// The memory and the files of other processes.
	refuse(unix.EPERM, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP, unix.SYS_PROCESS_MADVISE)
	// Parts of the kernel that programs do not need and attackers like.
	refuse(unix.EPERM,
		unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT,
		unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_FANOTIFY_INIT, unix.SYS_QUOTACTL, unix.SYS_SYSLOG, unix.SYS_ACCT,
		unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_REBOOT, unix.SYS_KEXEC_LOAD, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE,
		unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME, unix.SYS_VHANGUP)
	// Its flags are in memory, where a filter cannot look. Libraries then use clone.
	refuse(unix.ENOSYS, unix.SYS_CLONE3)
	return all
}

const (
	// sysSetxattrat is younger than package unix; it has the same number everywhere.
	sysSetxattrat = 463
	// newNamespaces are the flags of clone that make a namespace.
	newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET
	// x32 marks the calls of a second set that amd64 kernels may have.
	x32 = 0x40000000

	// Results of a filter.
	retAllow = 0x7fff0000
	retErrno = 0x00050000
)

// architectures are those whose system calls the filter knows, by Go's names.
var architectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// seccompFilter returns the program that makes the kernel refuse system calls in a box,
// as bwrap takes it.
func seccompFilter() ([]byte, error) {
	architecture, ok := architectures[runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("the system calls of %s are not known; use sandbox \"docker\"", runtime.GOARCH)
	}
	// Offsets in struct seccomp_data: number, architecture, and six arguments of 64 bits,
	// low halves first on the architectures above.
	const number, arch, arguments = 0, 4, 16
	var program []unix.SockFilter
	load := func(offset uint32) {
		program = append(program, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
	}
	jump := func(code uint16, k uint32, yes, no uint8) {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | code, Jt: yes, Jf: no, K: k})
	}
	result := func(k uint32) {
		program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k})
	}
	deny := func(errno unix.Errno) { result(retErrno | uint32(errno)) }

	// Calls by another convention, which have other numbers, are refused.
	load(arch)
	jump(unix.BPF_JEQ, architecture, 1, 0)
	deny(unix.ENOSYS)
	load(number)
	jump(unix.BPF_JGE, x32, 0, 1)
	deny(unix.ENOSYS)
	for _, r := range refusals() {
		jump(unix.BPF_JEQ, r.call, 0, 1)
		deny(r.errno)
	}
	// clone that makes a namespace
	jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4)
	load(arguments)
	jump(unix.BPF_JSET, newNamespaces, 0, 1)
	deny(unix.EPERM)
	result(retAllow)
	// prlimit64 that sets limits of another process: of the service, for example
	jump(unix.BPF_JEQ, unix.SYS_PRLIMIT64, 0, 7)
	load(arguments)
	jump(unix.BPF_JEQ, 0, 5, 0)
	load(arguments + 2*8)
	jump(unix.BPF_JEQ, 0, 0, 2)
	load(arguments + 2*8 + 4)
	jump(unix.BPF_JEQ, 0, 1, 0)
	deny(unix.EPERM)
	result(retAllow)

	var text bytes.Buffer
	err := binary.Write(&text, binary.NativeEndian, program)
	return text.Bytes(), err
}
