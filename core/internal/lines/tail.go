package lines

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode"
)

// What Tail keeps. A Go panic is followed by the stacks of all goroutines, so its
// first lines are kept apart.
const (
	tailLines = 20
	headLines = 6
	lineBytes = 400
)

// Tail is a writer that keeps the last lines written to it, safe to print: control
// characters are replaced, long lines cut, blank ones left out. The zero value is
// ready for use, from several goroutines.
type Tail struct {
	mu         sync.Mutex
	partial    []byte
	lines      []string
	head       []string // of the latest panic
	sincePanic int      // lines since the latest panic's header and with it; 0: no panic
	total      int      // lines ever written
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range p {
		if c == '\n' {
			t.add(string(t.partial))
			t.partial = t.partial[:0]
			continue
		}
		if len(t.partial) < lineBytes*4 {
			t.partial = append(t.partial, c)
		}
	}
	return len(p), nil
}

func (t *Tail) add(line string) {
	line = Readable(line)
	if strings.TrimSpace(line) == "" {
		return
	}
	if t.sincePanic > 0 {
		if t.sincePanic < headLines {
			t.head = append(t.head, line)
		}
		t.sincePanic++
	}
	for _, header := range []string{"panic: ", "fatal error: ", "panic in ", "runtime: out of memory"} {
		if strings.HasPrefix(line, header) {
			t.head, t.sincePanic = []string{line}, 1
			break
		}
	}
	t.total++
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// Mark returns a point in time for Since.
func (t *Tail) Mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// Recent returns the last lines, oldest first, and above them the first lines of
// the latest panic.
func (t *Tail) Recent() []string { return t.Since(0) }

// String returns the last lines as one text.
func (t *Tail) String() string { return strings.Join(t.Recent(), "\n") }

// Since is Recent without the lines written before mark.
func (t *Tail) Since(mark int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := min(len(t.lines), max(0, mark-(t.total-len(t.lines))))
	lines := append([]string(nil), t.lines[old:]...)
	if len(t.partial) > 0 {
		lines = append(lines, Readable(string(t.partial)))
	}
	if t.sincePanic > len(t.lines) && t.total-t.sincePanic >= mark {
		keep := max(0, len(lines)-(tailLines-headLines-1))
		lines = append(append(append([]string(nil), t.head...), "…"), lines[keep:]...)
	}
	return lines
}

// Readable makes a line safe to print, and reduces a structured log line to its
// message.
func Readable(line string) string {
	line = strings.TrimRight(line, "\r")
	if strings.HasPrefix(line, "{") {
		var entry struct {
			Message string `json:"@message"`
			Error   string `json:"error"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Message != "" {
			line = entry.Message
			if entry.Error != "" {
				line += ": " + entry.Error
			}
		}
	}
	line = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, line)
	if len(line) > lineBytes {
		cut := lineBytes
		for cut > 0 && line[cut]&0xC0 == 0x80 {
			cut--
		}
		line = line[:cut] + "…"
	}
	return line
}
