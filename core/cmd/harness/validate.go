package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidate(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "validate STUDY.hcl",
		Short: "Check a study's text against what its plugins accept",
		Long:  "Check a study's text against what its plugins accept. Plugins are started for their schemas only; nothing is fetched.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			host := o.host()
			defer host.Close()
			s, _, err := o.load(cmd.Context(), host, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: study %q with %d models, %d adapters, %d benchmarks, %d prompts\n",
				args[0], s.Name, len(s.Models), len(s.Adapters), len(s.Benchmarks), max(1, len(s.Prompts)))
			return nil
		},
	}
}
