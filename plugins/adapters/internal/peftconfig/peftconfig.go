// Package peftconfig reads an adapter_config.json that PEFT wrote: a plugin
// takes the settings it knows, and whatever else is set is refused by name, as
// an adapter that is loaded in part computes something else in silence.
package peftconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// file is what messages call it.
const file = "adapter_config.json"

// Reader takes settings one by one and collects what is wrong.
type Reader struct {
	// Task is what the file names as its task_type, empty if nothing. Most
	// methods compute the same for all tasks.
	Task     string
	fields   map[string]json.RawMessage
	problems []error
}

// bookkeeping lists keys that say nothing of what the network computes.
func bookkeeping() []string {
	return []string{
		"auto_mapping", "base_model_name_or_path", "inference_mode", "peft_type", "peft_version", "revision", "task_type",
		// Read only where another key, refused if set, says so.
		"megatron_core", "qalora_group_size", "runtime_config",
	}
}

// Read begins to read a configuration whose peft_type must be the given one.
func Read(text []byte, peftType string) (*Reader, error) {
	r := &Reader{}
	if err := json.Unmarshal(text, &r.fields); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var is string
	if err := json.Unmarshal(r.fields["peft_type"], &is); err != nil {
		return nil, fmt.Errorf("%s: peft_type is missing or no text", file)
	}
	if is != peftType {
		return nil, fmt.Errorf("%s: peft_type is %q, but this adapter reads %q", file, is, peftType)
	}
	if task := r.fields["task_type"]; task != nil {
		if err := json.Unmarshal(task, &r.Task); err != nil {
			r.Problem("task_type is %s, expected a text", short(task))
		}
	}
	for _, key := range bookkeeping() {
		delete(r.fields, key)
	}
	return r, nil
}

// Take reads a setting into value, which keeps what it holds if the key is
// missing. Null is refused: PEFT cannot compute with it.
func (r *Reader) Take(key string, value any) {
	if string(r.fields[key]) == "null" {
		r.Problem("%s is null: PEFT needs a value; without the key it takes its default", key)
	}
	r.TakeOptional(key, value)
}

// TakeOptional is Take of a setting that PEFT lets be null, as if it were
// missing.
func (r *Reader) TakeOptional(key string, value any) {
	text, ok := r.fields[key]
	delete(r.fields, key)
	if !ok || string(text) == "null" {
		return
	}
	if err := json.Unmarshal(text, value); err != nil {
		r.Problem("%s is %s: %w", key, short(text), err)
	}
}

// Ignore passes over settings that do not change what a finished adapter
// computes.
func (r *Reader) Ignore(keys ...string) {
	for _, key := range keys {
		delete(r.fields, key)
	}
}

// Refuse explains, should a setting be there, why it is not supported.
func (r *Reader) Refuse(key, why string) {
	if text, ok := r.fields[key]; ok && set(text) {
		r.Problem("%s is %s: %s", key, short(text), why)
	}
	delete(r.fields, key)
}

// Problem reports what is wrong with a value.
func (r *Reader) Problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// Close reports everything that is wrong, settings that were not taken among
// it.
func (r *Reader) Close() error {
	for _, key := range slices.Sorted(maps.Keys(r.fields)) {
		if text := r.fields[key]; set(text) {
			r.Problem("%s is %s: this setting is not supported", key, short(text))
		}
	}
	if len(r.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", file, errors.Join(r.problems...))
}

// set reports whether a value is one that PEFT writes for an option in use.
func set(text json.RawMessage) bool {
	switch strings.Join(strings.Fields(string(text)), "") {
	case "null", "false", "{}", "[]", `""`:
		return false
	}
	return true
}

func short(text json.RawMessage) string {
	if len(text) > 80 {
		return string(text[:80]) + "…"
	}
	return string(text)
}
