package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// users says which users of this machine the users of a box are.
//
// The names in a box are those of containers: boxUser runs the service, candidateUser
// what the service starts for a candidate, and 0 makes the box and then is nobody. None
// of them is this machine's root.
type users struct {
	// ids are the users (and groups) of this machine by those in the box. Nil: both users of
	// the box are the one that runs this process.
	ids map[int]int
	// root: this process is root, and makes the mounts that only root can make. Otherwise
	// this process has to be mapped by newuidmap and newgidmap, which are set-user-ID.
	root                 bool
	newuidmap, newgidmap string
}

// setupUser makes boxes if root runs the harness, and owns nothing.
const setupUser = 65532

// split reports whether the service and candidates are different users.
func (u users) split() bool { return u.ids != nil }

// findUsers returns the users of boxes on this machine, the better choice first.
func findUsers() []users {
	if os.Geteuid() == 0 {
		choices := []users{{root: true, ids: map[int]int{0: setupUser, boxUser: boxUser, candidateUser: candidateUser}}}
		if !isMachinesRoot() {
			// Root of a container, say, which may lack these users; it has no more rights on the
			// machine than the user that it is there.
			choices = append(choices, users{})
		}
		return choices
	}
	choices := []users{{}}
	newuidmap, err1 := exec.LookPath("newuidmap")
	newgidmap, err2 := exec.LookPath("newgidmap")
	self, err3 := user.Current()
	if err := errors.Join(err1, err2, err3); err != nil {
		return choices
	}
	uid, gid := subordinate("/etc/subuid", self), subordinate("/etc/subgid", self)
	if uid == 0 || uid != gid {
		return choices // equal numbers keep this simple, and are what adduser gives
	}
	ids := map[int]int{0: os.Getuid(), boxUser: uid, candidateUser: uid + 1}
	return append([]users{{ids: ids, newuidmap: newuidmap, newgidmap: newgidmap}}, choices...)
}

// isMachinesRoot reports whether root here is root of the machine, and not of a user
// namespace.
func isMachinesRoot() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true // the answer that allows less
	}
	fields := strings.Fields(string(text))
	return len(fields) < 2 || fields[0] == "0" && fields[1] == "0"
}

// subordinate returns the first of at least two ids that a file gives to a user, or 0.
func subordinate(file string, of *user.User) int {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) != 3 || fields[0] != of.Username && fields[0] != of.Uid {
			continue
		}
		first, err1 := strconv.Atoi(fields[1])
		count, err2 := strconv.Atoi(fields[2])
		if err1 == nil && err2 == nil && first > 0 && count >= 2 {
			return first
		}
	}
	return 0
}

// handshake is how a process tells us that it is in a new user namespace, and waits until
// we have said who its users are.
type handshake struct {
	ready *os.File // we read
	goOn  *os.File // we write
}

// admit says who the users of a new user namespace are, once its process is in it.
func (u users) admit(ctx context.Context, pid int, h handshake) error {
	if err := h.ready.SetReadDeadline(time.Now().Add(callLimit)); err != nil {
		return err
	}
	if _, err := io.ReadFull(h.ready, make([]byte, 1)); err != nil {
		return fmt.Errorf("the box's user namespace was not made: %w", err)
	}
	var table []string
	for _, inside := range []int{0, candidateUser, boxUser} {
		table = append(table, strconv.Itoa(inside), strconv.Itoa(u.ids[inside]), "1")
	}
	for _, m := range []struct{ file, program string }{{"uid_map", u.newuidmap}, {"gid_map", u.newgidmap}} {
		if err := u.enter(ctx, pid, m.file, m.program, table); err != nil {
			return fmt.Errorf("map the users of the box: %w", err)
		}
	}
	_, err := h.goOn.Write([]byte("\n"))
	return err
}

// enter writes one table of a user namespace, or has a program do so.
func (u users) enter(ctx context.Context, pid int, file, program string, table []string) error {
	if !u.root {
		if file == "gid_map" { // this process's group is not its user
			table = append([]string{}, table...)
			table[1] = strconv.Itoa(os.Getgid())
		}
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		if said, err := exec.CommandContext(ctx, program, append([]string{strconv.Itoa(pid)}, table...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", program, err, said)
		}
		return nil
	}
	var text strings.Builder
	for i := 0; i < len(table); i += 3 {
		fmt.Fprintln(&text, strings.Join(table[i:i+3], " "))
	}
	return os.WriteFile(fmt.Sprintf("/proc/%d/%s", pid, file), []byte(text.String()), 0)
}

// share lets everybody read and execute what the owner may, whatever the umask was.
func share(path string, mode os.FileMode) error {
	if mode&os.ModeSymlink != 0 {
		return nil
	}
	permissions := mode.Perm() | mode.Perm()>>3&0o55 | mode.Perm()>>6&0o5
	return unix.Chmod(path, uint32(permissions))
}
