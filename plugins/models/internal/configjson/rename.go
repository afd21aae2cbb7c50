package configjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// rename gives settings their usual names, as transformers does. A setting that
// has different values under its two names is an error; null counts as missing.
func rename(fields map[string]json.RawMessage, usual map[string]string) (map[string]json.RawMessage, error) {
	null := []byte("null")
	for _, other := range slices.Sorted(maps.Keys(usual)) {
		value, ok := fields[other]
		if !ok {
			continue
		}
		name := usual[other]
		switch first, both := fields[name]; {
		case bytes.Equal(value, null):
		case both && !bytes.Equal(first, null) && !bytes.Equal(first, value):
			return nil, fmt.Errorf("%s is %.40s, but %s, another name of the same setting, is %.40s", name, first, other, value)
		default:
			fields[name] = value
		}
		delete(fields, other)
	}
	return fields, nil
}
