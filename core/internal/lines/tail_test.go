package lines

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzTail(f *testing.F) {
	f.Add([]byte("plain\nlines\n"), 3)
	f.Add([]byte("panic: x\n"+strings.Repeat("goroutine\n", 60)), 0)
	f.Add([]byte("\x1b[2J\xff\xfe{\"@message\":\"hello\"}\n{\"@message\":\"said\"}"), 1)
	f.Fuzz(func(t *testing.T, written []byte, mark int) {
		kept := &Tail{}
		if n, err := kept.Write(written); n != len(written) || err != nil {
			t.Fatalf("wrote %d of %d bytes: %v", n, len(written), err)
		}
		lines := kept.Since(mark)
		if len(lines) > tailLines+1 {
			t.Errorf("%d lines are kept", len(lines))
		}
		for _, line := range lines {
			if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != utf8.RuneError }) {
				t.Errorf("%q is not safe to print", line)
			}
			if len(line) > lineBytes+len("…") {
				t.Errorf("a line has %d bytes", len(line))
			}
		}
	})
}

func TestTailKeepsAPanicsHead(t *testing.T) {
	kept := &Tail{}
	_, _ = kept.Write([]byte("before\npanic: the reason\n" + strings.Repeat("a frame\n", 100) + "last"))
	lines := kept.Recent()
	if lines[0] != "panic: the reason" || lines[len(lines)-1] != "last" || len(lines) > tailLines {
		t.Errorf("got %q", lines)
	}
	mark := kept.Mark()
	_, _ = kept.Write([]byte("\nlater\n"))
	if got := strings.Join(kept.Since(mark), "|"); got != "last|later" {
		t.Errorf("since the mark: %s", got)
	}
}
