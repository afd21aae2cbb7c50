package main

import (
	"fmt"
	"strings"
)

// refusalNotes say which bugs models cannot be asked about, as far as that is
// known before candidates are generated.
func (r planReport) refusalNotes() []string {
	var notes []string
	for _, f := range r.Refusals {
		notes = append(notes, fmt.Sprintf("%s (%s; prompt %s) cannot be asked about %d of %d bugs of %s, which count as not attempted: %s",
			f.Model, strings.Join(f.Adapters, ", "), f.Prompt, f.Refused, f.Bugs, f.Benchmark, f.Reasons))
	}
	if len(r.Unfetched) > 0 {
		notes = append(notes, fmt.Sprintf("%s: not fetched yet; it is not known which bugs a model cannot be asked about (such as those of several hunks);\n"+
			"`harness benchmarks list NAME --study FILE` fetches a benchmark", strings.Join(r.Unfetched, ", ")))
	}
	return notes
}
