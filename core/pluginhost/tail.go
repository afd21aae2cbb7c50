package pluginhost

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode"
)

// What is kept of a plugin's stderr. A Go panic is followed by the stacks of
// all goroutines, so its first lines are kept apart.
const (
	tailLines = 20
	headLines = 6
	lineBytes = 400
)

// tail remembers the last lines written to it.
type tail struct {
	mu      sync.Mutex
	partial []byte
	lines   []string
	head    []string // of the latest panic, once it has scrolled out of lines
	panicAt int      // lines since a panic's header; -1: none
	total   int      // lines ever written
}

func newTail() *tail { return &tail{panicAt: -1} }

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
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

func (t *tail) add(line string) {
	line = readable(line)
	if strings.TrimSpace(line) == "" {
		return
	}
	for _, header := range []string{"panic: ", "fatal error: ", "panic in ", "runtime: out of memory"} {
		if strings.HasPrefix(line, header) {
			t.head, t.panicAt = nil, 0
		}
	}
	if t.panicAt >= 0 {
		if t.panicAt < headLines {
			t.head = append(t.head, line)
		}
		t.panicAt++
	}
	t.total++
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// mark returns a point in time for since.
func (t *tail) mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// recent returns what was written last, oldest first.
func (t *tail) recent() []string { return t.since(0) }

// since returns what was written last and after mark, oldest first.
func (t *tail) since(mark int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := min(len(t.lines), max(0, mark-(t.total-len(t.lines))))
	lines := append([]string(nil), t.lines[old:]...)
	if len(t.partial) > 0 {
		lines = append(lines, readable(string(t.partial)))
	}
	if t.panicAt > len(t.lines) && t.total-t.panicAt >= mark {
		keep := max(0, len(lines)-(tailLines-headLines-1))
		lines = append(append(append([]string(nil), t.head...), "…"), lines[keep:]...)
	}
	return lines
}

// readable makes a line safe for a terminal, and shows of a structured log
// line what was said.
func readable(line string) string {
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
