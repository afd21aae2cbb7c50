package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"harness/core/cmd/harness/help"
	"harness/core/internal/didyoumean"
)

// newHelp replaces cobra's command of the same name, which knows commands only. A topic may be called like a command:
// the topic wins, and names the command, whose own help is COMMAND --help.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [TOPIC | COMMAND]",
		Short: "Explain a topic or a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Root().Help()
			}
			topics, err := help.Topics()
			if err != nil {
				return err
			}
			command, rest, findErr := cmd.Root().Find(args)
			isCommand := findErr == nil && len(rest) == 0 && command != cmd.Root()
			i := slices.IndexFunc(topics, func(t help.Topic) bool { return t.Name == args[0] })
			switch {
			case i >= 0 && len(args) == 1:
				_, err := io.WriteString(cmd.OutOrStdout(), topics[i].Text)
				if err == nil && isCommand {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n(The command of this name: %s --help)\n", command.CommandPath())
				}
				return err
			case isCommand:
				return command.Help()
			}
			return unknownTopic(cmd.Root(), topics, strings.Join(args, " "))
		},
	}
}

func unknownTopic(root *cobra.Command, topics []help.Topic, name string) error {
	var names []string
	for _, t := range topics {
		names = append(names, t.Name)
	}
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if near := didyoumean.Nearest(name, names); near != "" {
		return fmt.Errorf("%w: no topic or command is called %q; did you mean %q?", errUsage, name, near)
	}
	return fmt.Errorf("%w: no topic or command is called %q (see %q)", errUsage, name, root.CommandPath()+" help")
}

// listTopics adds the topics to the program's own help.
func listTopics(root *cobra.Command) {
	standard := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		standard(cmd, args)
		if cmd != root {
			return
		}
		topics, err := help.Topics()
		if err != nil {
			cmd.PrintErrln(err)
			return
		}
		fmt.Fprintf(cmd.OutOrStdout(), "\nTopics (%s help TOPIC):\n", root.CommandPath())
		for _, t := range topics {
			fmt.Fprintf(cmd.OutOrStdout(), "  %-11s %s\n", t.Name, t.Summary)
		}
	})
}
