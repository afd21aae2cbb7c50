package sandbox

import (
	"strconv"
	"strings"
)

// serviceCapabilities returns those of a service that starts candidates as another user:
// to become that user, and to end its processes.
func serviceCapabilities() []string { return []string{"setuid", "setgid", "kill"} }

// becomeService returns a command that becomes the user of the service, with no
// capabilities or with those above, and then executes argv. setpriv is the program.
func becomeService(setpriv string, secondUser bool, argv []string) []string {
	capabilities := "-all"
	if secondUser {
		capabilities += ",+" + strings.Join(serviceCapabilities(), ",+")
	}
	user := strconv.Itoa(boxUser)
	return append([]string{
		setpriv, "--reuid", user, "--regid", user, "--clear-groups",
		"--bounding-set", capabilities, "--inh-caps", capabilities, "--ambient-caps", capabilities,
		"--",
	}, argv...)
}
