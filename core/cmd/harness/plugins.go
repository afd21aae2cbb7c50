package main

import (
	"fmt"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"harness/core/pluginhost"
	"harness/core/session"
)

// pluginEntry is a plugin in `plugins list --format json`.
type pluginEntry struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Version  string `json:"version,omitempty"`
	Protocol int    `json:"protocol,omitempty"`
	Checksum string `json:"checksum"`
	Path     string `json:"path"`
	Error    string `json:"error,omitempty"`
}

func newPlugins(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "plugins", Short: "List, describe and lock plugins"}
	cmd.AddCommand(newPluginsList(o), newPluginsShow(o), newPluginsLock(o))
	return cmd
}

func newPluginsLock(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "lock STUDY.hcl",
		Short: "Accept the installed builds of a study's plugins, and no others",
		Long: `Write harness.lock.hcl beside the study: the version and checksum of each plugin
that the study uses. From then on no other build of them is started for a study
in that folder, and finished steps that another build made are refused. A plugin
that the file does not name may run.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.open(cmd.Context(), args[0], session.Relock)
			if err != nil {
				return err
			}
			defer s.Close()
			file, err := s.LockPlugins(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "wrote", file)
			return err
		},
	}
}

func newPluginsList(o *options) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the installed plugins",
		Long: `List the installed plugins: binaries named harness-KIND-NAME beside
this program and in the folders of $HARNESS_PLUGINS. A plugin that cannot be
used is listed with the reason, and the exit code is 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			host := o.host()
			defer host.Close()
			infos, err := host.List(cmd.Context())
			if err != nil {
				return err
			}
			if format == "json" {
				err = writeIndented(cmd.OutOrStdout(), pluginEntries(infos))
			} else {
				err = printPlugins(cmd, infos)
			}
			if err != nil {
				return err
			}
			return brokenPlugins(infos)
		},
	}
	cmd.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return cmd
}

func pluginEntries(infos []pluginhost.Info) []pluginEntry {
	entries := []pluginEntry{}
	for _, i := range infos {
		e := pluginEntry{Name: i.Name, Kind: i.Kind, Version: i.Version, Protocol: i.Protocol, Checksum: i.Checksum, Path: i.Path}
		if i.Err != nil {
			e.Error = i.Err.Error()
		}
		entries = append(entries, e)
	}
	return entries
}

func printPlugins(cmd *cobra.Command, infos []pluginhost.Info) error {
	table := tablewriter.NewTable(cmd.OutOrStdout())
	table.Header("Name", "Kind", "Version", "Protocol", "Checksum", "Path")
	for _, i := range infos {
		version, protocol := i.Version, fmt.Sprint(i.Protocol)
		if i.Err != nil {
			version, protocol = "unusable", "-"
		}
		if err := table.Append(i.Name, i.Kind, version, protocol, fmt.Sprintf("%.12s", i.Checksum), i.Path); err != nil {
			return err
		}
	}
	return table.Render()
}

func brokenPlugins(infos []pluginhost.Info) error {
	var first error
	broken := 0
	for _, i := range infos {
		if i.Err != nil {
			broken++
			if first == nil {
				first = i.Err
			}
		}
	}
	switch broken {
	case 0:
		return nil
	case 1:
		return first
	}
	return fmt.Errorf("%d plugins cannot be used; the first: %w", broken, first)
}
