package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/step"
	"harness/core/store"
)

// Explanation says where a step's result comes from, or why the step would run.
type Explanation struct {
	Label string    `json:"label"`
	Kind  string    `json:"kind"`
	Key   store.Key `json:"key,omitempty"` // empty until what the step reads is finished
	Done  bool      `json:"done"`
	// Because lists why a step that is not done would run: what changed since the
	// study was last run to it.
	Because []string `json:"because,omitempty"`
	// Settings are those that decide the result.
	Settings   json.RawMessage  `json:"settings"`
	Inputs     []ExplainedInput `json:"inputs,omitempty"`
	Files      []store.File     `json:"files,omitempty"`
	Provenance *step.Provenance `json:"provenance,omitempty"`
}

// ExplainedInput is what a step reads.
type ExplainedInput struct {
	Name   string  `json:"name"`
	Part   string  `json:"part,omitempty"`
	Digest string  `json:"digest,omitempty"` // empty until the step is finished
	Step   step.ID `json:"step"`
}

// Explain explains a step of the plan, and all steps behind it, by their IDs.
func (s *Session) Explain(id step.ID) (map[step.ID]*Explanation, error) {
	all := map[step.ID]*Explanation{}
	return all, s.explain(id, all)
}

func (s *Session) explain(id step.ID, all map[step.ID]*Explanation) error {
	if all[id] != nil {
		return nil
	}
	at := slices.IndexFunc(s.Plan.Steps, func(one *step.Step) bool { return one.ID == id })
	if at < 0 {
		return fmt.Errorf("the plan has no step %s", store.Key(id).Short())
	}
	one := s.Plan.Steps[at]
	e := &Explanation{Label: one.Label, Kind: one.Work.Kind()}
	all[id] = e
	var err error
	if e.Settings, err = json.Marshal(one.Work); err != nil {
		return err
	}
	for _, in := range one.Inputs {
		read := ExplainedInput{Name: in.Name, Part: in.Part, Step: in.Step}
		if s.Results.Has(in.Step) {
			if read.Digest, err = s.Results.Part(in.Step, in.Part); err != nil {
				return err
			}
		}
		e.Inputs = append(e.Inputs, read)
		if err := s.explain(in.Step, all); err != nil {
			return err
		}
	}
	found, err := s.Results.Look(one)
	if err != nil {
		return err
	}
	e.Key, e.Done = found.Key, found.Done
	if !found.Done {
		e.Because, err = s.because(one, found, all)
		return err
	}
	result, err := s.Results.Result(id)
	if err != nil {
		return err
	}
	e.Files = result.Output.Files
	e.Provenance, err = s.Results.Provenance(id)
	return err
}

// because says why a step would run.
func (s *Session) because(one *step.Step, found step.Found, all map[step.ID]*Explanation) ([]string, error) {
	if found.Key == "" {
		var reasons []string
		for _, in := range one.Inputs {
			if e := all[in.Step]; !e.Done && !slices.ContainsFunc(reasons, func(r string) bool { return strings.HasSuffix(r, e.Label) }) {
				reasons = append(reasons, fmt.Sprintf("its input %s is to be made first: %s", in.Name, e.Label))
			}
		}
		return reasons, nil
	}
	last, ok := s.LastKey(one.Label)
	if !ok {
		return []string{"no run of this study has got to it"}, nil
	}
	result, ok, err := s.Store.Result(last)
	if err != nil {
		return nil, err
	}
	if !ok {
		return []string{"its last result, " + last.Short() + ", is not in the store any more"}, nil
	}
	return differences(result.Decision, found.Decision())
}

// differences lists what differs between two decisions.
func differences(before, after []byte) ([]string, error) {
	was, is := map[string]string{}, map[string]string{}
	for text, into := range map[*[]byte]map[string]string{&before: was, &after: is} {
		var value any
		if err := json.Unmarshal(*text, &value); err != nil {
			return nil, fmt.Errorf("compare decisions: %w", err)
		}
		flatten("", value, into)
	}
	var changes []string
	paths := maps.Clone(was)
	maps.Copy(paths, is)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if was[path] == is[path] {
			continue
		}
		name := strings.TrimPrefix(path, "decision.")
		if input, ok := strings.CutPrefix(name, "inputs."); ok {
			name = "the content of its input " + strings.TrimRight(input, ".0123456789")
		} else if setting, ok := strings.CutPrefix(name, "settings."); ok {
			name = "its setting " + setting
		} else if name == "version" {
			name = "the version of the code that does this work"
		}
		changes = append(changes, fmt.Sprintf("%s: %s → %s", name, shortened(was[path]), shortened(is[path])))
	}
	return changes, nil
}

// flatten gives each value of a JSON document a path of names and places.
func flatten(path string, value any, into map[string]string) {
	join := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			flatten(join(name), inner, into)
		}
	case []any:
		for i, inner := range v {
			flatten(join(fmt.Sprint(i)), inner, into)
		}
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = fmt.Append(nil, v)
		}
		into[path] = string(text)
	}
}

func shortened(value string) string {
	const most = 40
	if value == "" {
		return "none"
	}
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return value
}
