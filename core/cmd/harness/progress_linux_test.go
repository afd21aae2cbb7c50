package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"harness/core/step"
)

// terminal is the screen's side of a pseudo-terminal, and the program's side.
func terminal(t *testing.T) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120}); err != nil {
		t.Fatal(err)
	}
	return screen, program
}

// recorder keeps what was written to the screen.
type recorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *recorder) read(screen *os.File) {
	buffer := make([]byte, 4096)
	for {
		n, err := screen.Read(buffer)
		r.mu.Lock()
		r.text.Write(buffer[:n])
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// await waits until the screen shows a text.
func (r *recorder) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(r.String(), text); {
		if time.Now().After(deadline) {
			shown := r.String()
			t.Fatalf("the screen never shows %q; the last of it:\n%q", text, shown[max(0, len(shown)-400):])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// The bar of a step shows the count and the total that the step reports, also
// when all is counted and the step has not ended.
func TestBarsShowTheReportedTotal(t *testing.T) {
	screen, program := terminal(t)
	shown := &recorder{}
	go shown.read(screen)
	bars := newBars(program, 1)
	s := &step.Step{Label: "oracle microbugs"}
	bars.Started(s)
	for _, done := range []int64{6, 20} {
		bars.Progress(s, done, 20, "bugs")
		shown.await(t, fmt.Sprintf("%d / 20", done))
	}
	bars.Ended(s, time.Second, nil)
	bars.Close()
	shown.await(t, "1 / 1 steps")
	for _, counts := range regexp.MustCompile(`(\d+) / (\d+) `).FindAllStringSubmatch(shown.String(), -1) {
		if counts[2] != "20" && counts[2] != "1" && counts[2] != "0" {
			t.Errorf("the screen shows %s of %s", counts[1], counts[2])
		}
	}
}
