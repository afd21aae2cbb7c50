package configjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Rename gives config.json with other names of some fields replaced by the
// usual ones, as the reference implementation reads them. A field under both
// names with different values is an error; null says nothing.
func Rename(text []byte, usual map[string]string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
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
			return nil, fmt.Errorf("%s is %.40s, but %s, another name of the same, is %.40s", name, first, other, value)
		default:
			fields[name] = value
		}
		delete(fields, other)
	}
	return json.Marshal(fields)
}

// Padding is the token that fills short rows: the config's, or where that is
// missing or outside the vocabulary an end token.
func Padding(pad *int32, eos TokenIDs, vocabulary int64) int32 {
	switch {
	case pad != nil && *pad >= 0 && int64(*pad) < vocabulary:
		return *pad
	case len(eos) > 0:
		return eos[0]
	}
	return 0
}
