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
	for _, header := range []string{"panic: ", "fatal error: ", "panic in ", "SIGSEGV", "runtime: out of memory"} {
		if strings.HasPrefix(line, header) && t.panicAt < 0 {
			t.head, t.panicAt = nil, 0
		}
	}
	if t.panicAt >= 0 {
		if t.panicAt < headLines {
			t.head = append(t.head, line)
		}
		t.panicAt++
	}
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// Lines returns what was written last, oldest first.
func (t *tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := append([]string(nil), t.lines...)
	if len(t.partial) > 0 {
		lines = append(lines, readable(string(t.partial)))
	}
	if t.panicAt > len(t.lines) {
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
