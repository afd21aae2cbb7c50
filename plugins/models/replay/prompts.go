package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"harness/core/sdk/javasource"
	"harness/core/sdk/jsonlines"
)

// places reads and merges files of prompts; each may lack some fields.
func (r *recordings) places(ctx context.Context, f folder, names []string) (map[string]hunk, error) {
	merged := map[string]hunk{}
	for _, name := range names {
		found, err := cached(r, filepath.Join(f.path, name), func(path string) (map[string]hunk, error) { return readPrompts(ctx, path) })
		if err != nil {
			return nil, err
		}
		for bug, one := range found {
			before, ok := merged[bug]
			if ok && before.lines != one.lines {
				return nil, fmt.Errorf("%s: the bug %s is on different lines in another file of prompts", name, bug)
			}
			if one.function == 0 {
				one.function = before.function
			}
			one.shown = one.withMissing(before.shown)
			merged[bug] = one
		}
	}
	return merged, nil
}

var loc = regexp.MustCompile(`^(\d{1,7})-(\d{1,7})$`)

func readPrompts(ctx context.Context, path string) (map[string]hunk, error) {
	places := map[string]hunk{}
	err := jsonlines.Each(ctx, path, func(_ int, data []byte) error {
		var l struct {
			Bug    string `json:"bug"`
			Loc    string `json:"loc"`
			Range  string `json:"function_range"`
			Prompt string `json:"prompt"`
		}
		if err := jsonlines.Decode(data, &l); err != nil {
			return err
		}
		parts := loc.FindStringSubmatch(l.Loc)
		if l.Bug == "" || parts == nil {
			return fmt.Errorf(`bug %q: the field "loc" is %q, not like "12-14"`, l.Bug, l.Loc)
		}
		from, _ := strconv.Atoi(parts[1]) // at most seven digits
		to, _ := strconv.Atoi(parts[2])
		if to < from {
			return fmt.Errorf("bug %q: the end of the lines %s is before their start", l.Bug, l.Loc)
		}
		one := hunk{lines: javasource.Span{Start: from, End: max(to, from+1)}, shown: parsePrompt(l.Prompt)}
		one.function, _ = firstLine(l.Range)
		places[l.Bug] = one
		return nil
	})
	return places, err
}

// withMissing takes the parts that s lacks from other.
func (s shown) withMissing(other shown) shown {
	return shown{before: cmp.Or(s.before, other.before), buggy: cmp.Or(s.buggy, other.buggy), after: cmp.Or(s.after, other.after)}
}

// parsePrompt extracts the parts of the method from CLM's prompts for CodeT5 and
// CodeGen. For other prompts it returns no parts.
func parsePrompt(prompt string) shown {
	if parts := strings.Split(prompt, "</s>"); len(parts) == 3 {
		return shown{&parts[0], &parts[1], &parts[2]}
	}
	if before, rest, ok := strings.Cut(prompt, "// buggy lines start:\n"); ok {
		buggy, rest, _ := strings.Cut(rest, "// buggy lines end:\n")
		after, _, ok := strings.Cut(rest, "// fixed lines:")
		if ok {
			return shown{&before, &buggy, &after}
		}
	}
	var s shown
	if before, after, ok := strings.Cut(prompt, "<extra_id_0>"); ok {
		s.before, s.after = &before, &after
	}
	var lines strings.Builder
	for line := range strings.Lines(prompt) {
		if text, ok := strings.CutPrefix(line, "// buggy line:"); ok {
			lines.WriteString(text)
		}
	}
	if lines.Len() > 0 {
		buggy := lines.String()
		s.buggy = &buggy
	}
	return s
}
