package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"harness/core/cmd/harness/reference"
	"harness/core/internal/didyoumean"
	"harness/core/pluginhost"
	"harness/core/protocol"
)

func newPluginsShow(o *options) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "show {NAME | KIND/NAME}",
		Short: "Describe a plugin and the attributes of its block",
		Long: `Describe a plugin: its version, what it can do, and the attributes of its block
with type, bounds and default. The kind (model, adapter, benchmark, dataset,
engine) is needed only if plugins of several kinds have the name.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			host := o.host()
			defer host.Close()
			kind, name, err := findPlugin(host, args[0])
			if err != nil {
				return err
			}
			info, err := host.Info(cmd.Context(), kind, name)
			if err != nil {
				return err
			}
			description, err := host.Describe(cmd.Context(), kind, name)
			if err != nil {
				return err
			}
			if format == "json" {
				text, err := protojson.Marshal(description)
				if err != nil {
					return err
				}
				return writeIndented(cmd.OutOrStdout(), struct {
					pluginEntry
					Description json.RawMessage `json:"description"`
				}{pluginEntries([]pluginhost.Info{info})[0], text})
			}
			page, err := reference.PluginPage(reference.Plugin{Kind: kind, Name: name, Description: description})
			if err != nil {
				return err
			}
			return printPlugin(cmd.OutOrStdout(), page, info)
		},
	}
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return cmd
}

func printPlugin(w io.Writer, page string, info pluginhost.Info) error {
	if info.Kind != protocol.Engine {
		page += fmt.Sprintf("\nAttributes of every %s block: harness docs %[1]s\n", info.Kind)
	}
	_, err := fmt.Fprintf(w, "%s\nVersion %s, plugin protocol %d\n%s\nsha256 %s\n", page, info.Version, info.Protocol, info.Path, info.Checksum)
	return err
}

// findPlugin finds the one plugin that NAME or KIND/NAME means.
func findPlugin(host *pluginhost.Host, text string) (kind, name string, err error) {
	kind, name, hasKind := strings.Cut(text, "/")
	if !hasKind {
		kind, name = "", text
	} else if !slices.Contains(protocol.Kinds(), kind) {
		return "", "", fmt.Errorf("%w: no kind of plugin is called %q: there are %s", errUsage, kind, strings.Join(protocol.Kinds(), ", "))
	}
	var found, names []string
	for _, k := range protocol.Kinds() {
		for _, n := range host.Names(k) {
			if hasKind && k != kind {
				continue
			}
			names = append(names, n)
			if n == name {
				found = append(found, k+"/"+n)
			}
		}
	}
	switch len(found) {
	case 1:
		kind, name, _ = strings.Cut(found[0], "/")
		return kind, name, nil
	case 0:
		hint := `see "harness plugins list"`
		if near := didyoumean.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return "", "", fmt.Errorf("%w: no plugin is called %q; %s", errUsage, text, hint)
	}
	return "", "", fmt.Errorf("%w: several plugins are called %q: choose one of %s", errUsage, name, strings.Join(found, ", "))
}
