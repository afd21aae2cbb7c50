// Command probe is the service of the sandbox's tests: it obeys the request,
// which is mostly what a box must not let it do. It refuses to run outside one.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if os.Getenv("HARNESS_BOX") != "1" || os.Getpid() > 64 {
		fmt.Fprintln(os.Stderr, "probe: this must run in a box")
		os.Exit(1)
	}
	if len(os.Args) > 1 {
		start(os.Args[1], os.Args[2:])
	}
	in := bufio.NewReader(os.Stdin)
	answer(0, "ready", 0)
	for {
		var head [12]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		request := make([]byte, binary.BigEndian.Uint32(head[:]))
		older, number = number, binary.BigEndian.Uint64(head[4:])
		if _, err := io.ReadFull(in, request); err != nil {
			return
		}
		verb, argument, _ := strings.Cut(string(request), " ")
		text, last := do(verb, argument)
		answer(number, text, last)
	}
}

// start is what the probe is run as, other than the service.
func start(verb string, arguments []string) {
	switch verb {
	case "candidate":
		text, _ := do(arguments[0], strings.Join(arguments[1:], " "))
		fmt.Print(text)
		os.Exit(0)
	case "setup":
		check(os.WriteFile("made-by-setup", []byte(os.Getenv("GREETING")), 0o444))
		os.Exit(0)
	case "refuse":
		fmt.Fprintln(os.Stderr, "probe: I refuse to start")
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Hour)
	case "volunteer": // to be killed before the service
		check(os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0))
		hoard()
	}
}

// hoard takes all memory.
func hoard() {
	var all [][]byte
	for {
		block := make([]byte, 16<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		all = append(all, block)
	}
}

// number is that of the request; older is that of the one before.
var number, older uint64

func encode(number uint64, text string, flags uint32) []byte {
	head := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, uint32(len(text))|flags), number)
	return append(head, text...)
}

func answer(number uint64, text string, flags uint32) {
	_, err := os.Stdout.Write(encode(number, text, flags))
	check(err)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func outcome(err error) string {
	if err != nil {
		return "no: " + err.Error()
	}
	return "yes"
}

func do(verb, argument string) (text string, flags uint32) {
	switch verb {
	case "echo":
		return argument, 0
	case "last":
		return argument, 1 << 31
	case "sleep":
		d, err := time.ParseDuration(argument)
		check(err)
		time.Sleep(d)
		return "slept", 0
	case "exit":
		fmt.Fprintln(os.Stderr, "probe: exiting on request")
		os.Exit(7)
	case "babble":
		_, err := os.Stdout.WriteString("\x7f\xff\xff\xffthis is not a frame")
		check(err)
		time.Sleep(time.Hour)
	case "answer-twice": // at once
		answer(number, argument, 0)
		return argument, 0
	case "answer-twice-later": // while nothing is asked
		go func() {
			time.Sleep(200 * time.Millisecond)
			answer(older, "forged", 0)
		}()
		older = number
		return argument, 0
	case "answer-the-one-before":
		answer(older, argument, 0)
		time.Sleep(time.Hour)
	case "answer-another":
		answer(number+1, argument, 0)
		time.Sleep(time.Hour)
	case "say-more": // the beginning of a frame for the next request
		_, err := os.Stdout.Write(append(encode(number, argument, 0), 0, 0))
		check(err)
		time.Sleep(time.Hour)
	case "read":
		content, err := os.ReadFile(argument)
		if err != nil {
			return outcome(err), 0
		}
		return string(content), 0
	case "write":
		return outcome(os.WriteFile(argument, []byte("x"), 0o644)), 0
	case "execute": // what was written to the work folder
		program, err := os.ReadFile("/proc/self/exe")
		check(err)
		check(os.WriteFile("/box/program", program, 0o755))
		defer os.Remove("/box/program")
		return outcome(exec.Command("/box/program", "setup").Run()), 0
	case "fill":
		f, err := os.Create(argument)
		check(err)
		block := make([]byte, 1<<20)
		for n := 0; n < 4096; n++ {
			if _, err := f.Write(block); err != nil {
				return fmt.Sprintf("%d MiB", n), 0
			}
		}
		return "4096 MiB", 0
	case "dial":
		c, err := net.DialTimeout("tcp", argument, 2*time.Second)
		if err == nil {
			c.Close()
		}
		return outcome(err), 0
	case "interfaces":
		all, err := net.Interfaces()
		check(err)
		var names []string
		for _, i := range all {
			if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
				names = append(names, i.Name)
			}
		}
		return strings.Join(names, " "), 0
	case "memory":
		hoard()
	case "memory-of-a-child":
		return fmt.Sprint(exec.Command("/proc/self/exe", "volunteer").Run()), 0
	case "processes":
		started := 0
		for ; started < 2000; started++ {
			if err := exec.Command("/proc/self/exe", "sleep").Start(); err != nil {
				return fmt.Sprint(started), 0
			}
		}
		return fmt.Sprint(started), 0
	case "spin":
		for range 4 {
			go func() {
				for {
				}
			}()
		}
		var before, after syscall.Rusage
		check(syscall.Getrusage(syscall.RUSAGE_SELF, &before))
		time.Sleep(time.Second)
		check(syscall.Getrusage(syscall.RUSAGE_SELF, &after))
		used := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
		return used.String(), 1 << 31
	case "answer-for-another": // through the pipe of the box's first process
		if os.Getpid() == 1 {
			return "no: that is me", 0
		}
		f, err := os.OpenFile("/proc/1/fd/1", os.O_WRONLY, 0)
		if err == nil {
			f.Close()
		}
		return outcome(err), 0
	case "user":
		return fmt.Sprint(os.Getuid(), " ", os.Getgid()), 0
	case "capabilities":
		status, err := os.ReadFile("/proc/self/status")
		check(err)
		var lines []string
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "CapEff") || strings.HasPrefix(line, "CapPrm") || strings.HasPrefix(line, "CapBnd") || strings.HasPrefix(line, "NoNewPrivs") {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
		}
		return strings.Join(lines, ", "), 0
	case "outside": // which user of the machine this is
		maps, err := os.ReadFile("/proc/self/uid_map")
		check(err)
		for line := range strings.Lines(string(maps)) {
			var inside, outside, count int
			if _, err := fmt.Sscan(line, &inside, &outside, &count); err == nil && os.Getuid() >= inside && os.Getuid() < inside+count {
				return fmt.Sprint(outside + os.Getuid() - inside), 0
			}
		}
		return string(maps), 0
	case "environment":
		all := os.Environ()
		slices.Sort(all)
		return strings.Join(all, "\n"), 0
	case "commands":
		var all []string
		paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
		check(err)
		for _, path := range paths {
			content, _ := os.ReadFile(path)
			all = append(all, strings.ReplaceAll(strings.TrimRight(string(content), "\x00"), "\x00", " "))
		}
		return strings.Join(all, "\n"), 0
	case "writable":
		return strings.Join(writable(), " "), 0
	case "as-candidate":
		text, err := asCandidate(strings.Fields(argument)).CombinedOutput()
		if err != nil {
			return fmt.Sprintf("%s: %s", err, text), 0
		}
		return string(text), 0
	case "kill-candidate":
		child := asCandidate([]string{"sleep", "1h"})
		check(child.Start())
		time.Sleep(200 * time.Millisecond)
		err := child.Process.Kill()
		_ = child.Wait()
		return outcome(err), 0
	case "settings": // of the kernel that can be opened for writing
		return strings.Join(settings(), " "), 0
	case "devices": // whose mode can be set, to what it is
		return strings.Join(devices(), " "), 0
	case "leave": // what outlives a process
		return strings.Join(leave(), " "), 0
	case "attribute":
		return outcome(unix.Setxattr(argument, "user.note", []byte("x"), 0)), 0
	case "limit": // sets a limit of the first process to what it is
		var limit unix.Rlimit
		if err := unix.Prlimit(1, unix.RLIMIT_STACK, nil, &limit); err != nil {
			return outcome(err), 0
		}
		return outcome(unix.Prlimit(1, unix.RLIMIT_STACK, &limit, nil)), 0
	case "slow-down": // the first process
		_, _, code := unix.Syscall(unix.SYS_SCHED_SETSCHEDULER, 1, unix.SCHED_BATCH, uintptr(unsafe.Pointer(new(int32))))
		if code == 0 {
			return "yes", 0
		}
		return outcome(errors.Join(code, unix.Setpriority(unix.PRIO_PROCESS, 1, 5))), 0
	case "signal": // reaches the first process?
		return outcome(unix.Kill(1, 0)), 0
	case "mount":
		return outcome(syscall.Mount("none", "/box", "tmpfs", 0, "")), 0
	case "userns":
		child := exec.Command("/proc/self/exe", "refuse")
		child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
		err := child.Start()
		if err == nil {
			_ = child.Wait() // it refuses, and that is all
		}
		return outcome(err), 0
	}
	return "unknown verb " + verb, 0
}

// writable lists the folders in which a file can be made, without what is below
// them.
func writable() (found []string) {
	_ = filepath.WalkDir("/", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			if errors.Is(err, fs.ErrPermission) {
				return fs.SkipDir
			}
			return nil
		}
		if path == "/proc" || path == "/sys" {
			return fs.SkipDir
		}
		name := filepath.Join(path, "probe-was-here")
		if f, err := os.Create(name); err == nil {
			f.Close()
			os.Remove(name)
			found = append(found, path)
			return fs.SkipDir
		}
		return nil
	})
	return found
}
