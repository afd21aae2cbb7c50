package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidate(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "validate STUDY.hcl",
		Short: "Check a study's text",
		Long: `Check a study's text: the language, and the attributes that its plugins accept.
Mistakes are shown with file and line, and the exit code is 2. Plugins are asked
for their schemas only; no data is read. "harness plan" checks the rest.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			host := o.host()
			defer host.Close()
			s, _, err := o.load(cmd.Context(), host, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: study %q with %s, %s, %s, %s\n", args[0], s.Name, countNoun(len(s.Models), "model"),
				countNoun(len(s.Adapters), "adapter"), countNoun(len(s.Benchmarks), "benchmark"), countNoun(max(1, len(s.Prompts)), "prompt"))
			return err
		},
	}
}

// countNoun writes a number with its noun: "1 model", "2 models".
func countNoun(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
