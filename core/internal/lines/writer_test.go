package lines_test

import (
	"slices"
	"strings"
	"testing"

	"harness/core/internal/lines"
)

func TestWriterSplits(t *testing.T) {
	for _, c := range []struct {
		name    string
		written []string
		want    []string
	}{
		{"lines in one write", []string{"one\ntwo\n"}, []string{"one", "two"}},
		{"a line in several writes", []string{"o", "n", "e\ntw", "o\n"}, []string{"one", "two"}},
		{"progress that replaces itself", []string{"10%\r20%\r", "30%\r\ndone\n"}, []string{"10%", "20%", "30%", "done"}},
		{"blank lines", []string{"\n \t\n\r\n  x  \n"}, []string{"x"}},
		{"no end", []string{"one\ntwo"}, []string{"one", "two"}},
		{"bytes that are no text", []string{"a\xff\x1b[2J\n"}, []string{"a��[2J"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			w := &lines.Writer{Each: func(line string) { got = append(got, line) }}
			for _, text := range c.written {
				if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
					t.Fatalf("wrote %d of %d bytes: %v", n, len(text), err)
				}
			}
			w.Flush()
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWriterBoundsALine(t *testing.T) {
	var got []string
	w := &lines.Writer{Each: func(line string) { got = append(got, line) }}
	for range 100 {
		if _, err := w.Write([]byte(strings.Repeat("x", 10_000))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write([]byte("\nnext\n")); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got[0]) > 64<<10 || got[1] != "next" {
		t.Errorf("got %d lines, the first of %d bytes", len(got), len(got[0]))
	}
}
