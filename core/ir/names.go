package ir

import (
	"strconv"
	"strings"
)

// index stands for the iteration number in names inside a Repeat.
const index = "{i}"

// baseSuffix marks the original of a replaced node.
const baseSuffix = "@base"

// isTemplate reports whether a name stands for one object per iteration.
func isTemplate(name string) bool { return strings.Contains(name, index) }

// At is the name of iteration i of a template; a plain name stays as it is.
func At(name string, i int) string {
	return strings.ReplaceAll(name, index, strconv.Itoa(i))
}

// Match reports whether a name fits a pattern, in which "*" stands for any run
// of characters, the template mark "{i}" included.
func Match(pattern, name string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	name = name[len(head):]
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name, rest = name[at+len(part):], next
	}
}

// MatchTarget reports whether an adapter's target matches a node, by PEFT's
// rule for module names: the target equals the name, or the name ends in a dot
// and the target. A target with "*" is a pattern as in Match.
func MatchTarget(target, name string) bool {
	if strings.Contains(target, "*") {
		return Match(target, name)
	}
	return name == target || (target != "" && strings.HasSuffix(name, "."+target))
}

// badName returns the problem with a name, or "".
func badName(name string) string {
	switch {
	case name == "":
		return "has no name"
	case len(name) > MaxNameLength:
		return "has a name longer than " + strconv.Itoa(MaxNameLength) + " bytes"
	case name == Tokens || name == Positions || name == EncoderOutput:
		return "has the name of an implicit value"
	case strings.Count(name, index) > 1:
		return `has more than one "{i}" in its name`
	}
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`",*`, r) {
			return "has a name with a character other than letters, digits and punctuation (no space, comma, quote, star)"
		}
	}
	return ""
}

// quoted shortens and quotes an untrusted name for an error message.
func quoted(name string) string {
	if len(name) > MaxNameLength {
		name = name[:MaxNameLength] + "…"
	}
	return strconv.Quote(name)
}
