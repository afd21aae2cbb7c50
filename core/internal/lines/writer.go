package lines

import (
	"bytes"
	"strings"
)

// longest bounds what Writer keeps of a line that has not ended, in bytes.
const longest = 64 << 10

// Writer calls Each with every line that is written to it and is not blank,
// without the white space around it and safe to print. Lines end with a line feed
// or, as progress is printed, with a carriage return. It is not safe for concurrent
// use.
type Writer struct {
	Each func(line string)
	rest []byte
}

// Write never fails.
func (w *Writer) Write(p []byte) (int, error) {
	n := len(p)
	for {
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			w.keep(p)
			return n, nil
		}
		w.keep(p[:end])
		w.Flush()
		p = p[end+1:]
	}
}

func (w *Writer) keep(p []byte) {
	w.rest = append(w.rest, p[:min(len(p), longest-len(w.rest))]...)
}

// Flush ends the line that was begun.
func (w *Writer) Flush() {
	text := strings.TrimSpace(Readable(string(w.rest)))
	w.rest = w.rest[:0]
	if text != "" {
		w.Each(text)
	}
}
