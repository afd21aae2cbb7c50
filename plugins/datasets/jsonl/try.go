package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/sdk"
	"harness/core/sdk/jsonlines"
)

// tried is how many lines are looked at before any work. Not every line must
// have every field, so one line is too few to say that a file has none.
const tried = 100

// errTried ends the look.
var errTried = errors.New("enough lines were looked at")

// try reads the file's first lines. A field that the study renames must be in
// one of them.
func (n names) try(ctx context.Context, path string, renamed map[string]string) error {
	there := map[string]bool{}
	var first error // of parsing; a wrong name of a field explains it
	lines := 0
	err := each(ctx, path, func(number int, data []byte) error {
		var l line
		if err := jsonlines.Decode(data, &l); err != nil {
			return err
		}
		for name := range l {
			there[name] = true
		}
		if _, err := n.parse(number, data); err != nil && first == nil {
			first = fmt.Errorf("%s:%d: %w", path, number, err)
		}
		if lines++; lines == tried {
			return outside{errTried}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTried) {
		return err
	}
	if lines == 0 {
		return sdk.Diagnose([]string{"path"}, "File is empty", fmt.Sprintf("There is no line in %s.", path))
	}
	var wrong []error
	for _, field := range slices.Sorted(maps.Keys(renamed)) {
		if !there[renamed[field]] {
			wrong = append(wrong, sdk.Diagnose([]string{"fields", field}, "No such field in the file",
				fmt.Sprintf("The first lines of %s have no field %q. They have %s.", path, renamed[field], strings.Join(slices.Sorted(maps.Keys(there)), ", "))))
		}
	}
	if len(wrong) == 0 && first != nil {
		return sdk.Diagnose([]string{"path"}, "Unexpected content", first.Error())
	}
	return errors.Join(wrong...)
}
