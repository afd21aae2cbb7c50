package pluginhost

import (
	"fmt"
	"strings"

	"harness/core/protocol/harnesspb"
)

// Reason says in what way a plugin failed.
type Reason string

const (
	// Start: the process could not be started, or ended before it was ready.
	Start Reason = "start"
	// Protocol: it speaks another protocol, or is not what its file name says.
	Protocol Reason = "protocol"
	// Hang: it did not answer in time. The process has been killed.
	Hang Reason = "hang"
	// Crash: the process ended, or the method panicked, during a call.
	Crash Reason = "crash"
	// Refused: the plugin answered with an error, or the host may not run it.
	Refused Reason = "refused"
)

// Error is a plugin's failure. The next call to the same plugin starts a new
// process where the old one is gone.
type Error struct {
	Plugin string // kind and name, as in: model plugin "codegen"
	Path   string // of the binary
	Method string // "" while starting
	Reason Reason
	Hint   string   // what the person can do
	Stderr []string // the last lines that the process wrote
	Err    error    // what happened
}

// Error is one line, followed by the plugin's last lines if it wrote any.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Plugin)
	switch {
	case e.Method != "":
		fmt.Fprintf(&b, ": %s", e.Method)
	case e.Reason == Start, e.Reason == Hang:
		b.WriteString(" did not start")
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Path != "" && e.Reason != Refused {
		fmt.Fprintf(&b, " (%s)", e.Path)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	if len(e.Stderr) > 0 {
		b.WriteString("\nthe last that it wrote:")
		for _, line := range e.Stderr {
			b.WriteString("\n    " + line)
		}
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// DiagnosticsError is a plugin's complaint about the text of a study, whichever
// method made it. Kind, Name and Config say which block it is about, so that
// whoever knows where that block stands can show each diagnostic at its
// attribute.
type DiagnosticsError struct {
	Kind, Name  string // of the plugin
	Config      []byte // of the request; nil: it had none
	Diagnostics []*harnesspb.Diagnostic
}

func (e *DiagnosticsError) Error() string {
	texts := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		texts[i] = d.GetSummary()
		if len(d.GetPath()) > 0 {
			texts[i] = strings.Join(d.GetPath(), ".") + ": " + texts[i]
		}
		if d.GetDetail() != "" {
			texts[i] += ": " + d.GetDetail()
		}
	}
	return label(e.Kind, e.Name) + ": " + strings.Join(texts, "; ")
}
