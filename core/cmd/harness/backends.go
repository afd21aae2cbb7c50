package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/session"
	"harness/core/step"
)

// backendNotes say where finished trials were computed on different classes of
// backend, whose numbers differ by rounding.
func backendNotes(s *session.Session) ([]string, error) {
	classes := map[step.ID][]string{} // of a step and of all that it reads
	for _, one := range s.Plan.Steps {
		if !s.Results.Has(one.ID) {
			continue
		}
		p, err := s.Results.Provenance(one.ID)
		if err != nil {
			return nil, err
		}
		var all []string
		if p.Device != nil {
			all = append(all, p.Device.Class)
		}
		for _, in := range one.Inputs {
			all = append(all, classes[in.Step]...)
		}
		classes[one.ID] = slices.Compact(slices.Sorted(slices.Values(all)))
	}
	trials := map[string]int{}
	for _, t := range s.Plan.Trials {
		if of := classes[t.Score]; len(of) > 0 {
			trials[strings.Join(of, " and ")]++
		}
	}
	if len(trials) < 2 {
		return nil, nil
	}
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(trials)) {
		parts = append(parts, fmt.Sprintf("%d on %s", trials[class], class))
	}
	return []string{"trials were computed on different classes of backend, whose numbers differ by rounding: " + strings.Join(parts, ", ")}, nil
}
