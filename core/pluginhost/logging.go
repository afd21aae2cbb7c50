package pluginhost

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/hashicorp/go-hclog"

	"harness/core/internal/lines"
	"harness/core/protocol"
)

// bridge hands what go-plugin and the plugins log to slog.
func bridge(logger *slog.Logger, kind, name string) hclog.Logger {
	intercept := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Trace, Output: io.Discard})
	intercept.RegisterSink(&sink{logger: logger.With("plugin", kind+"/"+name), library: protocol.BinaryName(kind, "plugin")})
	return intercept
}

type sink struct {
	logger  *slog.Logger
	library string // what core/sdk calls the log of go-plugin in a plugin's process
}

// level is the level of a plugin's line, and debug for what go-plugin has to
// say on either side: whatever comes of it, the call that fails says better. A
// plugin's lines come under the name of its file. Those in JSON come with the
// name of the logger that wrote them; those with a level in brackets are the
// author's; others of the level error are the trace of a crash, which the
// failed call quotes.
func (s *sink) level(name string, level hclog.Level, message string, args []any) slog.Level {
	to := slog.LevelDebug
	switch level {
	case hclog.Error:
		to = slog.LevelError
	case hclog.Warn:
		to = slog.LevelWarn
	}
	switch {
	case name == "":
		return slog.LevelDebug
	case len(args) == 0 && !strings.HasPrefix(message, "["):
		return slog.LevelDebug
	}
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "@module" && args[i+1] == s.library {
			return slog.LevelDebug
		}
	}
	return to
}

// Accept implements hclog.SinkAdapter.
func (s *sink) Accept(name string, level hclog.Level, message string, args ...any) {
	to := s.level(name, level, message, args)
	ctx := context.Background()
	if !s.logger.Enabled(ctx, to) {
		return
	}
	attributes := make([]slog.Attr, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		attributes = append(attributes, slog.Any(fmt.Sprint(args[i]), args[i+1]))
	}
	s.logger.LogAttrs(ctx, to, lines.Readable(message), attributes...)
}
