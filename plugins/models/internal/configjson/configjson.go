// Package configjson is what the model families share in reading a
// checkpoint's config.json. The file comes with a checkpoint from anywhere: a
// family checks every value that it computes with, and reports all that is
// wrong at once, under the names that the file uses.
package configjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"harness/core/ir"
)

// Problems collects what is wrong with a file.
type Problems struct {
	found []error
}

// Err is everything found, or nil.
func (p *Problems) Err() error { return errors.Join(p.found...) }

// Check adds a problem unless ok.
func (p *Problems) Check(ok bool, format string, args ...any) {
	if !ok {
		p.found = append(p.found, fmt.Errorf(format, args...))
	}
}

// Within demands least ≤ value ≤ most.
func (p *Problems) Within(name string, value, least, most int64) {
	p.Check(value >= least && value <= most, "%s is %d, expected %d to %d", name, value, least, most)
}

// Between demands least < value < most, which no NaN is.
func (p *Problems) Between(name string, value, least, most float64) {
	p.Check(value > least && value < most, "%s is %v, expected more than %v and less than %v", name, value, least, most)
}

// Rate demands a dropout rate.
func (p *Problems) Rate(name string, value float64) {
	p.Check(value >= 0 && value < 1, "%s is %v, expected 0 or more and less than 1", name, value)
}

// Tokens demands ids of a vocabulary.
func (p *Problems) Tokens(name string, ids []int32, vocabulary int64) {
	for _, id := range ids {
		p.Check(id >= 0 && int64(id) < vocabulary, "%s is %d, outside the vocabulary of %d", name, id, vocabulary)
	}
}

// Foreign reports settings that a family's network does not have, by name and
// the values (JSON) under which they change nothing. A key that is absent or
// null changes nothing either. The reference implementation would ignore such
// a key too; but whoever wrote it meant another network.
func (p *Problems) Foreign(text []byte, harmless map[string][]string) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		p.Check(false, "%w", err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(harmless)) {
		value, ok := fields[name]
		if !ok || string(value) == "null" || slices.Contains(harmless[name], string(value)) {
			continue
		}
		var short bytes.Buffer
		if err := json.Compact(&short, value); err != nil {
			p.Check(false, "%s: %w", name, err)
			continue
		}
		if short.Len() > 80 {
			short.Truncate(80)
			short.WriteString("…")
		}
		p.Check(false, "%s is %s, which this family's network does not have", name, short.Bytes())
	}
}

// TokenIDs is a token id, a list of them, or null.
type TokenIDs []int32

// UnmarshalJSON reads any of the three.
func (t *TokenIDs) UnmarshalJSON(text []byte) error {
	var one int32
	if err := json.Unmarshal(text, &one); err == nil && string(text) != "null" {
		*t = TokenIDs{one}
		return nil
	}
	var many []int32
	if err := json.Unmarshal(text, &many); err != nil {
		return fmt.Errorf("%.80s is neither a token id nor a list of them", text)
	}
	*t = many
	return nil
}

// ActivationNames lists what Activation knows, for error messages.
const ActivationNames = "silu, swish, gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, tanh or sigmoid"

// Activation is the function that a name means in transformers.
func Activation(name string) (ir.UnaryOp, bool) {
	switch name {
	case "silu", "swish":
		return ir.SiLU, true
	case "gelu", "gelu_python":
		return ir.GELU, true
	case "gelu_new", "gelu_fast", "gelu_pytorch_tanh":
		return ir.GELUTanh, true
	case "relu":
		return ir.ReLU, true
	case "tanh":
		return ir.Tanh, true
	case "sigmoid":
		return ir.Sigmoid, true
	}
	return 0, false
}
