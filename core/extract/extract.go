package extract

import (
	"fmt"
	"slices"
	"strings"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sdk/javasource"
)

// Rule says which part of an answer is the code.
type Rule string

// The rules.
const (
	None      Rule = "none"       // the whole answer
	CodeBlock Rule = "code-block" // the first fenced block
	LastBlock Rule = "last-block" // the last fenced block
	Method    Rule = "method"     // a whole method, which takes the place of the buggy one
)

// Rules lists the rules' names.
func Rules() []string {
	return []string{string(None), string(CodeBlock), string(LastBlock), string(Method)}
}

// Code is the part of an answer that a rule names; false if the answer has no such part.
// Only the rule Method looks at the bug. It fails for a language whose methods it does
// not know.
func (r Rule) Code(answer string, bug *pb.Bug) (string, bool, error) {
	switch r {
	case None:
		return answer, true, nil
	case CodeBlock, LastBlock:
		blocks := Blocks(answer)
		if len(blocks) == 0 {
			return "", false, nil
		}
		if r == CodeBlock {
			return blocks[0], true, nil
		}
		return blocks[len(blocks)-1], true, nil
	case Method:
		if bug.GetLanguage() != "java" {
			return "", false, fmt.Errorf("extract %q knows the methods of java; the language of bug %s is %q", r, bug.GetId(), bug.GetLanguage())
		}
		code, ok := javaMethod(answer, javaName(bug))
		return code, ok, nil
	}
	return "", false, fmt.Errorf("there is no rule %q for the code of an answer", r)
}

// javaName is the name of a bug's method; empty if it is not known.
func javaName(bug *pb.Bug) string {
	lines := strings.SplitAfter(bug.GetText(), "\n")
	start, end := int(bug.GetFunction().GetStart()), int(bug.GetFunction().GetEnd())
	if start < 1 || end < start || end > len(lines)+1 {
		return ""
	}
	for _, m := range javasource.Declared(strings.Join(lines[start-1:end-1], "")) {
		return m.Name
	}
	return ""
}

// javaMethod is an answer's first whole method with a name, or else its first one: of
// those in fenced blocks or, if these hold none, anywhere.
func javaMethod(answer, name string) (string, bool) {
	var all []declared
	for _, block := range Blocks(answer) {
		all = append(all, methods(block)...)
	}
	if len(all) == 0 {
		all = methods(answer)
	}
	if len(all) == 0 {
		return "", false
	}
	named := slices.IndexFunc(all, func(d declared) bool { return d.name == name })
	return all[max(named, 0)].text, true
}

type declared struct{ name, text string }

func methods(text string) []declared {
	var all []declared
	for _, m := range javasource.Declared(text) {
		all = append(all, declared{m.Name, text[m.Start:m.End]})
	}
	return all
}
