package pluginhost

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// guard is a process that outlives the host by a moment. It waits for the end
// of a pipe that only the host holds, which comes however the host ends, and
// then kills a plugin with all that the plugin has started, and removes the folder of
// its sockets, which go-plugin makes and removes where the host ends by itself. A plugin cannot do
// that for itself: it may hang, and it may be written in any language.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File // write end
}

//go:embed guard.sh
var guardScript string

// startGuard guards the session that ownSession gave the process pid, and the folder
// of its sockets.
func startGuard(pid int, sockets string) (*guard, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting its guard: %w", err)
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", guardScript, "harness-plugin-guard", strconv.Itoa(pid), sockets)
	cmd.Stdin = read
	cmd.Env = []string{}
	cmd.SysProcAttr = ownGroup() // a terminal's Ctrl-C is not for it
	if err := cmd.Start(); err != nil {
		write.Close()
		return nil, fmt.Errorf("starting its guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: write}, nil
}

// dismiss ends the guard without a kill. The caller knows that the process
// which it guards has ended and has not been reaped: afterwards the number may
// be another's.
func (g *guard) dismiss() {
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
	g.pipe.Close()
}
