package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Formats are the formats of [Write].
func Formats() []string {
	return []string{"terminal", "markdown", "latex", "csv", "json"}
}

// Write renders a report in one of [Formats]. Only the terminal format depends on w: if w is a terminal, headings are bold
// (unless NO_COLOR is set, see no-color.org) and cells are wrapped to its width.
func Write(w io.Writer, r *Report, format string) error {
	var b bytes.Buffer
	var err error
	switch format {
	case "terminal":
		err = writeTerminal(&b, r, screenOf(w))
	case "markdown":
		err = writeMarkdown(&b, r)
	case "latex":
		err = writeLaTeX(&b, r)
	case "csv":
		err = writeCSV(&b, r)
	case "json":
		err = writeJSON(&b, r)
	default:
		return fmt.Errorf("unknown report format %q: expected one of %s", format, strings.Join(Formats(), ", "))
	}
	if err != nil {
		return fmt.Errorf("write report as %s: %w", format, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write report as %s: %w", format, err)
	}
	return nil
}

// screen describes a terminal.
type screen struct {
	width int // columns; 0 if unlimited
	bold  bool
}

func screenOf(w io.Writer) screen {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return screen{}
	}
	s := screen{bold: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		s.width = width
	}
	return s
}

func writeJSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func writeCSV(w io.Writer, r *Report) error {
	c := csv.NewWriter(w)
	for _, t := range r.Tables {
		records := append([][]string{{"table", t.Name, t.Heading()}, t.Columns}, t.Rows...)
		if err := c.WriteAll(records); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	for _, n := range r.Notes {
		if err := c.Write([]string{"note", n}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
