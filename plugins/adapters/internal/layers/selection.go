package layers

import (
	"encoding/json"

	"harness/plugins/adapters/internal/peftconfig"
)

// TakeSelection reads the settings of adapter_config.json that say which
// modules the adapter changes: lists and expressions of names, and
// layers_to_transform (a number or a list) with layers_pattern (a text or a
// list).
func TakeSelection(reader *peftconfig.Reader) Selection {
	var s Selection
	reader.TakeOptional("target_modules", &s.Targets)
	reader.TakeOptional("exclude_modules", &s.Exclude)
	var numbers, pattern json.RawMessage
	reader.TakeOptional("layers_to_transform", &numbers)
	reader.TakeOptional("layers_pattern", &pattern)
	var one int
	if len(numbers) > 0 && json.Unmarshal(numbers, &one) == nil {
		s.Layers = []int{one}
	} else if len(numbers) > 0 && json.Unmarshal(numbers, &s.Layers) != nil {
		reader.Problem("layers_to_transform is neither a number nor a list of numbers")
	}
	if len(s.Layers) == 0 {
		s.Layers = nil
	}
	var name string
	if len(pattern) > 0 && json.Unmarshal(pattern, &name) == nil && name != "" {
		s.LayersPattern = []string{name}
	} else if len(pattern) > 0 && name == "" && json.Unmarshal(pattern, &s.LayersPattern) != nil && string(pattern) != `""` {
		reader.Problem("layers_pattern is neither a text nor a list of texts")
	}
	return s
}
