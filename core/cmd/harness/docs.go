package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"harness/core/cmd/harness/reference"
	"harness/core/pluginhost"
	"harness/core/study"
)

func newDocs(o *options) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "docs [BLOCK]",
		Short: "Write the reference of the study language and of the installed plugins",
		Long: `Write the reference of the study language and of the blocks of all installed
plugins, as Markdown: one page after the other, or with --to a file for each
block and plugin. It is made from the schemas that studies are checked against.

With BLOCK only the page of that block is written, such as "train", or that of
the "functions". For the page of one plugin see "harness plugins show".`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if to != "" {
					return fmt.Errorf("%w: --to writes the whole reference; leave %s out", errUsage, args[0])
				}
				text, err := reference.Block(study.Language(), args[0])
				if err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
				_, err = fmt.Fprint(cmd.OutOrStdout(), text)
				return err
			}
			return o.writeReference(cmd, to)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write, new or empty")
	return cmd
}

// writeReference writes all pages, to standard output if there is no folder.
func (o *options) writeReference(cmd *cobra.Command, to string) error {
	host := o.host()
	defer host.Close()
	plugins, err := describePlugins(cmd.Context(), host)
	if err != nil {
		return err
	}
	pages, err := reference.Pages(study.Language(), plugins)
	if err != nil {
		return err
	}
	if to != "" {
		if err := writePages(to, pages); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d pages written to %s\n", len(pages), to)
		return err
	}
	for i, p := range pages {
		if i > 0 {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		if _, err := fmt.Fprint(cmd.OutOrStdout(), p.Text); err != nil {
			return err
		}
	}
	return nil
}

// describePlugins asks all plugins what they are. One that does not work is an error.
func describePlugins(ctx context.Context, host *pluginhost.Host) ([]reference.Plugin, error) {
	infos, err := host.List(ctx)
	if err == nil {
		err = brokenPlugins(infos)
	}
	if err != nil {
		return nil, err
	}
	var plugins []reference.Plugin
	for _, info := range infos {
		description, err := host.Describe(ctx, info.Kind, info.Name)
		if err != nil {
			return nil, err
		}
		plugins = append(plugins, reference.Plugin{Kind: info.Kind, Name: info.Name, Description: description})
	}
	return plugins, nil
}

func writePages(dir string, pages []reference.Page) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%w: --to %s: the folder is not empty, and pages of plugins that are gone would stay in it", errUsage, dir)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: --to %s: %w", errUsage, dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range pages {
		if err := os.WriteFile(filepath.Join(dir, p.File), []byte(p.Text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
