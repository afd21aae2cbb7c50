package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// cli is Defects4J's own command, wherever it is installed.
type cli struct {
	// run runs the command. Folders among its arguments are the same for it and for
	// this process.
	run func(ctx context.Context, arguments ...string) (called, error)
}

// called is the result of a call.
type called struct {
	exit           int
	stdout, stderr string
}

// err describes a call that failed.
func (c called) err(arguments ...string) error {
	if c.exit == 0 {
		return nil
	}
	text := strings.TrimSpace(c.stderr)
	if text == "" { // as from a container engine that could not start the command
		text = strings.TrimSpace(c.stdout)
	}
	if lines := strings.Split(text, "\n"); len(lines) > 8 {
		text = strings.Join(lines[len(lines)-8:], "\n")
	}
	return fmt.Errorf("defects4j %s: exit code %d: %s", strings.Join(arguments, " "), c.exit, text)
}

// ask returns the standard output of a call that must succeed.
func (c cli) ask(ctx context.Context, arguments ...string) (string, error) {
	result, err := c.run(ctx, arguments...)
	if err != nil {
		return "", err
	}
	return result.stdout, result.err(arguments...)
}

// local returns a command of this machine. Its process group ends with ctx.
func local(command string, environment []string) cli {
	return cli{run: func(ctx context.Context, arguments ...string) (called, error) {
		var stdout, stderr bytes.Buffer
		c := group(exec.CommandContext(ctx, command, arguments...))
		c.Env, c.Stdout, c.Stderr = environment, &stdout, &stderr
		err := c.Run()
		result := called{exit: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return result, fmt.Errorf("run %s: %w", command, err)
		}
		return result, nil
	}}
}

// bugs lists the active bugs of all projects that are wanted.
func (c cli) bugs(ctx context.Context, wanted selection) ([]bugID, error) {
	projects, err := c.ask(ctx, "pids")
	if err != nil {
		return nil, err
	}
	var all []bugID
	for _, project := range strings.Fields(projects) {
		numbers, err := c.ask(ctx, "bids", "-p", project)
		if err != nil {
			return nil, err
		}
		for _, text := range strings.Fields(numbers) {
			id, ok := parseID(project + "-" + text)
			if !ok {
				return nil, fmt.Errorf("defects4j bids -p %s: %q is not the number of a bug", project, text)
			}
			if wanted.wants(id) {
				all = append(all, id)
			}
		}
	}
	return all, nil
}

// checkout puts a version of a bug, "b" or "f", into an empty folder.
func (c cli) checkout(ctx context.Context, id bugID, version, dir string) error {
	_, err := c.ask(ctx, "checkout", "-p", id.project, "-v", strconv.Itoa(id.number)+version, "-w", dir)
	return err
}

func (c cli) property(ctx context.Context, name, dir string) (string, error) {
	text, err := c.ask(ctx, "export", "-p", name, "-w", dir)
	return strings.TrimSpace(text), err
}

// origin returns the fixed version's revision and the report that it resolves.
func (c cli) origin(ctx context.Context, id bugID) (revision, report string, err error) {
	text, err := c.ask(ctx, "query", "-p", id.project, "-q", "revision.id.fixed,report.url")
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ",", 3)
		if len(fields) == 3 && fields[0] == strconv.Itoa(id.number) {
			return fields[1], fields[2], nil
		}
	}
	return "", "", nil
}

var failingTests = regexp.MustCompile(`(?m)^Failing tests: (\d+)\s*$`)

// parseFailing reads what `defects4j test` prints: "Failing tests: N" and N lines
// of "  - Class::method" or "  - Class".
func parseFailing(stdout string) ([]string, error) {
	at := failingTests.FindStringSubmatchIndex(stdout)
	if at == nil {
		return nil, errors.New(`its output lacks "Failing tests: N"`)
	}
	count, err := strconv.Atoi(stdout[at[2]:at[3]])
	if err != nil {
		return nil, err
	}
	failing := []string{}
	for line := range strings.Lines(stdout[at[1]:]) {
		if test, ok := strings.CutPrefix(line, "  - "); ok {
			failing = append(failing, strings.TrimSpace(test))
		}
	}
	if len(failing) != count {
		return nil, fmt.Errorf("it announced %d failing tests and listed %d", count, len(failing))
	}
	return failing, nil
}
