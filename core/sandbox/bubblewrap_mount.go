package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// stage makes the mounts of a box before bwrap runs, in a mount namespace that ends
// with the box. /box is mounted here, since bwrap cannot mount memory with the option
// noexec; without that, a candidate could load its own library into the process that
// tests it and control it. The folders that a box shows are mounted here, since the
// users of the box may not be able to reach them, below root's home for example.
//
// The mounts are made below an empty folder of the cache that all boxes share, and then
// cover /tmp, where every user can reach them.
type stage struct {
	unshare, shell, setpriv string // programs
	point                   string
}

// Paths of the stage. The folders to show follow as staged(0), staged(1) and so on.
const stagedBox = "/tmp/box"

func staged(i int) string { return "/tmp/" + strconv.Itoa(i) }

// systemPath finds the programs of scripts, which get no environment.
const systemPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin; "

const stageScript = systemPath + `set -e; umask 022; options=$1 point=$2; shift 2
mount -t tmpfs -o mode=0755,size=64k tmpfs "$point"
mkdir "$point/box"
mount -t tmpfs -o "$options" tmpfs "$point/box"
i=0
while [ "$1" != -- ]; do
	mkdir "$point/$i"
	mount --rbind "$1" "$point/$i"
	i=$((i+1))
	shift
done
shift
mount --rbind "$point" /tmp
exec "$@"`

// admitScript waits for users.admit. Its two file descriptors end here.
const admitScript = systemPath + `set -e
echo >&7
read -r line <&8
exec "$@" 7>&- 8<&-`

// findStage finds the programs that make the mounts of boxes.
func findStage(point string) (stage, error) {
	s := stage{point: point}
	if err := os.MkdirAll(point, 0o755); err != nil {
		return stage{}, fmt.Errorf("make a folder to mount on: %w", err)
	}
	var errs []error
	for name, path := range map[string]*string{"unshare": &s.unshare, "sh": &s.shell, "setpriv": &s.setpriv} {
		var err error
		*path, err = exec.LookPath(name)
		errs = append(errs, err)
	}
	return s, errors.Join(errs...)
}

// wrap returns a command that makes the mounts and then executes argv as a user that
// may make a box. It needs no environment variables.
func (s stage) wrap(u users, size int64, secondUser bool, show []string, argv []string) []string {
	options := "noexec,nosuid,nodev,mode=0700"
	if u.split() {
		id := strconv.Itoa(u.here(boxOwner(secondUser)))
		options = "noexec,nosuid,nodev,uid=" + id + ",gid=" + id + ",mode=" + boxMode(secondUser)
	}
	options += sizeOptions(size)
	mounts := append([]string{s.shell, "-c", stageScript, "sh", options, s.point}, show...)
	mounts = append(mounts, "--")
	private := []string{s.unshare, "--mount", "--propagation", "private"}
	// The capabilities of the new user namespace are kept until its users are known.
	entered := []string{s.unshare, "--user", "--keep-caps", "--", s.shell, "-c", admitScript, "sh",
		s.setpriv, "--reuid", "0", "--regid", "0", "--clear-groups", "--ambient-caps=-all", "--inh-caps=-all", "--"}
	var all [][]string
	switch {
	case !u.split():
		all = [][]string{private, {"--user", "--map-root-user", "--"}, mounts, argv}
	case u.root:
		all = [][]string{private, {"--"}, mounts, entered, argv}
	default:
		all = [][]string{entered, private, {"--"}, mounts, argv}
	}
	var wrapped []string
	for _, part := range all {
		wrapped = append(wrapped, part...)
	}
	return wrapped
}

// here is the number of a box's user for the process that makes the mounts.
func (u users) here(inside int) int {
	if u.root {
		return u.ids[inside]
	}
	return inside
}

// boxOwner is the user to whom /box belongs: what candidates make has one owner, who can
// delete it all.
func boxOwner(secondUser bool) int {
	if secondUser {
		return candidateUser
	}
	return boxUser
}

// boxMode is the mode of /box.
func boxMode(secondUser bool) string {
	if secondUser {
		return "1777" // the service may make files, too
	}
	return "0711" // bwrap enters it as another user
}

// sizeOptions are the options that limit /box to size bytes (0: the kernel's default), and
// the number of files in it, which take up memory of the kernel.
func sizeOptions(size int64) string {
	if size <= 0 {
		return ""
	}
	return fmt.Sprintf(",size=%d,nr_inodes=%d", size, max(1000, size/1024))
}
