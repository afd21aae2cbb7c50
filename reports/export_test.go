package reports

import "io"

// WriteScreen is the terminal format on a screen of a given width; tests have no terminal.
func WriteScreen(w io.Writer, r *Report, width int, bold bool) error {
	return writeTerminal(w, r, screen{width: width, bold: bold})
}
