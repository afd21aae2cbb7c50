package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"harness/core/judge"
	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
)

// finding is one line of a doctor's report.
type finding struct {
	what   string
	ok     bool
	needed bool // a run cannot do without it
	detail string
}

func newDoctor(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine has, what is missing and how to get it",
		Long: `Say what this machine has, what is missing and how to get it: plugins, the
device and its XLA runtime, a sandbox, what benchmarks need for boxes without
containers, disk space. The exit code is 1 if something is missing that every
study with training and judging needs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := o.examine(cmd.Context())
			missing := 0
			for _, f := range findings {
				mark := "ok     "
				if !f.ok {
					mark = "missing"
					if f.needed {
						missing++
					}
				}
				detail := strings.ReplaceAll(strings.TrimSpace(f.detail), "\n", "\n                          ")
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-15s  %s\n", mark, f.what, detail)
			}
			if missing > 0 {
				return fmt.Errorf("not ready: see the lines marked missing (%d)", missing)
			}
			return nil
		},
	}
}

func (o *options) examine(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	host := o.host()
	defer host.Close()
	findings := []finding{{"machine", true, false, fmt.Sprintf("%s/%s, %d cores", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}}
	findings = append(findings, pluginsFinding(ctx, host), o.deviceFinding(ctx, host))
	findings = append(findings, o.sandboxFindings(ctx, host)...)
	return append(findings, diskFinding())
}

func pluginsFinding(ctx context.Context, host *pluginhost.Host) finding {
	infos, err := host.List(ctx)
	if err == nil {
		err = brokenPlugins(infos)
	}
	switch {
	case err != nil:
		return finding{"plugins", false, true, err.Error()}
	case len(infos) == 0:
		return finding{"plugins", false, true, "none found: run `make build`, or name their folder in $HARNESS_PLUGINS"}
	}
	return finding{"plugins", true, true, fmt.Sprintf("%d found", len(infos))}
}

func (o *options) deviceFinding(ctx context.Context, host *pluginhost.Host) finding {
	engine, err := host.Engine(ctx, o.engineWithoutStudy())
	if err != nil {
		return finding{"device", false, true, err.Error()}
	}
	device, err := engine.Device(ctx, &pb.DeviceRequest{})
	if err != nil {
		return finding{"device", false, true, err.Error()}
	}
	return finding{"device", true, true, strings.TrimSpace(device.Backend + "  " + device.Description)}
}

// sandboxFindings looks for all drivers, of which one is enough, and for what boxes
// need of this machine, which boxes in containers bring themselves.
func (o *options) sandboxFindings(ctx context.Context, host *pluginhost.Host) []finding {
	var findings []finding
	any, containers := false, false
	for _, name := range sandbox.Names() {
		detail := "ready"
		driver, err := sandbox.Open(ctx, name, sandbox.Options{Logger: o.logger()})
		if err == nil {
			err = driver.Close()
		}
		if err != nil {
			detail = err.Error()
		}
		any = any || err == nil
		containers = containers || err == nil && name == "docker"
		findings = append(findings, finding{name, err == nil, false, detail})
	}
	for i := range findings {
		findings[i].needed = !any
	}
	boxes := boxesFinding(ctx, host)
	boxes.needed = !containers
	return append(findings, boxes)
}

// boxesFinding asks the benchmarks what their boxes need of a machine whose boxes
// are no containers.
func boxesFinding(ctx context.Context, host *pluginhost.Host) finding {
	var missing, unknown []string
	for _, name := range host.Names("benchmark") {
		plugin, err := host.Benchmark(ctx, name)
		if err != nil {
			continue // reported with the plugins
		}
		list, err := plugin.Environments(ctx, &pb.EnvironmentsRequest{Config: []byte("{}")})
		if err != nil {
			unknown = append(unknown, name) // it depends on its settings
			continue
		}
		for _, e := range list.Environments {
			if err := sandbox.Missing(judge.EnvironmentOf(e)); err != nil && !slices.Contains(missing, err.Error()) {
				missing = append(missing, err.Error())
			}
		}
	}
	detail := "all that the benchmarks need without containers is installed"
	if missing != nil {
		detail = strings.Join(missing, "\n")
	}
	if unknown != nil {
		detail += "\nnot known without settings: what " + strings.Join(unknown, ", ") + " needs"
	}
	return finding{"boxes", missing == nil, false, detail}
}

// plenty is what a small study leaves room for.
const plenty = 2 << 30

func diskFinding() finding {
	cache, cacheErr := os.UserCacheDir()
	here, hereErr := os.Getwd()
	if err := errors.Join(cacheErr, hereErr); err != nil {
		return finding{"disk", false, false, err.Error()}
	}
	var parts []string
	ok := true
	for _, dir := range []string{here, cache} {
		free, err := freeBytes(dir)
		if err != nil {
			return finding{"disk", false, false, err.Error()}
		}
		ok = ok && free >= plenty
		parts = append(parts, fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), dir))
	}
	return finding{"disk", ok, false, strings.Join(parts, ", ")}
}

// freeBytes asks the nearest folder that exists.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	for {
		err := unix.Statfs(dir, &s)
		if err == nil {
			return int64(s.Bavail) * int64(s.Bsize), nil
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, unix.ENOENT) || parent == dir {
			return 0, fmt.Errorf("free space at %s: %w", dir, err)
		}
		dir = parent
	}
}
