package pluginhost

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// bridge hands what go-plugin and the plugins log to slog. A plugin's levels
// are its own; it cannot make the host's log louder than it is.
func bridge(logger *slog.Logger, plugin string) hclog.Logger {
	intercept := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Trace, Output: io.Discard})
	intercept.RegisterSink(&sink{logger.With("plugin", plugin)})
	return intercept
}

type sink struct{ logger *slog.Logger }

// Accept implements hclog.SinkAdapter.
func (s *sink) Accept(_ string, level hclog.Level, message string, args ...any) {
	to := slog.LevelDebug
	switch level {
	case hclog.Error:
		to = slog.LevelError
	case hclog.Warn:
		to = slog.LevelWarn
	}
	ctx := context.Background()
	if !s.logger.Enabled(ctx, to) {
		return
	}
	attributes := make([]slog.Attr, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		attributes = append(attributes, slog.Any(fmt.Sprint(args[i]), args[i+1]))
	}
	s.logger.LogAttrs(ctx, to, readable(message), attributes...)
}
